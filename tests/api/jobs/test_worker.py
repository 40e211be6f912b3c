"""Workers on jobs: one at a time; and what becomes of a job when its file or its processes die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from api.jobs import worker
from api.storage import Jobs, Lease
from api.storage.job_tables import JOB_ROWS, JOBS
from api.storage.schema import COMPLAINTS, LEASES
from tests.api.conftest import on_one_database
from tests.api.jobs.conftest import Command, Office, csv_file, reader, until
from training import Labelled

FILE = csv_file([["投诉内容"], ["信用卡年费说好刷满六次就免，现在又扣了我300元年费，要求退还年费。"]])
MANY = 2_000

QUICK = """
import sys
from api.storage import Jobs, Lease, open_database
url, job_id, holder = sys.argv[1:]
jobs = Jobs(open_database(url))
jobs.finish(jobs.find(job_id)["number"], Lease("jobs", holder))
"""
"""A reader that finds every file empty."""


def quick(database_url: str) -> Command:
    return lambda job, holder: [sys.executable, "-c", QUICK, database_url, job, holder]


def told(command: Command, log: Path) -> Command:
    """The command, after telling job, holder and its process in a log."""
    write = 'echo "$1 $2 $$" >> "$0"; shift 2; exec "$@"'
    return lambda job, holder: ["sh", "-c", write, str(log), job, holder, *command(job, holder)]


def starts(log: Path) -> list[list[str]]:
    return [line.split() for line in log.read_text().splitlines()]


def many(corpus: list[Labelled], number: int) -> bytes:
    return csv_file([["投诉内容"], *([f"第{n}件：{corpus[n % len(corpus)].text}"] for n in range(number))])


def assert_each_once(office: Office, job_id: str, rows: int) -> None:
    job = office.ended(job_id)
    assert (job["status"], job["problem"]) == ("done", None)
    assert [job[f"rows_{name}"] for name in ("total", "done", "known", "failed")] == [rows, rows, 0, 0]
    result = office.result(job_id)
    lines = [int(row["line"]) for row in result]
    assert lines == sorted(set(lines))
    assert len({row["complaint_id"] for row in result}) == len(result) == rows
    with office.database.connect() as connection:
        for table in (COMPLAINTS, JOB_ROWS):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == rows
    assert office.case(result[-1]["complaint_id"])["text"].startswith(f"第{rows - 1}件：")


def test_one_of_two_workers_works_and_the_other_goes_on_after_it(
    office: Office, database_url: str, tmp_path: Path
) -> None:
    command = told(quick(database_url), tmp_path / "log")
    with office.working(command):
        with office.working(command):
            jobs = [office.upload(FILE, text=str(n)) for n in range(4)]
            assert [office.ended(job)["status"] for job in jobs] == ["done"] * 4
            assert [job for job, *_ in starts(tmp_path / "log")] == jobs
            assert len({holder for _, holder, _ in starts(tmp_path / "log")}) == 1
        last = office.upload(FILE)
        assert office.ended(last)["status"] == "done"
    assert [job for job, *_ in starts(tmp_path / "log")] == [*jobs, last]
    with office.database.connect() as connection:
        assert connection.execute(select(LEASES)).all() == []


@on_one_database
def test_a_worker_that_is_told_to_stop_leaves_its_job_to_the_next(
    office: Office, database_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    job = office.upload(FILE)
    with office.working(told(lambda *_: ["sleep", "600"], log)):
        until(log.exists)
    assert office.job(job)["status"] == "queued"
    assert not Path(f"/proc/{starts(log)[0][2]}").exists()
    with office.working(told(quick(database_url), log)):
        assert office.ended(job)["status"] == "done"
    row = Jobs(office.database).find(job)
    assert row is not None
    assert row["deaths"] == 0


@on_one_database
def test_a_file_that_kills_its_reader_twice_is_given_up_and_the_next_is_read(
    office: Office, database_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    deadly, good = office.upload(FILE, name="台账.xlsx"), office.upload(FILE, text="投诉内容")
    die = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
    with office.working(told(lambda *names: die if names[0] == deadly else quick(database_url)(*names), log)):
        job = office.ended(deadly)
        assert office.ended(good)["status"] == "done"
    assert [name for name, *_ in starts(log)] == [deadly, deadly, good]
    assert job["status"] == "failed"
    assert job["finished_at"]
    assert "or breaks the reader" in job["problem"]
    assert "COMPLAINTS_JOB_MAX_MEMORY" in job["problem"]
    assert office.upload(FILE, name="台账.xlsx") != deadly


@on_one_database
def test_a_file_that_brings_no_row_for_long_is_given_up(
    office: Office, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_STUCK", 2.0)
    log = tmp_path / "log"
    job = office.upload(FILE)
    with office.working(told(lambda *_: ["sleep", "600"], log)):
        assert "brought no row in" in office.ended(job)["problem"]
    assert len(starts(log)) == 1


@on_one_database
def test_readers_that_cannot_start_fail_no_file(office: Office, database_url: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    job = office.upload(FILE)

    def unready(*names: str) -> list[str]:
        return ["sh", "-c", "exit 2"] if len(starts(log)) < 3 else quick(database_url)(*names)

    log.touch()
    with office.working(lambda *names: told(unready, log)(*names)):
        assert office.ended(job)["status"] == "done"
    assert len(starts(log)) == 4


def test_a_failed_file_sent_again_is_kept_once(office: Office) -> None:
    first = office.upload(FILE)
    with office.working():
        office.ended(first)
    with office.database.begin() as connection:  # as if its reader had died behind the last row
        connection.execute(update(JOBS).values(status="failed", content_hash=None))
    again = office.upload(FILE)
    with office.working():
        job = office.ended(again)
    assert (job["status"], job["rows_done"], job["rows_known"]) == ("done", 1, 1)
    assert office.result(first)[0]["complaint_id"] == office.result(again)[0]["complaint_id"]


@on_one_database
def test_a_file_that_takes_too_much_memory_fails_alone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPLAINTS_JOB_MAX_MEMORY", str(96 << 20))
    large = office.upload(b'{"text": "' + b"x" * (100 << 20) + b'"}\n')
    good = office.upload(FILE)
    with office.working():
        job = office.ended(large)
        assert office.ended(good)["rows_done"] == 1
    assert job["status"] == "failed"
    assert "takes more than 96 MiB of memory" in job["problem"]


def test_a_job_whose_file_is_gone_has_failed_and_may_be_sent_again(office: Office, database_url: str) -> None:
    job = office.upload(FILE)
    office.uploads.remove(job)
    with office.working(quick(database_url)):
        ended = office.ended(job)
        assert ended["status"] == "failed"
        assert "Send it again" in ended["problem"]
        assert office.ended(office.upload(FILE))["status"] == "done"


def test_only_abandoned_files_are_tidied_away(office: Office) -> None:
    ended, waiting = office.upload(FILE), office.upload(FILE, text="投诉内容")
    jobs, lease = Jobs(office.database), Lease("jobs")
    assert lease.take(office.database)
    row = jobs.find(ended)
    assert row is not None
    jobs.finish(row["number"], lease)
    for name in ("cut-off", "coming-in"):
        office.uploads.path(name).write_bytes(FILE)
    hours_ago = time.time() - 2 * 3_600
    for name in (waiting, "cut-off"):
        os.utime(office.uploads.path(name), (hours_ago, hours_ago))
    office.uploads.tidy(jobs)
    assert {path.name for path in office.uploads.path("").iterdir()} == {waiting, "coming-in"}


def test_a_job_is_continued_where_its_reader_was_killed(office: Office, corpus: list[Labelled], tmp_path: Path) -> None:
    log = tmp_path / "log"
    job = office.upload(many(corpus, MANY))
    with office.working(told(reader, log)):
        until(lambda: office.job(job)["rows_done"])
        os.kill(int(starts(log)[0][2]), signal.SIGKILL)
        done = until(lambda: len(starts(log)) == 2 and office.job(job)["rows_done"])
        assert 0 < done < MANY
        assert office.job(job)["status"] == "running"
        assert_each_once(office, job, MANY)
    assert len(starts(log)) == 2


@contextmanager
def worker_process() -> Iterator[subprocess.Popen[bytes]]:
    """`complaints worker`, as `complaints serve` starts it."""
    command = [sys.executable, "-m", "cli", "worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def test_a_job_is_continued_by_another_worker_when_the_first_was_killed(office: Office, corpus: list[Labelled]) -> None:
    job = office.upload(many(corpus, MANY))
    with worker_process() as first:
        until(lambda: office.job(job)["status"] == "running")
        with worker_process():
            until(lambda: office.job(job)["rows_done"])
            (child,) = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
            first.kill()
            until(lambda: not Path(f"/proc/{child}").exists())
            assert office.job(job)["rows_done"] < MANY
            assert_each_once(office, job, MANY)
    row = Jobs(office.database).find(job)
    assert row is not None
    assert row["deaths"] == 0
