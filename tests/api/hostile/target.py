"""A real server to be attacked: watched for memory, asked whether it is well."""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

from api.http_problems import MEDIA_TYPE
from api.problems import TITLES
from tests.api.hostile.bodies import TEXT
from tests.api.serving import Server, environment, serving

MOST_MEMORY: Final = 1 << 30
"""Bytes that no process may ever have had resident."""
ANSWER_SECONDS: Final = 30
WAIT_SECONDS: Final = 10
"""Nobody waits longer than this for an ordinary answer, whatever else is going on."""
BODY_SECONDS: Final = 2
"""The server's patience with bodies that do not arrive."""

ORDINARY: Final = {"text": TEXT, "channel": "hotline", "metadata": {"amount": "300.50"}}


class Watch(threading.Thread):
    """Looks at the peak of resident memory of a process and all below it, as the kernel counts it."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root = root
        self.peaks: dict[str, int] = {}
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.05):
            self.look()

    def look(self) -> None:
        for process in self._tree():
            try:
                words = Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8").split("\0")
                status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
            except OSError:
                continue  # it has ended meanwhile
            if "VmHWM:" in status:
                peak = int(status.partition("VmHWM:")[2].split()[0]) << 10
                name = _named(words)
                self.peaks[name] = max(peak, self.peaks.get(name, 0))

    def begin_anew(self) -> None:
        """Forget the peaks so far, here and in the kernel."""
        for process in self._tree():
            try:
                Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")
            except OSError:
                continue
        self.peaks.clear()
        self.look()

    def _tree(self) -> list[int]:
        found, waiting = [], [self.root]
        while waiting:
            process = waiting.pop()
            found.append(process)
            for children in Path(f"/proc/{process}/task").glob("*/children"):
                try:
                    waiting += [int(child) for child in children.read_text(encoding="ascii").split()]
                except OSError:
                    continue
        return found


def _named(words: list[str]) -> str:
    if "--job" in words:
        return f"job {words[words.index('--job') + 1]}"
    return "worker" if "worker" in words else "server"


class Target:
    """A server, watched; another one in its place if a file has spoilt it for the rest."""

    def __init__(self, folder: Path, store: Path) -> None:
        self._folder = folder
        self._store = store
        self._opened = ExitStack()
        self._started = 0
        self.server: Server
        self.watch: Watch
        self.start()

    def start(self) -> None:
        self._started += 1
        folder = self._folder / str(self._started)
        folder.mkdir()
        self.data = folder / "data"
        env = environment(folder, self._store, body_seconds=str(BODY_SECONDS))
        self.server = self._opened.enter_context(serving(folder, env))
        self.watch = Watch(self.server.process.pid)
        self._opened.callback(self.watch.join)
        self._opened.callback(self.watch.stopped.set)
        self.watch.start()
        document = self.server.ask("/openapi.json").json()
        self.described = {
            (method, path): set(operation["responses"])
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }

    def stop(self) -> None:
        self._opened.close()

    def connect(self) -> socket.socket:
        host, port = self.server.address.removeprefix("http://").split(":")
        return socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS)

    def post(self, path: str, headers: dict[str, str], content: Any, size: int | None = None) -> tuple[int, str, bytes]:
        """Status, media type and body of an answer."""
        connection = HTTPConnection(self.server.address.removeprefix("http://"), timeout=ANSWER_SECONDS)
        length = {} if size is None else {"content-length": str(size)}
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before it was whole: the answer is there
                connection.request("POST", path, content, {name: _wire(headers[name]) for name in headers} | length)
            answer = connection.getresponse()
            return answer.status, answer.headers["content-type"], answer.read()
        finally:
            connection.close()

    def fine(self) -> None:
        """Check that it is alive, small, and takes an ordinary complaint in."""
        assert self.server.process.poll() is None, f"the server has died: {self.server.log.read_text('utf-8')[-3_000:]}"
        self.watch.look()
        large = {name: f"{peak >> 20} MiB" for name, peak in self.watch.peaks.items() if peak > MOST_MEMORY}
        assert large == {}
        assert self.server.ask("/health/ready").status == 200
        complaint = json.dumps({**ORDINARY, "complaint_id": uuid.uuid4().hex}).encode()
        assert self.server.ask("/v1/complaints", body=complaint).status == 201

    def nothing_left(self) -> None:
        """Check that no file of an upload stays, once those who have it open are gone."""
        until = time.monotonic() + WAIT_SECONDS
        while (left := [*(self.data / "uploads").iterdir()]) and time.monotonic() < until:
            time.sleep(0.05)
        assert left == []


def _wire(value: str) -> Any:
    return value.encode("latin-1")


def strict(content: bytes) -> Any:
    def never(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(content.decode("utf-8"), parse_constant=never)


def documented(target: Target, path: str, status: int, kind: str, content: bytes) -> None:
    """Check that an answer to a POST is one that the description knows, and no failure of the server."""
    assert status < 500, content
    assert str(status) in target.described["post", path], (status, content)
    answer = strict(content)
    if status < 300:
        assert kind == "application/json"
        return
    assert kind == MEDIA_TYPE
    assert set(answer) == {"type", "title", "status", "detail", "instance", "errors"}
    assert status == answer["status"] == TITLES[answer["type"].removeprefix("urn:complaints:")][0]
    assert len(answer["errors"]) <= 20
