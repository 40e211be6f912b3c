"""Keeping and finding jobs: files of complaints that are worked on row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.storage.acts import Act, log
from api.storage.database import Database, now, writing
from api.storage.leases import Lease
from api.storage.schema import COMPLAINTS, JOB_ROWS, JOBS

_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class JobRow:
    """What became of one row: a kept case, known before this file or not, or a problem.

    Attributes
    ----------
    row : int
        Counts from 0.
    line : int
        In the file, from 1.
    complaint : int or None
        Number of the case.
    known : bool
    problem : str or None
    """

    row: int
    line: int
    complaint: int | None = None
    known: bool = False
    problem: str | None = None


class Jobs:
    """The jobs of a database. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job: Mapping[str, Any], act: Act) -> tuple[RowMapping, bool]:
        """Keep a new job, unless the same file is kept already and has not failed.

        Returns
        -------
        job : mapping
            Columns of the table.
        created : bool
        """
        try:
            with writing(self._database) as connection:
                counts = {"status": "queued", "deaths": 0, "rows_done": 0, "rows_known": 0, "rows_failed": 0}
                connection.execute(insert(JOBS), {**job, "created_at": now(), **counts})
                log(connection, act)
        except IntegrityError:
            with self._database.connect() as connection:
                same = select(JOBS).where(JOBS.c.content_hash == job["content_hash"])
                return connection.execute(same).mappings().one(), False
        found = self.find(job["job_id"])
        assert found is not None  # noqa: S101  # it has just been kept, and jobs are never deleted
        return found, True

    def find(self, job_id: str) -> RowMapping | None:
        """A job by its id."""
        with self._database.connect() as connection:
            return connection.execute(select(JOBS).where(JOBS.c.job_id == job_id)).mappings().one_or_none()

    def newest(self, owner: str | None, limit: int) -> Sequence[RowMapping]:
        """The last jobs, of one owner or of all."""
        query = select(JOBS).order_by(JOBS.c.number.desc()).limit(limit)
        if owner is not None:
            query = query.where(JOBS.c.owner == owner)
        with self._database.connect() as connection:
            return connection.execute(query).mappings().all()

    def unfinished(self) -> Sequence[str]:
        """Ids of the jobs that wait or are worked on, the oldest first."""
        waiting = select(JOBS.c.job_id).where(JOBS.c.status.in_(("queued", "running"))).order_by(JOBS.c.number)
        with self._database.connect() as connection:
            return connection.execute(waiting).scalars().all()

    def begin(self, job: int, rows_total: int, columns: Mapping[str, str], notes: Sequence[str], lease: Lease) -> None:
        """Say that a job is being worked on, and how its file is read."""
        started = func.coalesce(JOBS.c.started_at, now())
        read = {"rows_total": rows_total, "columns": dict(columns), "notes": list(notes)}
        self._change(job, lease, status="running", started_at=started, **read)

    def finish(self, job: int, lease: Lease, problem: str | None = None) -> None:
        """Say that a job is done, or why it failed; the same file may then be sent again."""
        status: dict[str, Any] = {"status": "done"} if problem is None else {"status": "failed", "content_hash": None}
        self._change(job, lease, finished_at=now(), problem=problem, **status)

    def count_death(self, job: int, lease: Lease) -> None:
        """Note that the process working on a job died of it."""
        self._change(job, lease, deaths=JOBS.c.deaths + 1)

    def _change(self, job: int, lease: Lease, **values: Any) -> None:
        with writing(self._database) as connection:
            lease.require(connection)
            connection.execute(update(JOBS).where(JOBS.c.number == job).values(values))

    def results(self, job: int) -> Iterator[RowMapping]:
        """What became of the rows of a job so far, in order: line, problem, complaint_id, answer."""
        after = -1
        columns = (JOB_ROWS.c.row, JOB_ROWS.c.line, JOB_ROWS.c.problem, COMPLAINTS.c.complaint_id, COMPLAINTS.c.answer)
        rows = select(*columns).outerjoin(COMPLAINTS, COMPLAINTS.c.number == JOB_ROWS.c.complaint)
        while True:
            page = rows.where(JOB_ROWS.c.job == job, JOB_ROWS.c.row > after).order_by(JOB_ROWS.c.row).limit(_PAGE)
            with self._database.connect() as connection:
                found = connection.execute(page).mappings().all()
            yield from found
            if len(found) < _PAGE:
                return
            after = found[-1]["row"]

    def count(self) -> tuple[Mapping[str, int], int]:
        """Number of jobs by status, and of rows still to be read in those whose rows are counted."""
        with self._database.connect() as connection:
            by_status = connection.execute(select(JOBS.c.status, func.count()).group_by(JOBS.c.status)).all()
            left = func.coalesce(func.sum(JOBS.c.rows_total - JOBS.c.rows_done), 0)
            rows = connection.execute(select(left).where(JOBS.c.status.in_(("queued", "running")))).scalar_one()
        return {status: number for status, number in by_status}, int(rows)  # noqa: C416  # rows are no pairs to mypy


def record(connection: Connection, job: int, rows: Sequence[JobRow]) -> None:
    """Note what became of rows of a job, in the transaction that keeps them."""
    columns = [{"job": job, "row": r.row, "line": r.line, "complaint": r.complaint, "problem": r.problem} for r in rows]
    connection.execute(insert(JOB_ROWS), columns)
    connection.execute(
        update(JOBS)
        .where(JOBS.c.number == job)
        .values(
            rows_done=JOBS.c.rows_done + len(rows),
            rows_known=JOBS.c.rows_known + sum(r.known for r in rows),
            rows_failed=JOBS.c.rows_failed + sum(r.problem is not None for r in rows),
        )
    )
