"""Keeping and finding jobs: files of complaints that are worked on row by row.

A job is ``queued``, then ``running``, then ``done`` or ``failed``. Before that, a file for which a person is to choose
column, sheet and encoding has ``arrived``, and is ``waiting`` for them once its beginning has been looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, ScalarSelect, Table, func, insert, null, select, update
from sqlalchemy.exc import IntegrityError

from api.storage.acts import Act, log
from api.storage.database import Database, now, writing
from api.storage.job_tables import JOB_ROWS, JOBS
from api.storage.leases import Lease
from api.storage.schema import COMPLAINTS, DECISIONS, PREDICTIONS

_PAGE: Final = 1_000

BEGUN: Final = ("queued", "running", "done", "failed")
"""Of jobs for which nothing is to be chosen any more."""
UNREAD: Final = ("arrived", "waiting", "queued", "running")
"""Of jobs whose files are still to be read."""


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
    sent_id : str or None
        Of a refused row, by which its sender knows it.
    """

    row: int
    line: int
    complaint: int | None = None
    known: bool = False
    problem: str | None = None
    sent_id: str | None = None


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
                counts = {"deaths": 0, "rows_done": 0, "rows_known": 0, "rows_failed": 0}
                connection.execute(insert(JOBS), {"status": "queued", **job, "created_at": now(), **counts})
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

    def newest(self, owner: str | None, limit: int, *, undecided: bool = False) -> Sequence[RowMapping]:
        """The last jobs, of one owner or of all, with or without those that wait for a person's choice."""
        query = select(JOBS).order_by(JOBS.c.number.desc()).limit(limit)
        if not undecided:
            query = query.where(JOBS.c.status.in_(BEGUN))
        if owner is not None:
            query = query.where(JOBS.c.owner == owner)
        with self._database.connect() as connection:
            return connection.execute(query).mappings().all()

    def unfinished(self) -> Sequence[str]:
        """Ids of the jobs that wait or are worked on, the oldest first."""
        waiting = select(JOBS.c.job_id).where(JOBS.c.status.in_(("queued", "running"))).order_by(JOBS.c.number)
        with self._database.connect() as connection:
            return connection.execute(waiting).scalars().all()

    def arrived(self) -> Sequence[str]:
        """Ids of the jobs whose files are to be looked at, the oldest first."""
        new = select(JOBS.c.job_id).where(JOBS.c.status == "arrived").order_by(JOBS.c.number)
        with self._database.connect() as connection:
            return connection.execute(new).scalars().all()

    def undecided(self, since: timedelta) -> Sequence[RowMapping]:
        """Jobs that have been there for so long and wait for a person's choice."""
        old = JOBS.c.created_at < now() - since
        with self._database.connect() as connection:
            return connection.execute(select(JOBS).where(JOBS.c.status == "waiting", old)).mappings().all()

    def looked(self, job: int, lease: Lease, head: Mapping[str, Any]) -> None:
        """Keep what a person chooses by."""
        self._change(job, lease, status="waiting", head=dict(head))

    def look_again(self, job: int, chosen: Mapping[str, Any]) -> bool:
        """Let a waiting file be looked at as somebody says; False if it waits no longer."""
        return self._decide(job, status="arrived", deaths=0, head=null(), **chosen)

    def start(self, job: int, text_place: int, content_hash: str, act: Act) -> RowMapping | None:
        """Let a waiting file be read.

        Returns
        -------
        mapping or None
            The job that reads the same file in the same way already, which goes on instead; None if there is none.
        """
        try:
            chosen = {"text_place": text_place, "content_hash": content_hash}
            self._decide(job, act, status="queued", deaths=0, head=null(), **chosen)
        except IntegrityError:
            with self._database.connect() as connection:
                same = select(JOBS).where(JOBS.c.content_hash == content_hash)
                return connection.execute(same).mappings().one()
        return None

    def give_up(self, job: int, problem: str, act: Act) -> bool:
        """Note that a waiting file is not to be read; False if it waits no longer."""
        return self._decide(job, act, status="failed", finished_at=now(), head=null(), problem=problem)

    def _decide(self, job: int, act: Act | None = None, /, **values: Any) -> bool:
        with writing(self._database) as connection:
            waiting = update(JOBS).where(JOBS.c.number == job, JOBS.c.status == "waiting")
            decided = bool(connection.execute(waiting.values(values)).rowcount)
            if decided and act is not None:
                log(connection, act)
        return decided

    def begin(self, job: int, rows_total: int, columns: Mapping[str, str], notes: Sequence[str], lease: Lease) -> None:
        """Say that a job is being worked on, and how its file is read."""
        started = func.coalesce(JOBS.c.started_at, now())
        read = {"rows_total": rows_total, "columns": dict(columns), "notes": list(notes)}
        self._change(job, lease, status="running", started_at=started, **read)

    def finish(self, job: int, lease: Lease, problem: str | None = None) -> None:
        """Say that a job is done, or why it failed; the same file may then be sent again."""
        status: dict[str, Any] = {"status": "done"} if problem is None else {"status": "failed", "content_hash": None}
        self._change(job, lease, finished_at=now(), problem=problem, head=null(), **status)

    def count_death(self, job: int, lease: Lease) -> None:
        """Note that the process working on a job died of it."""
        self._change(job, lease, deaths=JOBS.c.deaths + 1)

    def _change(self, job: int, lease: Lease, **values: Any) -> None:
        with writing(self._database) as connection:
            lease.require(connection)
            connection.execute(update(JOBS).where(JOBS.c.number == job).values(values))

    def results(self, job: int) -> Iterator[RowMapping]:
        """What became of the rows of a job so far, in order: line, problem, sent_id, complaint_id, text, answer."""
        after = -1
        columns = (
            *(JOB_ROWS.c.row, JOB_ROWS.c.line, JOB_ROWS.c.problem, JOB_ROWS.c.sent_id),
            *(COMPLAINTS.c.complaint_id, COMPLAINTS.c.text, COMPLAINTS.c.answer),
        )
        rows = select(*columns).outerjoin(COMPLAINTS, COMPLAINTS.c.number == JOB_ROWS.c.complaint)
        while True:
            page = rows.where(JOB_ROWS.c.job == job, JOB_ROWS.c.row > after).order_by(JOB_ROWS.c.row).limit(_PAGE)
            with self._database.connect() as connection:
                found = connection.execute(page).mappings().all()
            yield from found
            if len(found) < _PAGE:
                return
            after = found[-1]["row"]

    def problems(self, job: int, after: int, limit: int) -> Sequence[RowMapping]:
        """Rows of a job that were refused, in order, behind row number `after`: row, line, problem, sent_id."""
        columns = (JOB_ROWS.c.row, JOB_ROWS.c.line, JOB_ROWS.c.problem, JOB_ROWS.c.sent_id)
        refused = JOB_ROWS.c.problem.is_not(None)
        asked = select(*columns).where(JOB_ROWS.c.job == job, JOB_ROWS.c.row > after, refused)
        with self._database.connect() as connection:
            return connection.execute(asked.order_by(JOB_ROWS.c.row).limit(limit)).mappings().all()

    def distribution(self, job: int) -> Sequence[RowMapping]:
        """What the rows of a job were said to be when they came: category, verdict, department, and how many."""
        said = (PREDICTIONS.c.category, PREDICTIONS.c.verdict, DECISIONS.c.department)
        asked = (
            select(*said, func.count().label("rows"))
            .select_from(JOB_ROWS)
            .join(PREDICTIONS, PREDICTIONS.c.number == _first(PREDICTIONS))
            .join(DECISIONS, DECISIONS.c.number == _first(DECISIONS))
            .where(JOB_ROWS.c.job == job)
            .group_by(*said)
        )
        with self._database.connect() as connection:
            return connection.execute(asked).mappings().all()

    def count(self) -> tuple[Mapping[str, int], int]:
        """Number of jobs by status, and of rows still to be read in those whose rows are counted."""
        with self._database.connect() as connection:
            by_status = connection.execute(select(JOBS.c.status, func.count()).group_by(JOBS.c.status)).all()
            left = func.coalesce(func.sum(JOBS.c.rows_total - JOBS.c.rows_done), 0)
            rows = connection.execute(select(left).where(JOBS.c.status.in_(("queued", "running")))).scalar_one()
        return {status: number for status, number in by_status}, int(rows)  # noqa: C416  # rows are no pairs to mypy


def _first(table: Table) -> ScalarSelect[int]:
    """Number of what was first said of a row's case."""
    said = table.alias()
    return select(func.min(said.c.number)).where(said.c.complaint == JOB_ROWS.c.complaint).scalar_subquery()


def record(connection: Connection, job: int, rows: Sequence[JobRow]) -> None:
    """Note what became of rows of a job, in the transaction that keeps them."""
    names = ("row", "line", "complaint", "problem", "sent_id")
    connection.execute(insert(JOB_ROWS), [{"job": job, **{name: getattr(r, name) for name in names}} for r in rows])
    connection.execute(
        update(JOBS)
        .where(JOBS.c.number == job)
        .values(
            rows_done=JOBS.c.rows_done + len(rows),
            rows_known=JOBS.c.rows_known + sum(r.known for r in rows),
            rows_failed=JOBS.c.rows_failed + sum(r.problem is not None for r in rows),
        )
    )
