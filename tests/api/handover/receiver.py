"""A department's receiver of webhooks, on this machine, that does what it is told to: answer, fail, hang, die."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What a receiver got, and what it is to do.

    Attributes
    ----------
    script : list of str
        What it does with the next requests, in turn: a status, a status and seconds to wait, ``hang``, ``die``,
        ``drip`` or ``redirect``; 204 once nothing is left.
    """

    url: str = ""
    script: list[str] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def types(self) -> list[str]:
        return [message["type"] for message in self.taken]

    def wait(self, number: int, seconds: float = 15) -> None:
        """Until so many messages were taken."""
        until = time.monotonic() + seconds
        while len(self.taken) < number:
            assert time.monotonic() < until, f"{len(self.taken)} of {number} after {seconds} s"
            time.sleep(0.02)


@contextmanager
def receiving(*script: str) -> Iterator[Receiver]:
    receiver = Receiver(script=list(script))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with receiver.lock:
                receiver.got.append(({n.lower(): v for n, v in self.headers.items()}, body))
                what, *more = (receiver.script.pop(0) if receiver.script else "204").split()
                if what in ("200", "204"):
                    receiver.taken.append(json.loads(body))
            if what == "hang":
                time.sleep(60)
            elif what == "die":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nConte")
                self.wfile.flush()
                self.connection.close()
            elif what == "drip":
                for character in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 60:
                    self.wfile.write(bytes([character]))
                    self.wfile.flush()
                    time.sleep(1)
            else:
                self.send_response(302 if what == "redirect" else int(what))
                if what == "redirect":
                    self.send_header("location", receiver.url)
                if more:
                    self.send_header("retry-after", more[0])
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # whoever asked may be gone
    receiver.url = f"http://127.0.0.1:{server.server_port}/cases?desk=1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
