"""Keeping and finding cases."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError

from api.storage.database import WRITES, Database
from api.storage.schema import BAND_COLUMNS, COMPLAINTS, CORRECTIONS, DECISIONS, PREDICTIONS, STATES

_NEAREST: Final = 10
"""So many earlier cases are looked at per band and for the customer, the newest."""


class KnownCaseError(Exception):
    """A complaint under this id or key is kept already, and another one was sent."""


@dataclass(frozen=True, slots=True)
class NewCase:
    """A complaint that has been read and routed, ready to be kept.

    Attributes
    ----------
    complaint, prediction, decision : mapping
        Columns of the tables of these names; `complaint` holds ``complaint_id``, ``idempotency_key`` and ``body_hash``.
    """

    complaint: Mapping[str, Any]
    prediction: Mapping[str, Any]
    decision: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A kept case: its complaint, and all that was said of it, oldest first."""

    complaint: RowMapping
    predictions: Sequence[RowMapping]
    decisions: Sequence[RowMapping]
    corrections: Sequence[RowMapping]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which cases to list; what is None does not matter. The period is of registration, UTC, half-open."""

    category: str | None = None
    department: str | None = None
    decision: str | None = None
    channel: str | None = None
    region: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None

    def apply(self, query: Select[Any]) -> Select[Any]:
        """The query of `case_states`, narrowed."""
        equal = {
            STATES.c.category: self.category,
            STATES.c.department: self.department,
            STATES.c.verdict: self.decision,
            STATES.c.channel: self.channel,
            STATES.c.region: self.region,
        }
        for column, value in equal.items():
            if value is not None:
                query = query.where(column == value)
        if self.since is not None:
            query = query.where(STATES.c.registered_at >= utc(self.since))
        if self.until is not None:
            query = query.where(STATES.c.registered_at < utc(self.until))
        for word in (self.words or "").split():
            query = query.where(func.lower(STATES.c.text).contains(word.lower(), autoescape=True))
        return query


def utc(moment: datetime) -> datetime:
    """A moment as it is kept: in UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def now() -> datetime:
    """The present moment as it is kept."""
    return utc(datetime.now(UTC))


class Cases:
    """The cases of a database.

    Every method is one transaction: all of it is kept or nothing. All raise `sqlalchemy.exc.SQLAlchemyError` when the
    database fails; if it went away during the commit, only asking again tells which.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # SQLite has one writer at a time, and makes the others sleep and ask again: threads of one process queue here.
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if database.dialect.name == "sqlite" else nullcontext()
        )

    def register(self, new: NewCase) -> tuple[Any, bool]:
        """Keep a case, unless it is kept already; it is on disk when this returns.

        Returns
        -------
        answer : JSON
            The first answer to this complaint.
        created : bool
            False if it was there already.

        Raises
        ------
        KnownCaseError
            If its id or key belong to a complaint with another body, or to two.
        """
        complaint = new.complaint
        try:
            with self._writing() as connection:
                # Values beside the statement, not in it: it is then compiled once.
                number = connection.execute(insert(COMPLAINTS), complaint).inserted_primary_key[0]  # type: ignore[index]
                connection.execute(insert(PREDICTIONS), {"complaint": number, **new.prediction})
                connection.execute(insert(DECISIONS), {"complaint": number, **new.decision})
        except IntegrityError:
            # A repeat, or somebody else was first with this id or key.
            with self._database.connect() as connection:
                first = _first_answer(connection, complaint)
            if first is None:
                raise
            return first, False
        return complaint["answer"], True

    def find(self, complaint_id: str) -> Case | None:
        """The whole record of a complaint."""
        with self._database.connect() as connection:
            complaint = connection.execute(select(COMPLAINTS).where(COMPLAINTS.c.complaint_id == complaint_id))
            row = complaint.mappings().one_or_none()
            if row is None:
                return None
            said = [
                connection.execute(select(table).where(table.c.complaint == row["number"]).order_by(table.c.number))
                .mappings()
                .all()
                for table in (PREDICTIONS, DECISIONS, CORRECTIONS)
            ]
        return Case(row, *said)

    def page(self, filters: Filters, *, before: int | None, limit: int) -> Sequence[RowMapping]:
        """At most `limit` cases as they stand now, newest first, registered before case number `before`.

        What arrives meanwhile never moves a page.
        """
        query = filters.apply(select(STATES)).order_by(STATES.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(STATES.c.number < before)
        with self._database.connect() as connection:
            return connection.execute(query).mappings().all()

    def correct(self, complaint_id: str, category: str, *, by: str, note: str | None) -> bool:
        """Add the right category to a case; False if there is no such case."""
        with self._writing() as connection:
            state = connection.execute(select(STATES).where(STATES.c.complaint_id == complaint_id)).mappings()
            row = state.one_or_none()
            if row is None:
                return False
            connection.execute(
                insert(CORRECTIONS).values(
                    complaint=row["number"],
                    corrected_at=now(),
                    corrected_by=by,
                    category=category,
                    selection="review" if row["verdict"] == "review" else "correction",
                    note=note,
                )
            )
        return True

    def erase(self, complaint_id: str) -> bool:
        """Take the person out of a case: text, customer and numbers go, what was decided stays. False if unknown."""
        with self._writing() as connection:
            erased = connection.execute(
                update(COMPLAINTS)
                .where(COMPLAINTS.c.complaint_id == complaint_id)
                .values(
                    text="",
                    raw_text=None,
                    customer_key=None,
                    referral_no=None,
                    amount=None,
                    erased_at=func.coalesce(COMPLAINTS.c.erased_at, now()),
                )
            )
        if self._database.dialect.name == "sqlite":
            # The log still holds what was there before.
            with closing(self._database.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return bool(erased.rowcount)

    def check(self) -> None:
        """Ask the database something. Raises if it does not answer."""
        with self._database.connect() as connection:
            connection.execute(select(func.max(COMPLAINTS.c.number)))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            self._turn,
            self._database.connect().execution_options(**{WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection


def _first_answer(connection: Connection, complaint: Mapping[str, Any]) -> Any | None:
    same = COMPLAINTS.c.complaint_id == complaint["complaint_id"]
    if complaint["idempotency_key"] is not None:
        same = or_(same, COMPLAINTS.c.idempotency_key == complaint["idempotency_key"])
    known = connection.execute(select(COMPLAINTS.c.body_hash, COMPLAINTS.c.answer).where(same)).all()
    if not known:
        return None
    if len(known) > 1 or known[0].body_hash != complaint["body_hash"]:
        raise KnownCaseError
    return known[0].answer
