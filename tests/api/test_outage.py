"""A full disk, and a database that goes away: refused and said so, nothing acknowledged lost, back by itself."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.storage import Cases, open_database
from tests.api.conftest import Cluster
from tests.api.test_crash import ask, ended, free_port, kill, send, start

WHOLE = os.environ.get("HYPOTHESIS_PROFILE") == "proof"
AWAY = {"sqlite": 30.0 if WHOLE else 6.5, "postgresql": 30.0 if WHOLE else 3.0}
"""Seconds; a request waits 5 for a locked SQLite."""


class Disk:
    """A disk of our own, small, that can grow: a file system in memory."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def mount(self, size: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.place], check=True)

    def grow(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.place], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", self.place], check=True)


def may_mount() -> bool:
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "disk")
    disk.place.mkdir()
    yield disk
    disk.unmount()


@contextmanager
def serving(store: Path, data: Path, url: str) -> Iterator[int]:
    environment = os.environ | {
        "COMPLAINTS_MODEL_STORE": str(store),
        "COMPLAINTS_DATA": str(data),
        "COMPLAINTS_DATABASE_URL": url,
    }
    port = free_port()
    server = start(port, environment)
    try:
        yield port
    finally:
        kill(server)


def ready(port: int) -> int:
    answer = ask(port, "/health/ready")
    assert answer is not None
    return answer[0]


def refused(answer: tuple[int, str] | None) -> bool:
    """Whether an answer is the 503 that says when to come again."""
    assert answer is not None
    if answer[0] != 503:
        return False
    assert json.loads(answer[1])["type"] == "urn:complaints:storage-unavailable"
    return True


def back(port: int) -> bool:
    """Whether the service takes complaints again within some seconds, without anybody's help."""
    for _ in range(200):
        if ready(port) == 200:
            return True
        time.sleep(0.1)
    return False


def kept(url: str) -> set[str]:
    database = open_database(url)
    with database.connect() as connection:
        ids = connection.exec_driver_sql("SELECT complaint_id FROM complaints").scalars().all()
    for name in ids:
        case = Cases(database).find(name)
        assert case is not None
        assert len(case.predictions) == len(case.decisions) == 1
    database.dispose()
    assert len(ids) == len(set(ids))
    return set(ids)


@pytest.mark.skipif(not may_mount(), reason="may not mount a small disk here")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_full_disk(
    kind: str, store: Path, run: object, disk: Disk, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    data = tmp_path / "data"
    if kind == "sqlite":
        disk.mount("2m")
        url, data = f"sqlite:///{disk.place / 'cases.db'}", disk.place
    else:
        cluster: Cluster = request.getfixturevalue("postgres_cluster")
        disk.mount("16m")
        url = cluster.database_on(disk.place)
        request.addfinalizer(lambda: (disk.grow("64m"), cluster.drop_database_on(disk.place)))
    acknowledged: set[str] = set()
    draw = random.Random(7)
    with serving(store, data, url) as port:
        for n in range(20_000):
            # Long, and each another story: few fill the disk.
            answer = send(port, f"c{n}", "".join(chr(draw.randint(0x4E00, 0x9FA5)) for _ in range(18_000)))
            if refused(answer):
                break
            acknowledged.add(f"c{n}")
        else:
            raise AssertionError("the disk does not fill")
        assert ready(port) == 503
        live = ask(port, "/health/live")
        assert live is not None
        assert live[0] == 200
        for n in range(3):  # a short one may still find room
            if not refused(send(port, f"late{n}")):
                acknowledged.add(f"late{n}")
        if kind == "sqlite":
            assert refused(ask(port, "/v1/jobs", b"text\n" + "年费太高了\n".encode() * 200_000, "text/csv"))
            assert list((disk.place / "uploads").iterdir()) == []
        disk.grow("64m")
        assert back(port)
        answer = send(port, "after")
        assert answer is not None
        assert answer[0] == 201
    there = kept(url)
    assert acknowledged | {"after"} <= there


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """A SQLite file that another program keeps to itself."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_goes_away(
    kind: str, store: Path, run: object, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    away: Callable[[], Any]
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'cases.db'}"

        def away() -> Any:
            return locked(tmp_path / "cases.db")
    else:
        cluster: Cluster = request.getfixturevalue("postgres_cluster")
        url = cluster.new_database()
        away = cluster.stopped
    acknowledged = {"before"}
    rows = "\n".join(f"row-{n},转账没有到账，已经第{n}次打电话来问了" for n in range(600))
    with serving(store, tmp_path, url) as port:
        assert send(port, "before") is not None
        job = ask(port, "/v1/jobs", f"complaint_id,text\n{rows}".encode(), "text/csv")
        assert job is not None
        job_id = json.loads(job[1])["job_id"]
        while json.loads((ask(port, f"/v1/jobs/{job_id}") or (0, "{}"))[1]).get("rows_done", 0) == 0:
            time.sleep(0.05)
        with away():
            begun, n = time.monotonic(), 0
            while time.monotonic() - begun < AWAY[kind]:
                assert refused(send(port, f"away{n}"))
                assert ready(port) == 503
                live = ask(port, "/health/live")
                assert live is not None
                assert live[0] == 200
                n += 1
        assert back(port)
        assert send(port, "after") is not None
        acknowledged.add("after")
        done = ended(port, job_id)
        assert (done["status"], done["rows_done"], done["rows_failed"], done["rows_known"]) == ("done", 600, 0, 0)
    there = kept(url)
    assert acknowledged | {f"row-{n}" for n in range(600)} <= there
    shutil.rmtree(tmp_path / "uploads")
