"""What callers do with jobs. No HTTP in here."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel, Field
from sqlalchemy import RowMapping
from starlette.concurrency import run_in_threadpool

from api.access.caller import Caller
from api.cases import Kept
from api.jobs.uploads import Uploads
from api.problems import RefusedError
from api.storage import BEGUN, Database, Jobs, log_alone
from classifier.masking import mask

RESULT: Final = (
    "line",
    "complaint_id",
    "predicted_category",
    "predicted_name",
    "predicted_group",
    "predicted_secondary",
    "confidence",
    "decision",
    "department",
    "priority",
    "standing",
    "error",
)
"""Columns of a result."""


class JobOut(BaseModel):
    """A file of complaints, and how far it is."""

    job_id: str
    created_at: Kept
    owner: str
    name: str | None
    bytes: int
    status: Literal["queued", "running", "done", "failed"]
    started_at: Kept | None
    finished_at: Kept | None
    problem: str | None = Field(description="Why it failed.")
    columns: dict[str, str] | None = Field(description="Fields that were found, and the titles of their columns.")
    notes: list[str] | None = Field(description="How the file is read: its encoding, sheets that are left out.")
    rows_total: int | None = Field(description="Known, as the two before, once the file is open.")
    rows_done: int
    rows_known: int = Field(description="Of these, complaints that were kept before.")
    rows_failed: int = Field(description="Of these, refused: the result says why, with their lines.")


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be read, where its bytes don't tell: the column of the complaint, the sheet, the encoding."""

    text_column: str | None = None
    sheet: str | None = None
    encoding: str | None = None


class JobService:
    """The jobs of a service.

    Parameters
    ----------
    database : Database
    uploads : Uploads
    upload_max_bytes : int
    """

    def __init__(self, database: Database, uploads: Uploads, upload_max_bytes: int) -> None:
        self._database = database
        self._jobs = Jobs(database)
        self._uploads = uploads
        self._limit = upload_max_bytes

    async def upload(
        self, chunks: AsyncIterator[bytes], *, name: str | None, options: Options, caller: Caller
    ) -> tuple[JobOut, bool]:
        """Keep a file and a job for it, unless the caller has sent the same before; the second value says which.

        Raises
        ------
        RefusedError
            If the file is empty or too large.
        OSError
            If there is no room for it.
        """
        chosen = asdict(options)
        upload = await self._uploads.receive(chunks, self._limit)
        job = {
            "job_id": upload.job_id,
            "owner": caller.owner,
            "name": None if name is None else mask(name),
            "content_hash": self._uploads.job_hash(upload, caller.owner, *chosen.values()),
            "file_hash": upload.file_hash,
            "bytes": upload.bytes,
            **chosen,
        }
        try:
            row, created = await run_in_threadpool(self._jobs.add, job, caller.act("upload", upload.job_id))
        except BaseException:
            self._uploads.remove(upload.job_id)
            raise
        if not created:
            self._uploads.remove(upload.job_id)
        return _out(row), created

    def newest(self, limit: int, caller: Caller) -> list[JobOut]:
        """The last jobs, the caller's own or, for an admin, all."""
        return [_out(row) for row in self._jobs.newest(None if caller.may("admin") else caller.owner, limit)]

    def find(self, job_id: str, caller: Caller) -> JobOut:
        """How far a job is. Raises `RefusedError` if there is none, or it is somebody else's."""
        return _out(self._row(job_id, caller))

    def result(self, job_id: str, caller: Caller) -> Iterator[str]:
        """Lines of a finished job's result, as CSV. Raises `RefusedError` if there is none yet."""
        job = self._row(job_id, caller)
        if job["status"] in ("queued", "running"):
            raise RefusedError("unfinished-job", f"It has done {job['rows_done']} rows. Ask again when it is done.")
        log_alone(self._database, caller.act("download", job_id))
        return _as_csv(self._jobs.results(job["number"]))

    def _row(self, job_id: str, caller: Caller) -> RowMapping:
        job = self._jobs.find(job_id)
        theirs = job is not None and (caller.may("admin") or job["owner"] == caller.owner)
        if job is None or not theirs or job["status"] not in BEGUN:
            raise RefusedError("no-such-job", f"There is no job {job_id!r} of yours. GET /v1/jobs lists them.")
        return job


def _out(row: RowMapping) -> JobOut:
    return JobOut.model_validate(dict(row))


def _as_csv(rows: Iterator[RowMapping]) -> Iterator[str]:
    from classifier.tables.streaming import csv_lines  # with it come 40 MiB of libraries, which few processes need

    lines = (map(str, (row["line"], *_said(row), row["problem"] or "")) for row in rows)
    return csv_lines(itertools.chain([RESULT], map(list, lines)))


def _said(row: RowMapping) -> list[Any]:
    answer = row["answer"]
    if answer is None:
        return [row["sent_id"] or "", *[""] * (len(RESULT) - 3)]
    return [
        row["complaint_id"],
        answer["category"]["code"],
        answer["category"]["zh"],
        answer["group"]["code"],
        ";".join(secondary["code"] for secondary in answer["secondary"]),
        answer["confidence"],
        answer["decision"],
        answer["department"]["code"],
        answer["priority"],
        answer.get("standing", ""),
    ]
