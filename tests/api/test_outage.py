"""A full disk, and a database that goes away: refused and said so, nothing acknowledged lost, back by itself."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.storage import Cases, open_database
from tests.api.conftest import Cluster
from tests.api.serving import Answer, Server, ended, environment, serving

WHOLE = os.environ.get("HYPOTHESIS_PROFILE") == "proof"
AWAY = {"sqlite": 30.0 if WHOLE else 6.5, "postgresql": 30.0 if WHOLE else 3.0}
"""Seconds; a request waits 5 for a locked SQLite."""


class Disk:
    """A disk of our own, small, that can grow: a file system in memory."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def mount(self, size: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.place], check=True)

    def fill(self, left: int) -> None:
        """Take all its room but so many bytes."""
        (self.place / "ballast").write_bytes(bytes(shutil.disk_usage(self.place).free - left))

    def grow(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.place], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", self.place], check=True)


def may_mount() -> bool:
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


@pytest.fixture
def disk() -> Iterator[Disk]:
    with tempfile.TemporaryDirectory(prefix="disk-") as folder:
        Path(folder).chmod(0o755)
        disk = Disk(Path(folder) / "disk")
        disk.place.mkdir()
        yield disk
        disk.unmount()


def send(server: Server, complaint_id: str, text: str = "信用卡年费扣错了") -> Answer:
    return server.ask("/v1/complaints", body=json.dumps({"complaint_id": complaint_id, "text": text}).encode())


def refused(answer: Answer) -> bool:
    """Whether an answer is the 503 that says when to come again."""
    if answer.status != 503:
        return False
    assert answer.json()["type"] == "urn:complaints:storage-unavailable"
    assert int(answer.headers["retry-after"]) > 0
    return True


def back(server: Server) -> bool:
    """Whether the service takes complaints again within some seconds, without anybody's help."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if server.ask("/health/ready").status == 200:
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
def test_a_full_disk(kind: str, store: Path, disk: Disk, tmp_path: Path, request: pytest.FixtureRequest) -> None:
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
    with serving(tmp_path, environment(tmp_path, store, data=str(data), database_url=url)) as server:
        disk.fill(left=1 << 20)
        for n in range(20_000):
            # Long, and each another story: few fill the disk.
            answer = send(server, f"c{n}", "".join(chr(draw.randint(0x4E00, 0x9FA5)) for _ in range(18_000)))
            if refused(answer):
                break
            acknowledged.add(f"c{n}")
        else:
            raise AssertionError("the disk does not fill")
        assert server.ask("/health/ready").status == 503
        assert server.ask("/health/live").status == 200
        for n in range(3):  # a short one may still find room
            if not refused(send(server, f"late{n}")):
                acknowledged.add(f"late{n}")
        if kind == "sqlite":
            file = b"text\n" + "年费太高了\n".encode() * 200_000
            assert refused(server.ask("/v1/jobs", body=file, content_type="text/csv"))
            assert list((disk.place / "uploads").iterdir()) == []
        disk.grow("64m")
        assert back(server)
        assert send(server, "after").status == 201
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
def test_a_database_that_goes_away(kind: str, store: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
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
    rows = "\n".join(f"row-{n},转账没有到账，已经第{n}次打电话来问了" for n in range(200))
    with serving(tmp_path, environment(tmp_path, store, database_url=url)) as server:
        assert send(server, "before").status == 201
        job = server.ask("/v1/jobs", body=f"complaint_id,text\n{rows}".encode(), content_type="text/csv").json()
        place = f"/v1/jobs/{job['job_id']}"
        while server.ask(place).json()["rows_done"] == 0:
            time.sleep(0.05)
        with away():
            begun, n = time.monotonic(), 0
            while time.monotonic() - begun < AWAY[kind]:
                assert refused(send(server, f"away{n}"))
                assert server.ask("/health/ready").status == 503
                assert server.ask("/health/live").status == 200
                n += 1
        assert back(server)
        assert send(server, "after").status == 201
        acknowledged.add("after")
        done = ended(server, job["job_id"])
        assert (done["status"], done["rows_done"], done["rows_failed"], done["rows_known"]) == ("done", 200, 0, 0)
    there = kept(url)
    assert acknowledged | {f"row-{n}" for n in range(200)} <= there
