"""Broken HTTP: refused or cut off, never a failure."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from random import Random
from typing import Final

import pytest

from tests.api.hostile.frames import FLOODS, FRAMES, frame
from tests.api.hostile.target import BODY_SECONDS, WAIT_SECONDS, Target

WHOLE: Final = os.environ.get("HYPOTHESIS_PROFILE") == "proof"
TIMES: Final = 2_000 if WHOLE else 60


def talk(target: Target, sent: bytes, ending: str) -> bytes | None:
    """What comes back on a connection before it is closed; None if it is neither answered nor closed."""
    with target.connect() as connection:
        try:
            connection.sendall(sent)
            if ending == "half-closed":
                connection.shutdown(socket.SHUT_WR)
            if ending == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return b""
        except OSError:
            pass  # it has been refused already
        received = b""
        until = time.monotonic() + BODY_SECONDS + 8
        while (left := until - time.monotonic()) > 0:
            # An answered connection is kept open for the next request: a moment's silence ends the talk.
            if not select.select([connection], [], [], 0.5 if received else left)[0]:
                break
            try:
                piece = connection.recv(1 << 16)
            except ConnectionResetError:
                return received
            if not piece:
                return received
            received += piece
        return received or None


def answered(sent: bytes, received: bytes | None) -> None:
    """Check that HTTP was answered as HTTP, without a failure of the server."""
    complete = b"\r\n\r\n" in sent.lstrip()
    assert received is not None or not complete, "neither answered nor closed"
    for line in (received or b"").split(b"\r\n"):
        if line.startswith(b"HTTP/1.1 "):
            assert 100 <= int(line.split()[1]) < 500, received
    assert not received or received.startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("ending", ["held open", "half-closed", "reset"])
@pytest.mark.parametrize("name", FRAMES)
def test_broken_http_is_refused_or_cut_off(name: str, ending: str, target: Target) -> None:
    sent = FRAMES[name]
    answered(sent, talk(target, sent, ending))
    target.fine()
    target.nothing_left()


def test_broken_http_is_refused_or_cut_off_however_it_is_broken(target: Target, draw: Random) -> None:
    for number in range(TIMES):
        sent, ending = frame(draw), draw.choice(["half-closed", "half-closed", "reset"])
        try:
            received = talk(target, sent, ending)
            assert received is None or b"HTTP/1.1 5" not in received
        except AssertionError as error:
            error.add_note(f"frame {number}, {ending}: {sent[:500]!r}")
            raise
        if number % 50 == 0:
            target.fine()
    target.fine()


@pytest.mark.parametrize("name", FLOODS)
def test_what_never_ends_is_cut_off(name: str, target: Target) -> None:
    begin, unit = FLOODS[name]
    sent = 0
    with target.connect() as connection:
        connection.settimeout(WAIT_SECONDS)
        try:
            connection.sendall(begin)
            while sent < 96 << 20:
                connection.sendall(unit)
                sent += len(unit)
        except OSError:
            pass  # it has been cut off
        target.watch.look()
        # What is read and thrown away at once, until the time for a body is over, does no harm.
        assert sent < 96 << 20 or name in ("a_trailer", "a_chunk_extension")
    target.fine()
