"""Finding, correcting and erasing kept cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, delete, func, select, update

from api.storage.acts import Act, log
from api.storage.database import Database, now, writing
from api.storage.facts import FACTS
from api.storage.filters import Filters
from api.storage.keeping import Writing
from api.storage.schema import (
    BAND_COLUMNS,
    COMPLAINTS,
    CORRECTIONS,
    DECISIONS,
    EVENTS,
    LOOKS,
    OPEN_CASES,
    PREDICTIONS,
    STATES,
)
from classifier.taxonomy import Taxonomy

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Case:
    """A kept case: its complaint, and all that was said of it, oldest first."""

    complaint: RowMapping
    predictions: Sequence[RowMapping]
    decisions: Sequence[RowMapping]
    corrections: Sequence[RowMapping]
    events: Sequence[RowMapping]
    looks: Sequence[RowMapping]

    def undone(self, what: str, row: RowMapping) -> datetime | None:
        """When a correction or event (`what`) was taken back; None of one that stands."""
        undone = (look["at"] for look in self.looks if look["act"] == "undone" and look[what] == row["number"])
        return next(undone, None)


class Exported(NamedTuple):
    """A case for a table: how it stands, the last decision, and all that happened to it."""

    row: RowMapping
    decision: RowMapping
    events: Sequence[RowMapping]


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
            cases = Writing(connection)
            yield cases
            cases.flush()

    def empty(self) -> bool:
        """Whether there is no case at all."""
        with self._database.connect() as connection:
            return connection.execute(select(COMPLAINTS.c.number).limit(1)).first() is None

    def has(self, complaint_id: str) -> bool:
        """Whether there is such a case."""
        with self._database.connect() as connection:
            asked = select(COMPLAINTS.c.number).where(COMPLAINTS.c.complaint_id == complaint_id)
            return connection.execute(asked).first() is not None

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
                for table in (PREDICTIONS, DECISIONS, CORRECTIONS, EVENTS, LOOKS)
            ]
        return Case(row, *said)

    def page(self, filters: Filters, taxonomy: Taxonomy, *, before: int | None, limit: int) -> Sequence[RowMapping]:
        """At most `limit` cases as they stand now, newest first, registered before case number `before`.

        What arrives meanwhile never moves a page.
        """
        found = filters.narrow(select(FACTS.c.complaint), taxonomy).order_by(FACTS.c.complaint.desc()).limit(limit)
        if before is not None:
            found = found.where(FACTS.c.complaint < before)
        with self._database.connect() as connection:
            return connection.execute(_listed(STATES.c.number.in_(found))).mappings().all()

    def page_of(
        self, filters: Filters, taxonomy: Taxonomy, *, before: int | None, limit: int
    ) -> tuple[Sequence[RowMapping], int]:
        """The same page, and how many cases are meant in all."""
        if filters.words is None:
            return self.page(filters, taxonomy, before=before, limit=limit), self.count(filters, taxonomy)
        # Both at once: reading all texts is what takes time.
        counted = filters.narrow(select(FACTS.c.complaint, func.count().over().label("count")), taxonomy).cte()
        found = select(counted).order_by(counted.c.complaint.desc()).limit(limit)
        if before is not None:
            found = found.where(counted.c.complaint < before)
        with self._database.connect() as connection:
            numbers = connection.execute(found).all()
            meant = STATES.c.number.in_([number for number, _ in numbers])
            rows = connection.execute(_listed(meant)).mappings().all()
        if not numbers and before is not None:
            return rows, self.count(filters, taxonomy)
        return rows, numbers[0][1] if numbers else 0

    def count(self, filters: Filters, taxonomy: Taxonomy) -> int:
        """How many cases are meant."""
        query = filters.narrow(select(func.count()).select_from(FACTS), taxonomy)
        with self._database.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def exported(self, filters: Filters, taxonomy: Taxonomy) -> Iterator[Exported]:
        """All cases that are meant, newest first, read in pages as they are asked for.

        What arrives meanwhile is not among them.
        """
        before: int | None = None
        known = (
            *(COMPLAINTS.c.received_at, COMPLAINTS.c.branch, COMPLAINTS.c.segment, COMPLAINTS.c.product),
            *(FACTS.c.predicted, FACTS.c.looked_at),
        )
        joined = STATES.join(COMPLAINTS, COMPLAINTS.c.number == STATES.c.number).join(
            FACTS, FACTS.c.complaint == STATES.c.number
        )
        while True:
            found = filters.narrow(select(FACTS.c.complaint), taxonomy).order_by(FACTS.c.complaint.desc()).limit(_PAGE)
            if before is not None:
                found = found.where(FACTS.c.complaint < before)
            query = select(STATES, *known).select_from(joined).order_by(STATES.c.number.desc())
            with self._database.connect() as connection:
                numbers = connection.execute(found).scalars().all()
                rows = connection.execute(query.where(STATES.c.number.in_(numbers))).mappings().all()
                decisions, events = (_by_case(connection, table, numbers) for table in (DECISIONS, EVENTS))
            for row in rows:
                yield Exported(row, decisions[row["number"]][-1], events.get(row["number"], []))
            if len(numbers) < _PAGE:
                return
            before = numbers[-1]

    def erase(self, complaint_id: str, act: Act) -> bool:
        """Take the person out of a case: text, customer, numbers, notes; what was decided stays. False if unknown."""
        number = select(COMPLAINTS.c.number).where(COMPLAINTS.c.complaint_id == complaint_id).scalar_subquery()
        with writing(self._database) as connection:
            answer = connection.execute(select(COMPLAINTS.c.answer).where(COMPLAINTS.c.complaint_id == complaint_id))
            erased = connection.execute(
                update(COMPLAINTS)
                .where(COMPLAINTS.c.complaint_id == complaint_id)
                .values(
                    text="",
                    raw_text=None,
                    customer_key=None,
                    referral_no=None,
                    amount=None,
                    answer=_without_words(answer.scalar_one_or_none()),
                    erased_at=func.coalesce(COMPLAINTS.c.erased_at, now()),
                    **dict.fromkeys(column.name for column in BAND_COLUMNS),
                )
            )
            if erased.rowcount:
                for table in (CORRECTIONS, EVENTS):
                    connection.execute(update(table).where(table.c.complaint == number).values(note=None))
                unread = update(OPEN_CASES).where(OPEN_CASES.c.complaint == number)
                connection.execute(unread.values(review=None, holder=None, next_at=None))
                closed = OPEN_CASES.c.resolution_due.is_(None)
                connection.execute(delete(OPEN_CASES).where(OPEN_CASES.c.complaint == number, closed))
                log(connection, act)
        if self._database.dialect.name == "sqlite":
            # The log still holds what was there before.
            with closing(self._database.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return bool(erased.rowcount)


def _without_words(answer: Any) -> Any:
    """The first answer to a complaint without the words of its text."""
    if answer is None or "signals" not in answer:  # of before there were signals
        return answer
    return {**answer, "signals": [{**signal, "words": ""} for signal in answer["signals"]]}


def _listed(meant: ColumnElement[bool]) -> Select[Any]:
    """Some cases as they stand, newest first."""
    joined = STATES.join(FACTS, FACTS.c.complaint == STATES.c.number)
    found = select(STATES, FACTS.c.looked_at).select_from(joined)
    return found.where(meant).order_by(STATES.c.number.desc())


def _by_case(connection: Connection, table: Table, numbers: Sequence[int]) -> Mapping[int, list[RowMapping]]:
    """The rows of each case, oldest first."""
    found: defaultdict[int, list[RowMapping]] = defaultdict(list)
    query = select(table).where(table.c.complaint.in_(numbers)).order_by(table.c.number)
    for row in connection.execute(query).mappings():
        found[row["complaint"]].append(row)
    return found
