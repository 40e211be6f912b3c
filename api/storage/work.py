"""Working on one kept case: everything in one transaction, nobody else on the same case meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, delete, insert, select, update

from api.storage.acts import Act, log
from api.storage.database import Database, writing
from api.storage.schema import (
    ACTS,
    COMPLAINTS,
    CORRECTIONS,
    DECISIONS,
    EVENTS,
    LOOKS,
    OPEN_CASES,
    PREDICTIONS,
    STANDING,
)


class NoSuchCaseError(Exception):
    """No complaint has this id."""


class ErasedCaseError(Exception):
    """The person has been taken out of this case: nothing more is kept of it."""


class CaseWork:
    """A kept case, and what is added to it.

    Attributes
    ----------
    complaint : mapping
        Its row.
    """

    def __init__(self, connection: Connection, complaint: RowMapping) -> None:
        self.complaint = complaint
        self._connection = connection
        self._number: int = complaint["number"]

    def prediction(self) -> RowMapping:
        """What the model said last."""
        return self._last(PREDICTIONS)[0]

    def decision(self) -> RowMapping:
        """Where the rules sent it last."""
        return self._last(DECISIONS)[0]

    def correction(self) -> RowMapping | None:
        """What a person said last and has not taken back."""
        return next(iter(self._last(STANDING)), None)

    def decisions(self) -> Sequence[RowMapping]:
        """Where the rules sent it, one after the other."""
        asked = select(DECISIONS).where(DECISIONS.c.complaint == self._number).order_by(DECISIONS.c.number)
        return self._connection.execute(asked).mappings().all()

    def last_look(self) -> RowMapping | None:
        """What a reviewer did with it last."""
        return next(iter(self._last(LOOKS)), None)

    def shown_to(self, owner: str, since: datetime) -> bool:
        """Whether somebody has looked its record up."""
        asked = select(ACTS.c.number).where(
            ACTS.c.subject == self.complaint["complaint_id"],
            ACTS.c.owner == owner,
            ACTS.c.act == "show",
            ACTS.c.at >= since,
        )
        return self._connection.execute(asked.limit(1)).first() is not None

    def events(self) -> Sequence[RowMapping]:
        """What happened, in order of its happening."""
        asked = select(EVENTS).where(EVENTS.c.complaint == self._number)
        return self._connection.execute(asked.order_by(EVENTS.c.happened_at, EVENTS.c.number)).mappings().all()

    def open_case(self) -> RowMapping | None:
        """What is still to be done of it."""
        asked = select(OPEN_CASES).where(OPEN_CASES.c.complaint == self._number)
        return self._connection.execute(asked).mappings().one_or_none()

    def decide(self, decision: Mapping[str, Any]) -> None:
        """Add a decision."""
        self._add(DECISIONS, decision)

    def correct(self, correction: Mapping[str, Any]) -> int:
        """Add a correction; its number."""
        return self._add(CORRECTIONS, correction)

    def look(self, look: Mapping[str, Any]) -> None:
        """Add what a reviewer did with it."""
        self._add(LOOKS, look)

    def happen(self, event: Mapping[str, Any]) -> bool:
        """Add an event; False if one with its mark is there."""
        asked = select(EVENTS.c.number).where(EVENTS.c.mark == event["mark"])
        if self._connection.execute(asked).first():
            return False
        self._add(EVENTS, event)
        return True

    def leave(self, **values: Any) -> None:
        """Say what is still to be done of it; without a due date and a review that is nothing."""
        left = {**(self.open_case() or {}), **values}
        mine = OPEN_CASES.c.complaint == self._number
        if left.get("resolution_due") is None and left.get("review") is None:
            self._connection.execute(delete(OPEN_CASES).where(mine))
        elif "complaint" in left:
            self._connection.execute(update(OPEN_CASES).where(mine).values(values))
        else:
            self._add(OPEN_CASES, values)

    def log(self, act: Act) -> None:
        """Say who did it."""
        log(self._connection, act)

    def _add(self, table: Table, values: Mapping[str, Any]) -> int:
        added = self._connection.execute(insert(table).values(complaint=self._number, **values))
        key = added.inserted_primary_key
        return int(key[0]) if key else 0

    def _last(self, table: Table) -> Sequence[RowMapping]:
        asked = select(table).where(table.c.complaint == self._number).order_by(table.c.number.desc()).limit(1)
        return self._connection.execute(asked).mappings().all()


@contextmanager
def working(database: Database, complaint_id: str) -> Iterator[CaseWork]:
    """A transaction on one case; all of it is kept or, after an error, nothing.

    Raises
    ------
    NoSuchCaseError, ErasedCaseError
        If there is no such case, or nothing more is kept of it.
    """
    with writing(database) as connection:
        # SQLite has one writer at a time; PostgreSQL lets others wait for this row.
        asked = select(COMPLAINTS).where(COMPLAINTS.c.complaint_id == complaint_id).with_for_update()
        complaint = connection.execute(asked).mappings().one_or_none()
        if complaint is None:
            raise NoSuchCaseError
        if complaint["erased_at"]:
            raise ErasedCaseError
        yield CaseWork(connection, complaint)
