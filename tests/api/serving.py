"""A real ``complaints serve``, on a free port of this machine, for tests of what only processes can show."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from api.storage import Keys, open_database

COMPLAINTS = Path(sys.executable).with_name("complaints")


@dataclass(frozen=True)
class Answer:
    """What came back over a connection of its own."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """A server process with all it has started, which are a process group of their own."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path
    tls: ssl.SSLContext | None

    def ask(
        self, path: str, key: str = "", *, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Answer:
        """Ask over a new connection; a body is JSON unless said otherwise."""
        place = urlsplit(self.address)
        if self.tls:
            connection: HTTPConnection = HTTPSConnection(place.netloc, timeout=30, context=self.tls)
        else:
            connection = HTTPConnection(place.netloc, timeout=30)
        sent = {
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if key:
            sent["authorization"] = f"Bearer {key}"
        with closing(connection):
            connection.request("POST" if body is not None and method == "GET" else method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read())

    def kill(self) -> None:
        """End server, worker and the process of a job at once, as when the power fails."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def members(self) -> dict[int, str]:
        """The command lines of the group's processes that are not dead."""
        found = {}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                state, _, group = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
                if int(group) == self.process.pid and state != "Z":
                    found[int(place.name)] = (place / "cmdline").read_text(encoding="utf-8").replace("\0", " ")
            except OSError:
                continue  # it has ended meanwhile
        return found

    def left(self, seconds: float = 15) -> dict[int, str]:
        """The members that are still there after so many seconds."""
        until = time.monotonic() + seconds
        while (members := self.members()) and time.monotonic() < until:
            time.sleep(0.05)
        return members


def environment(folder: Path, store: Path, **settings: str) -> dict[str, str]:
    """Everything is under the folder; settings are named as in the environment, without ``COMPLAINTS_``."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("COMPLAINTS_")},
        "TMPDIR": str(temporary),
        "COMPLAINTS_MODEL_STORE": str(store),
        "COMPLAINTS_DATA": str(folder / "data"),
        **{f"COMPLAINTS_{name.upper()}": value for name, value in settings.items()},
    }


def command(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``complaints …`` to its end."""
    return subprocess.run([COMPLAINTS, *arguments], env=env, capture_output=True, text=True, timeout=120, check=False)


def made_key(env: Mapping[str, str], owner: str, scope: str, rate: float = 1_000_000) -> str:
    """A key of a server's SQLite database, valid for a day."""
    database = open_database(f"sqlite:///{env['COMPLAINTS_DATA']}/cases.db")
    key = Keys(database).add(owner, [scope], rate, datetime.now(UTC) + timedelta(days=1), "tests")
    database.dispose()
    return key


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def start(folder: Path, env: Mapping[str, str], tls: ssl.SSLContext | None = None) -> Server:
    """A server whose processes are all ready."""
    port, log = free_port(), folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [COMPLAINTS, "serve", "--port", str(port)],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=output,
            start_new_session=True,
        )
    server = Server(f"{'https' if tls else 'http'}://127.0.0.1:{port}", process, log, tls)
    try:
        _await(server, int(env.get("COMPLAINTS_WORKERS", "1")))
    except BaseException:
        server.kill()
        raise
    return server


@contextmanager
def serving(folder: Path, env: Mapping[str, str], tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server whose processes are all ready; it is ended, and nothing of it is left."""
    server = start(folder, env, tls)
    try:
        yield server
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(30)
        assert server.left() == {}
    finally:
        for member in server.members():
            os.kill(member, signal.SIGKILL)
        server.process.wait(30)


def _await(server: Server, processes: int) -> None:
    until = time.monotonic() + 60
    while server.log.read_text(encoding="utf-8").count("Application startup complete") < processes:
        assert server.process.poll() is None, server.log.read_text(encoding="utf-8")
        assert time.monotonic() < until, server.log.read_text(encoding="utf-8")
        time.sleep(0.05)
    while True:
        try:
            assert server.ask("/health/ready").status == 200
            return
        except OSError:
            assert time.monotonic() < until, server.log.read_text(encoding="utf-8")
            time.sleep(0.05)


def ended(server: Server, job_id: str) -> dict[str, Any]:
    """A job, when it is done or failed."""
    until = time.monotonic() + 600
    while time.monotonic() < until:
        job: dict[str, Any] = server.ask(f"/v1/jobs/{job_id}").json()
        if job["status"] in ("done", "failed"):
            return job
        time.sleep(0.2)
    raise AssertionError(f"job {job_id} does not end")
