"""Keeping and finding cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    RowMapping,
    Select,
    Table,
    bindparam,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError

from api.storage.acts import Act, log
from api.storage.database import Database, now, utc, writing
from api.storage.schema import BAND_COLUMNS, COMPLAINTS, CORRECTIONS, DECISIONS, PREDICTIONS, STATES

_NEAREST: Final = 10
"""So many earlier cases are looked at per band and for the customer, the newest."""


class KnownCaseError(Exception):
    """A complaint under this id or key is kept already, and another one was sent."""


class TakenError(Exception):
    """Somebody else was first with this id or key, between asking for it and keeping it: ask again."""


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
class Kept:
    """A kept case: its number, what the caller was answered first, and whether that was now."""

    number: int
    answer: Any
    created: bool


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier case that may be of the same matter; `customer` is None where it names none."""

    complaint_id: str
    text: str
    customer: str | None
    category: str


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


class Writing:
    """One transaction that keeps cases: all of it is on disk when it ends, or nothing.

    Cases kept earlier in it are there for those that follow.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def look(
        self,
        complaint_id: str,
        idempotency_key: str | None,
        customer: str | None,
        bands: Sequence[int],
        since: datetime,
    ) -> tuple[Sequence[int], Sequence[int]]:
        """Numbers of the cases kept under this id or key, and of those since then that may be of the same matter.

        The latter share the customer or a band of the fingerprint: the newest of each, so that a wave of copies costs
        no more than a few.
        """
        values = {
            "complaint_id": complaint_id,
            "idempotency_key": idempotency_key,
            "customer_key": customer,
            "since": utc(since),
            **dict(zip(_BANDS, bands or (None,) * len(_BANDS), strict=True)),
        }
        found = self.connection.execute(_LOOK, values).all()
        known = {row.number for row in found if row.same}
        return sorted(known), sorted({row.number for row in found} - known)

    def first(self, known: Sequence[int], body_hash: str) -> Kept:
        """The one case of these that has this body. Raises `KnownCaseError` if it is another's, or there are two."""
        asked = select(COMPLAINTS.c.number, COMPLAINTS.c.body_hash, COMPLAINTS.c.answer)
        rows = self.connection.execute(asked.where(COMPLAINTS.c.number.in_(known))).all()
        if len(rows) > 1 or rows[0].body_hash != body_hash:
            raise KnownCaseError
        return Kept(rows[0].number, rows[0].answer, created=False)

    def earlier(self, numbers: Sequence[int]) -> list[Earlier]:
        """Cases by their numbers, the newest first."""
        if not numbers:
            return []
        cases = (
            select(STATES.c.complaint_id, STATES.c.text, COMPLAINTS.c.customer_key, STATES.c.category)
            .join(COMPLAINTS, COMPLAINTS.c.number == STATES.c.number)
            .where(STATES.c.number.in_(numbers))
            .order_by(STATES.c.number.desc())
        )
        return [Earlier(*row) for row in self.connection.execute(cases)]

    def keep(self, new: NewCase) -> Kept:
        """Keep a case. Raises `TakenError`, and nothing of the transaction is kept, if its id or key is taken."""
        try:
            number = self._insert(new)
        except IntegrityError as error:
            if "complaints" not in str(error.orig):  # SQLite names the column, PostgreSQL the constraint
                raise
            raise TakenError from error
        return Kept(number, new.complaint["answer"], created=True)

    def _insert(self, new: NewCase) -> int:
        """Insert the three rows of a case."""
        if self.connection.dialect.name == "postgresql":
            parts = {"complaints": new.complaint, "predictions": new.prediction, "decisions": new.decision}
            values = {
                name: parts[table].get(column)
                for table, columns in _INSERTED.items()
                for column, name in columns.items()
            }
            return int(self.connection.execute(_AT_ONCE, values).scalar_one())
        # Values beside the statement, not in it: it is then compiled once.
        number: int = self.connection.execute(insert(COMPLAINTS), new.complaint).inserted_primary_key[0]  # type: ignore[index]
        self.connection.execute(insert(PREDICTIONS), {"complaint": number, **new.prediction})
        self.connection.execute(insert(DECISIONS), {"complaint": number, **new.decision})
        return number


class Cases:
    """The cases of a database.

    Every method is one transaction: all of it is kept or nothing. All raise `sqlalchemy.exc.SQLAlchemyError` when the
    database fails; if it went away during the commit, only asking again tells which.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """A transaction that keeps cases."""
        with writing(self._database) as connection:
            yield Writing(connection)

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

    def correct(self, complaint_id: str, category: str, *, by: str, note: str | None, act: Act) -> bool:
        """Add the right category to a case; False if there is no such case."""
        with writing(self._database) as connection:
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
            log(connection, act)
        return True

    def erase(self, complaint_id: str, act: Act) -> bool:
        """Take the person out of a case: text, customer and numbers go, what was decided stays. False if unknown."""
        with writing(self._database) as connection:
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
                    **dict.fromkeys(_BANDS),
                )
            )
            if erased.rowcount:
                log(connection, act)
        if self._database.dialect.name == "sqlite":
            # The log still holds what was there before.
            with closing(self._database.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return bool(erased.rowcount)


def _look() -> Any:
    """The statement of `Writing.look`; made once, as its parts are many."""

    def equal(column: Column[Any]) -> Any:
        return select(COMPLAINTS.c.number, literal(1).label("same")).where(column == bindparam(column.name))

    def newest(column: Column[Any]) -> Any:
        one = (
            select(COMPLAINTS.c.number)
            .where(column == bindparam(column.name), COMPLAINTS.c.registered_at >= bindparam("since"))
            .order_by(COMPLAINTS.c.number.desc())
            .limit(_NEAREST)
        )
        return select(one.subquery().c.number, literal(0).label("same"))

    known = [equal(column) for column in (COMPLAINTS.c.complaint_id, COMPLAINTS.c.idempotency_key)]
    return union_all(*known, *(newest(column) for column in (COMPLAINTS.c.customer_key, *BAND_COLUMNS)))


def _at_once() -> Any:
    """The three inserts of a case as one statement: a server is asked once instead of three times."""

    def values(table: Table) -> dict[str, Any]:
        return {c: bindparam(name, type_=table.c[c].type) for c, name in _INSERTED[table.name].items()}

    complaint = insert(COMPLAINTS).values(values(COMPLAINTS)).returning(COMPLAINTS.c.number).cte("complaint")

    def child(table: Table) -> Any:
        columns = values(table)
        return insert(table).from_select(["complaint", *columns], select(complaint.c.number, *columns.values()))

    return child(DECISIONS).add_cte(child(PREDICTIONS).cte("prediction")).returning(DECISIONS.c.complaint)


_INSERTED: Final = {
    table.name: {c.name: f"{table.name}_{c.name}" for c in table.columns if c.name not in ("number", "complaint")}
    for table in (COMPLAINTS, PREDICTIONS, DECISIONS)
}
_AT_ONCE: Final = _at_once()
_LOOK: Final = _look()
_BANDS: Final = [column.name for column in BAND_COLUMNS]
