"""Keeping cases: what is asked and written, in one transaction, when a complaint comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, bindparam, insert, literal, select, union_all
from sqlalchemy.exc import IntegrityError

from api.storage.database import utc
from api.storage.schema import BAND_COLUMNS, COMPLAINTS, DECISIONS, OPEN_CASES, PREDICTIONS, STATES

_NEAREST: Final = 10
"""So many earlier cases are looked at per band and for the customer, the newest."""


class KnownCaseError(Exception):
    """A complaint under this id, or else this key, is kept already, and another one was sent."""

    def __init__(self, *, by_id: bool) -> None:
        super().__init__()
        self.by_id = by_id


class TakenError(Exception):
    """Somebody else was first with this id or key, between asking for it and keeping it: ask again."""


@dataclass(frozen=True, slots=True)
class NewCase:
    """A complaint that has been read and routed, ready to be kept.

    Attributes
    ----------
    complaint, prediction, decision, open_case : mapping
        Columns of the tables of these names; `complaint` holds ``complaint_id``, ``idempotency_key`` and ``body_hash``.
    """

    complaint: Mapping[str, Any]
    prediction: Mapping[str, Any]
    decision: Mapping[str, Any]
    open_case: Mapping[str, Any]


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


class Writing:
    """One transaction that keeps cases: all of it is on disk when it ends, or nothing.

    Cases kept earlier in it are there for those that follow.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._waiting: dict[str, list[Mapping[str, Any]]] = {table.name: [] for table in _CHILDREN}

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

    def first(self, known: Sequence[int], complaint_id: str | None, body_hash: str) -> Kept:
        """The one case of these that has this id, if one was given, and body.

        Raises `KnownCaseError` if it has another, or there are two.
        """
        asked = select(COMPLAINTS.c.number, COMPLAINTS.c.complaint_id, COMPLAINTS.c.body_hash, COMPLAINTS.c.answer)
        rows = self.connection.execute(asked.where(COMPLAINTS.c.number.in_(known))).all()
        by_id = [row for row in rows if row.complaint_id == complaint_id]
        if len(rows) > 1 or (complaint_id and not by_id) or rows[0].body_hash != body_hash:
            raise KnownCaseError(by_id=bool(by_id))
        return Kept(rows[0].number, rows[0].answer, created=False)

    def earlier(self, numbers: Sequence[int]) -> list[Earlier]:
        """Cases by their numbers, the newest first."""
        if not numbers:
            return []
        self.flush()  # one of them may have been kept just now
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
        """Insert the rows of a case."""
        parts = dict(zip(_INSERTED, (new.complaint, new.prediction, new.decision, new.open_case), strict=True))
        if self.connection.dialect.name == "postgresql":
            values = {
                name: parts[table].get(column)
                for table, columns in _INSERTED.items()
                for column, name in columns.items()
            }
            return int(self.connection.execute(_AT_ONCE, values).scalar_one())
        # Values beside the statement, not in it: it is then compiled once.
        number: int = self.connection.execute(insert(COMPLAINTS), new.complaint).inserted_primary_key[0]  # type: ignore[index]
        for table in _CHILDREN:
            self._waiting[table.name].append({"complaint": number, **parts[table.name]})
        return number

    def flush(self) -> None:
        """Write what waits to be written for all cases at once: a statement for many costs as much as for one."""
        for table in _CHILDREN:
            if rows := self._waiting[table.name]:
                self.connection.execute(insert(table), rows)
                rows.clear()


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
    """The inserts of a case as one statement: a server is asked once instead of four times."""

    def values(table: Table) -> dict[str, Any]:
        return {c: bindparam(name, type_=table.c[c].type) for c, name in _INSERTED[table.name].items()}

    complaint = insert(COMPLAINTS).values(values(COMPLAINTS)).returning(COMPLAINTS.c.number).cte("complaint")

    def child(table: Table) -> Any:
        columns = values(table)
        return insert(table).from_select(["complaint", *columns], select(complaint.c.number, *columns.values()))

    last, *others = _CHILDREN
    return child(last).add_cte(*(child(table).cte(f"of_{table.name}") for table in others)).returning(last.c.complaint)


_CHILDREN: Final = (PREDICTIONS, DECISIONS, OPEN_CASES)
_INSERTED: Final = {
    table.name: {c.name: f"{table.name}_{c.name}" for c in table.columns if c.name not in ("number", "complaint")}
    for table in (COMPLAINTS, *_CHILDREN)
}
_AT_ONCE: Final = _at_once()
_LOOK: Final = _look()
_BANDS: Final = [column.name for column in BAND_COLUMNS]
