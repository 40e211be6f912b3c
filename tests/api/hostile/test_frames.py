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

from tests.api.hostile.frames import FRAMES, frame
from tests.api.hostile.target import BODY_SECONDS, Target

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


def check(received: bytes | None) -> None:
    """Check that HTTP was answered as HTTP, without a failure of the server, or not at all."""
    for line in (received or b"").split(b"\r\n"):
        if line.startswith(b"HTTP/1.1 "):
            assert 100 <= int(line.split()[1]) < 500
    assert not received or received.startswith(b"HTTP/1.1 ")


# Connections held open are waited for, some of them until the server's patience is over.
@pytest.mark.parametrize("ending", ["half-closed", "reset", "held open"] if WHOLE else ["half-closed", "reset"])
def test_broken_http_is_refused_or_cut_off(ending: str, target: Target) -> None:
    for name, sent in FRAMES.items():
        received = talk(target, sent, ending)
        try:
            check(received)
            assert received is not None or b"\r\n\r\n" not in sent.lstrip(), "neither answered nor closed"
        except AssertionError as error:
            error.add_note(f"{name}: {received!r}")
            raise
    target.fine()
    target.nothing_left()


def test_broken_http_is_refused_or_cut_off_however_it_is_broken(target: Target, draw: Random) -> None:
    for number in range(TIMES):
        sent, ending = frame(draw), draw.choice(["half-closed", "half-closed", "reset"])
        received = talk(target, sent, ending)
        try:
            check(received)
        except AssertionError as error:
            error.add_note(f"frame {number}, {ending}: {sent[:500]!r} -> {received!r}")
            raise
    target.fine()
