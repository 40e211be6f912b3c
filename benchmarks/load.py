"""Servers as processes of their own, and load on them: by wrk, or one request after another with a pause between."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

CONNECTIONS: Final = 16
_PAUSE: Final = 0.005
"""Seconds between an answer and the next single request."""

_SCRIPT: Final = """
local requests, sent = {}, 0
init = function()
  for body in io.lines(os.getenv("BODIES")) do table.insert(requests, wrk.format("POST", nil, nil, body)) end
end
request = function()
  sent = sent % #requests + 1
  return requests[sent]
end
done = function(summary)
  local e = summary.errors
  print("ANSWERS " .. summary.requests .. " " .. summary.duration .. " "
    .. e.connect + e.read + e.write + e.status + e.timeout)
end
"""


@contextmanager
def server(command: Sequence[str], folder: Path, path: str, settings: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """A server process for as long as this lasts; its port, which ends the command, and its id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    log = folder / f"{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, str(port)], env=os.environ | settings, stdout=output, stderr=output
        )
    try:
        _await(process, port, path, log)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _await(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError):
            connection = HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path)
            connection.getresponse().read()
            return
        time.sleep(0.1)
    raise SystemExit(f"The server does not start:\n{log.read_text(encoding='utf-8')[-2_000:]}")


class Load:
    """Requests to one address, each with the next of some bodies.

    Parameters
    ----------
    port : int
    path : str
    bodies : sequence of object
        What is sent as JSON.
    folder : Path
        Where scripts for wrk may lie.
    key : str
    """

    def __init__(self, port: int, path: str, bodies: Sequence[object], folder: Path, key: str = "") -> None:
        if shutil.which("wrk") is None:
            raise SystemExit("wrk is missing, which makes the load. Install it: apt-get install wrk.")
        self._port = port
        self._path = path
        self._headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
        self._lines = [json.dumps(body, ensure_ascii=False) for body in bodies]
        mine = Path(tempfile.mkdtemp(dir=folder))
        self._script, self._bodies = mine / "load.lua", mine / "bodies.jsonl"
        self._script.write_text(_SCRIPT, encoding="utf-8")
        self._bodies.write_text("\n".join(self._lines), encoding="utf-8")

    def rate(self, seconds: int) -> float:
        """Answers per second to all connections together. All must be good ones."""
        return self._answers(self._wrk(seconds, CONNECTIONS))

    @contextmanager
    def beside(self, seconds: int, connections: int) -> Iterator[None]:
        """Load from some connections while something else is measured."""
        wrk = self._wrk(seconds, connections)
        yield
        self._answers(wrk)

    def _wrk(self, seconds: int, connections: int) -> subprocess.Popen[str]:
        headers = [word for name, value in self._headers.items() for word in ("-H", f"{name}: {value}")]
        sizes = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
        return subprocess.Popen(
            ["wrk", *sizes, *headers, "-s", str(self._script), f"http://127.0.0.1:{self._port}{self._path}"],
            env=os.environ | {"BODIES": str(self._bodies)},
            stdout=subprocess.PIPE,
            text=True,
        )

    def _answers(self, wrk: subprocess.Popen[str]) -> float:
        said, _ = wrk.communicate()
        line = next((line for line in said.splitlines() if line.startswith("ANSWERS")), "")
        if not line:
            raise SystemExit(f"wrk says nothing of {self._path}:\n{said}")
        answers, micros, failed = map(int, line.split()[1:])
        if failed or not answers:
            raise SystemExit(f"{self._path}: {failed} of {answers} requests failed")
        return answers / micros * 1e6

    def latencies(self, seconds: int) -> list[float]:
        """Seconds that each of single requests took, one after another over one connection."""
        head = "".join(f"{name}: {value}\r\n" for name, value in {"host": "127.0.0.1", **self._headers}.items())
        requests = [
            f"POST {self._path} HTTP/1.1\r\n{head}content-length: {len(line.encode())}\r\n\r\n{line}".encode()
            for line in self._lines
        ]
        took: list[float] = []
        end = time.monotonic() + seconds
        with socket.create_connection(("127.0.0.1", self._port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while time.monotonic() < end:
                begun = time.perf_counter()
                connection.sendall(requests[len(took) % len(requests)])
                answer = connection.recv(1 << 16)
                while not _whole(answer):
                    answer += connection.recv(1 << 16)
                took.append(time.perf_counter() - begun)
                if not answer.startswith(b"HTTP/1.1 200"):
                    raise SystemExit(f"{self._path} answered {answer[:200]!r}")
                time.sleep(_PAUSE)
        return took


def _whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next((line.split(b":")[1] for line in head.split(b"\r\n") if line.startswith(b"content-length")), b"-1")
    return len(body) == int(length)
