"""The worker's looks at new files: beside the job it works on, in a process of their own, one at a time."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog

from api.jobs.run import too_large
from api.jobs.uploads import Uploads
from api.storage import Database, Jobs, Lease

NOT_THE_FILE: Final = (2, 3)
"""Exits of a reader that could not work for another reason (no model, no database, no lease): it is tried again."""
DEATHS: Final = 2
"""A file that killed so many readers is given up."""
_LONGEST: Final = 300.0
"""Seconds that a look may take."""
_TOO_SLOW: Final = (
    f"the file: looking at it took more than {_LONGEST / 60:.0f} minutes. Save it as CSV, or cut it in parts."
)
KEPT: Final = timedelta(days=1)
"""So long a file waits for its person's choice."""
EXPIRED: Final = "the file: nobody chose its column within a day. Send it again."

_LOG = structlog.get_logger("worker")


class Looks:
    """Looks at the files that have just arrived, and lets go of those that nobody wants.

    Parameters
    ----------
    database : Database
    uploads : Uploads
    command : callable
        As of `Worker`.
    most_bytes : int
    lease : Lease
        Held when `tick` is called.
    """

    def __init__(
        self,
        database: Database,
        uploads: Uploads,
        command: Callable[[str, str], list[str]],
        most_bytes: int,
        lease: Lease,
    ) -> None:
        self._jobs = Jobs(database)
        self._uploads = uploads
        self._command = command
        self._most_bytes = most_bytes
        self._lease = lease
        self._reader: subprocess.Popen[bytes] | None = None
        self._job_id = ""
        self._begun = 0.0

    def tick(self) -> None:
        """Begin a look, or see how far it is; about once a second."""
        if self._reader is not None:
            status = self._reader.poll()
            if status is None and time.monotonic() - self._begun <= _LONGEST:
                return
            self.close()
            self._ended(status)
            return
        self._let_go()
        self._job_id = next(iter(self._jobs.arrived()), "")
        if self._job_id:
            self._begun = time.monotonic()
            self._reader = subprocess.Popen(self._command(self._job_id, self._lease.holder), stdin=subprocess.PIPE)

    def close(self) -> None:
        """End the look that is going on."""
        if self._reader is not None:
            self._reader.kill()
            self._reader.wait()
            if self._reader.stdin:
                self._reader.stdin.close()
        self._reader = None

    def _ended(self, status: int | None) -> None:
        """See to what is left of a look that ended by itself, or, with None, was too slow."""
        job = self._jobs.find(self._job_id)
        if job is None:
            raise LookupError(self._job_id)
        if job["status"] == "arrived":
            if status in NOT_THE_FILE:
                return
            _LOG.error("look's process ended early", job=self._job_id, exit=status)
            self._jobs.count_death(job["number"], self._lease)
            if status is not None and job["deaths"] + 1 < DEATHS:
                return
            self._jobs.finish(job["number"], self._lease, _TOO_SLOW if status is None else too_large(self._most_bytes))
        elif job["status"] != "failed":  # somebody may have chosen already
            return
        self._uploads.remove(self._job_id)

    def _let_go(self) -> None:
        for job in self._jobs.undecided(KEPT):
            self._jobs.finish(job["number"], self._lease, EXPIRED)
            self._uploads.remove(job["job_id"])
