"""Who never ends the head of a request is cut off; everybody else is served."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from api.wire import HEAD_BYTES, LimitedProtocol
from tests.api.serving import free_port

HEAD = b"POST /x HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SECONDS = 0.5


class Hasty(LimitedProtocol):
    head_seconds = SECONDS


async def measure(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that says how long the body was."""
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(measure, port=port, http=Hasty, ws="none", lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield port
    server.should_exit = True
    thread.join()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def all_of(connection: socket.socket) -> bytes:
    """What comes before the other side closes."""
    received = b""
    try:
        while piece := connection.recv(1 << 16):
            received += piece
    except ConnectionResetError:
        pass
    return received


@pytest.mark.parametrize(
    ("begin", "unit"),
    [
        (HEAD, b"X-A: y\r\n" * 512),
        (HEAD + b"X-A: ", b"x" * 4_096),
        (b"GET /", b"x" * 4_096),
        (CHUNKS + b"1;", b"x" * 4_096),
        (CHUNKS + b"1\r\ny\r\n0\r\nX-T: ", b"x" * 4_096),
        (CHUNKS + b"0", b"0" * 4_096),
    ],
    ids=["headers", "one header", "path", "chunk extension", "trailer", "chunk size"],
)
def test_what_never_ends_is_cut_off(port: int, begin: bytes, unit: bytes) -> None:
    with connect(port) as connection:
        connection.sendall(begin)
        with pytest.raises(OSError, match=r"reset|pipe"):
            connection.sendall(unit * 4_096)


def test_who_is_cut_off_is_told_why(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(HEAD + b"X-A: " + b"x" * HEAD_BYTES)
        received = all_of(connection)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert b"65,536 bytes" in received


@pytest.mark.parametrize("begin", [b"", b"POST /x", HEAD])
def test_who_dawdles_is_cut_off(port: int, begin: bytes) -> None:
    begun = time.monotonic()
    with connect(port) as connection:
        connection.sendall(begin)
        assert all_of(connection) == b""
    assert time.monotonic() - begun >= SECONDS * 0.9


def test_who_dawdles_after_a_first_request_is_cut_off(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(HEAD + b"Content-Length: 1\r\n\r\nx" + b"POST /x HT")
        assert all_of(connection).count(b"HTTP/1.1 200 ") == 1


def test_a_large_head_is_read(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(HEAD + b"X-A: " + b"x" * 60_000 + b"\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")
        assert all_of(connection).endswith(b"\r\n\r\n1")


def test_a_body_is_none_of_it(port: int) -> None:
    pieces = [b"%x\r\n%s\r\n" % (length, b"x" * length) for length in (1, 70_000, 5) * 50]
    with connect(port) as connection:
        connection.sendall(CHUNKS.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        time.sleep(SECONDS * 1.5)
        connection.sendall(b"".join(pieces) + b"0\r\n\r\n")
        assert all_of(connection).endswith(b"\r\n\r\n%d" % (70_006 * 50))


def test_many_requests_on_one_connection_are_none_of_it(port: int) -> None:
    with connect(port) as connection:
        for number in range(200):
            connection.sendall(HEAD + b"X-A: " + b"x" * 1_000 + b"\r\nContent-Length: 2\r\n\r\nab")
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 "), number
