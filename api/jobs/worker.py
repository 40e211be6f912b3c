"""The one process that works on jobs: it holds the lease, and gives each job a process of its own."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import structlog

from api.jobs.looks import DEATHS, NOT_THE_FILE, Looks
from api.jobs.run import too_large
from api.jobs.uploads import Uploads
from api.storage import UNAVAILABLE, Database, Jobs, Lease, LeaseLostError, cause
from api.trainings.trainer import Trainer

LEASE: Final = "jobs"
_RENEW: Final = 1.0
_IDLE: Final = 0.5
"""Seconds between two looks for work."""
_AGAIN: Final = 2.0
_STUCK: Final = 300.0
"""A file that has brought no row for so many seconds is given up."""
_TOO_SLOW: Final = (
    f"the file: reading it brought no row in {_STUCK / 60:.0f} minutes. Save it as CSV, or cut it in parts."
)

_LOG = structlog.get_logger("worker")


class Worker:
    """Works on the jobs of a database until told to stop.

    Parameters
    ----------
    database : Database
    uploads : Uploads
        Where the jobs' files are.
    command : callable
        The command line that works on a job, of its id and the lease's holder. It ends when its standard input does.
    most_bytes : int
        Memory that reading a file may take.
    chores : sequence of callable
        What is done about once a second besides, under the same lease.
    trainer : Trainer, optional
        Works on trainings meanwhile.
    """

    def __init__(
        self,
        database: Database,
        uploads: Uploads,
        command: Callable[[str, str], list[str]],
        most_bytes: int,
        chores: Sequence[Callable[[], object]] = (),
        trainer: Trainer | None = None,
    ) -> None:
        self._database = database
        self._jobs = Jobs(database)
        self._uploads = uploads
        self._command = command
        self._most_bytes = most_bytes
        self._trainer = trainer
        self._lease = Lease(LEASE)
        self._looks = Looks(database, uploads, command, most_bytes, self._lease)
        self._chores = [*chores, self._looks.tick]

    def run(self, stop: threading.Event) -> None:
        """Work, as long as the lease is held, until `stop`."""
        held = False
        while not stop.is_set():
            try:
                if self._lease.take(self._database):
                    if not held:
                        _LOG.info("lease taken")
                        self._uploads.tidy(self._jobs)
                        held = True
                    self._do_chores()
                    waiting = self._jobs.unfinished()
                    if waiting:
                        self._work(waiting[0], stop)
                        continue
                else:
                    held = False
                    self._stop_training()
            except UNAVAILABLE as error:
                _LOG.error("case database", cause=cause(error))
            except LeaseLostError:
                _LOG.warning("lease lost")
                held = False
                self._stop_training()
            stop.wait(_RENEW if not held else _IDLE)
        self._stop_training()
        self._looks.close()
        try:
            self._lease.give_back(self._database)
        except UNAVAILABLE as error:
            _LOG.error("case database", cause=cause(error))

    def _do_chores(self) -> None:
        for chore in self._chores:
            chore()
        if self._trainer is not None:
            self._trainer.tick(self._lease)

    def _stop_training(self) -> None:
        if self._trainer is not None:
            self._trainer.stop()

    def _work(self, job_id: str, stop: threading.Event) -> None:
        job = self._jobs.find(job_id)
        if job is None:
            raise LookupError(job_id)
        if not self._uploads.path(job_id).exists():
            self._jobs.finish(job["number"], self._lease, "the file is no longer in the data folder. Send it again.")
            return
        _LOG.info("job begins", job=job_id)
        status = self._watch(job_id, stop)
        if status is None:
            return
        job = self._jobs.find(job_id)
        if job is None or job["status"] in ("done", "failed"):
            self._uploads.remove(job_id)
            _LOG.info("job ended", job=job_id, status=job and job["status"])
            return
        _LOG.error("job's process ended early", job=job_id, exit=status)
        if status in NOT_THE_FILE:
            stop.wait(_AGAIN)
            return
        self._jobs.count_death(job["number"], self._lease)
        if job["deaths"] + 1 >= DEATHS:
            self._jobs.finish(job["number"], self._lease, too_large(self._most_bytes))
            self._uploads.remove(job_id)

    def _watch(self, job_id: str, stop: threading.Event) -> int | None:
        """Run a job's process to its end and renew the lease meanwhile; None if it had to be called off."""
        reader = subprocess.Popen(self._command(job_id, self._lease.holder), stdin=subprocess.PIPE)
        moved, done = time.monotonic(), -1
        try:
            while True:
                try:
                    return reader.wait(_RENEW)
                except subprocess.TimeoutExpired:
                    pass
                if stop.is_set():
                    return None
                try:
                    if not self._lease.take(self._database):
                        raise LeaseLostError
                    self._do_chores()
                    job = self._jobs.find(job_id)
                except UNAVAILABLE as error:
                    _LOG.error("case database", cause=cause(error))
                    moved = time.monotonic()
                    continue
                if job is not None and job["rows_done"] != done:
                    moved, done = time.monotonic(), job["rows_done"]
                if job is not None and time.monotonic() - moved > _STUCK:
                    reader.kill()
                    reader.wait()
                    self._jobs.finish(job["number"], self._lease, _TOO_SLOW)
        finally:
            reader.kill()
            reader.wait()
            if reader.stdin:
                reader.stdin.close()


def end_with_input(stream: int, end: Callable[[], None]) -> None:
    """Call `end` when whoever holds the other side of a pipe is gone, however it went."""

    def wait() -> None:
        with Path(f"/dev/fd/{stream}").open("rb", buffering=0) as pipe:
            while pipe.read(1):
                pass
        end()

    threading.Thread(target=wait, daemon=True).start()
