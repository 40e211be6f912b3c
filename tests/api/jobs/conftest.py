"""A service that takes files in, and workers on them that are started and stopped as a test needs."""

from __future__ import annotations

import csv
import io
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.jobs.uploads import Uploads
from api.jobs.worker import Worker
from api.privacy import load_key
from api.storage import Database

Command = Callable[[str, str], list[str]]
PATIENCE = 180.0


def reader(job: str, holder: str) -> list[str]:
    """The command line that works on a job, as `complaints worker` starts it."""
    return [sys.executable, "-m", "cli", "worker", "--job", job, "--holder", holder]


def csv_file(rows: Sequence[Sequence[Any]], encoding: str = "utf-8") -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode(encoding)


def until(true: Callable[[], Any]) -> Any:
    """What is asked for, as soon as it is true."""
    end = time.monotonic() + PATIENCE
    while not (answer := true()):
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.1)
    return answer


class Office:
    """A service over HTTP, its database and files, and workers of its own."""

    def __init__(self, desk: TestClient, database: Database, uploads: Uploads) -> None:
        self.desk = desk
        self.database = database
        self.uploads = uploads

    def upload(self, file: bytes, *, status: int = 202, **query: str) -> str:
        """Send a file; the id of its job."""
        answer = self.desk.post("/v1/jobs", content=file, params=query)
        assert answer.status_code == status, answer.text
        job_id: str = answer.json()["job_id"]
        assert answer.headers["location"] == f"/v1/jobs/{job_id}"
        return job_id

    def job(self, job_id: str) -> Any:
        answer = self.desk.get(f"/v1/jobs/{job_id}")
        assert answer.status_code == 200
        return answer.json()

    def ended(self, job_id: str) -> Any:
        """The job when it has ended and its file is gone."""
        until(lambda: self.job(job_id)["status"] in ("done", "failed"))
        until(lambda: not self.uploads.path(job_id).exists())
        return self.job(job_id)

    def result(self, job_id: str) -> list[dict[str, str]]:
        answer = self.desk.get(f"/v1/jobs/{job_id}/result")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    def case(self, complaint_id: str) -> Any:
        answer = self.desk.get(f"/v1/complaints/{complaint_id}")
        assert answer.status_code == 200
        return answer.json()

    @contextmanager
    def working(self, command: Command = reader) -> Iterator[None]:
        """A worker, as long as this lasts."""
        stop = threading.Event()
        thread = threading.Thread(target=Worker(self.database, self.uploads, command, 768 << 20).run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def environment(store: Path, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the processes of a worker find their model, database and files by."""
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", str(store))
    monkeypatch.setenv("COMPLAINTS_DATA", str(tmp_path))
    monkeypatch.setenv("COMPLAINTS_DATABASE_URL", database_url)


@pytest.fixture
def office(environment: None, desk: TestClient, database: Database, tmp_path: Path) -> Office:
    return Office(desk, database, Uploads(tmp_path / "uploads", load_key(tmp_path / "secret.key", make=True)))
