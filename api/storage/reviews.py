"""The cases that wait for a reviewer: listed, handed out to one at a time, and what sampling says of the model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, and_, case, func, or_, select, update

from api.storage.acts import Act, log
from api.storage.database import Database, now, writing
from api.storage.facts import FACTS
from api.storage.schema import COMPLAINTS, LOOKS, OPEN_CASES, STANDING

LEASE: Final = timedelta(minutes=15)
"""So long a claimed case is kept from the others."""
SOON: Final = timedelta(hours=4)
"""So long a case is not handed again to who has passed it over."""
_AHEAD: Final = 50
"""So many waiting cases are looked at to find one for a reviewer."""


class Reviews:
    """The review queue of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, limit: int) -> Sequence[RowMapping]:
        """The cases that wait, the most urgent first, and of these the most uncertain."""
        with self._database.connect() as connection:
            return connection.execute(_waiting().limit(limit)).mappings().all()

    def claim(
        self, reviewer: str, complaint_id: str | None, act: Act, *, passed_over: bool = False
    ) -> RowMapping | None:
        """Hand a case to a reviewer, the one they hold already, a certain one, or the next; None if there is none.

        Nobody gets a case in whose text their own name stands. The next is none of those they have passed over within
        `SOON`, unless it is to be.
        """
        mine = and_(OPEN_CASES.c.holder == reviewer, OPEN_CASES.c.held_until > now())
        free = or_(OPEN_CASES.c.holder.is_(None), OPEN_CASES.c.held_until <= now(), OPEN_CASES.c.holder == reviewer)
        asked = _waiting().where(free)
        if complaint_id is not None:
            asked = asked.where(COMPLAINTS.c.complaint_id == complaint_id)
        elif not passed_over:
            asked = asked.where(~_passed_over(reviewer))
        with writing(self._database) as connection:
            held = [] if complaint_id else connection.execute(_waiting().where(mine).limit(1)).mappings().all()
            rows: list[RowMapping] = [*held, *connection.execute(asked.limit(_AHEAD)).mappings()]
            for row in rows:
                if reviewer in row["text"]:
                    continue
                taken = update(OPEN_CASES).where(OPEN_CASES.c.complaint == row["complaint"], free)
                if connection.execute(taken.values(holder=reviewer, held_until=now() + LEASE)).rowcount:
                    log(connection, Act(act.owner, act.act, row["complaint_id"], act.request_id))
                    claimed = _waiting().where(OPEN_CASES.c.complaint == row["complaint"])
                    return connection.execute(claimed).mappings().one()
        return None

    def held(self, reviewer: str) -> RowMapping | None:
        """The case that a reviewer holds."""
        mine = and_(OPEN_CASES.c.holder == reviewer, OPEN_CASES.c.held_until > now())
        with self._database.connect() as connection:
            return connection.execute(_waiting().where(mine).limit(1)).mappings().one_or_none()

    def waits(self, complaint_id: str) -> RowMapping | None:
        """A certain case, if it waits."""
        with self._database.connect() as connection:
            return connection.execute(_waiting().where(_is(complaint_id))).mappings().one_or_none()

    def keep(self, reviewer: str, complaint_id: str) -> datetime | None:
        """Hold a case for another `LEASE`; until when, or None if the reviewer does not hold it any more."""
        mine = and_(_is(complaint_id), OPEN_CASES.c.holder == reviewer, OPEN_CASES.c.held_until > now())
        until = now() + LEASE
        with writing(self._database) as connection:
            kept = connection.execute(update(OPEN_CASES).where(mine).values(held_until=until)).rowcount
        return until if kept else None

    def release(self, reviewer: str, complaint_id: str, until: datetime | None = None) -> bool:
        """Let others have a case; False if the reviewer does not hold it, or not by the claim that lasts `until`."""
        mine = and_(_is(complaint_id), OPEN_CASES.c.holder == reviewer)
        if until is not None:
            mine = and_(mine, OPEN_CASES.c.held_until == until)
        with writing(self._database) as connection:
            return bool(
                connection.execute(update(OPEN_CASES).where(mine).values(holder=None, held_until=None)).rowcount
            )

    def counted(self, reviewer: str) -> Sequence[RowMapping]:
        """How many wait, by why; how many of these others hold, and how many the reviewer has passed over."""
        others = and_(OPEN_CASES.c.holder != reviewer, OPEN_CASES.c.held_until > now())
        asked = (
            select(
                OPEN_CASES.c.review.label("why"),
                func.count().label("cases"),
                func.sum(case((others, 1), else_=0)).label("held"),
                func.sum(case((_passed_over(reviewer), 1), else_=0)).label("passed_over"),
            )
            .where(OPEN_CASES.c.review.is_not(None))
            .group_by(OPEN_CASES.c.review)
        )
        with self._database.connect() as connection:
            return connection.execute(asked).mappings().all()

    def sampled(self) -> Sequence[RowMapping]:
        """Of every model, how many of its sure cases were looked at blind, and in how many it was right."""
        first = select(func.min(STANDING.c.number)).where(STANDING.c.selection == "sample")
        right = case((FACTS.c.predicted == STANDING.c.category, 1), else_=0)
        asked = (
            select(FACTS.c.model, func.count().label("looked_at"), func.sum(right).label("right"))
            .join(STANDING, STANDING.c.complaint == FACTS.c.complaint)
            .where(STANDING.c.number.in_(first.group_by(STANDING.c.complaint)))
            .group_by(FACTS.c.model)
            .order_by(func.max(STANDING.c.number).desc())
        )
        with self._database.connect() as connection:
            return connection.execute(asked).mappings().all()


def _is(complaint_id: str) -> ColumnElement[bool]:
    number = select(COMPLAINTS.c.number).where(COMPLAINTS.c.complaint_id == complaint_id).scalar_subquery()
    return OPEN_CASES.c.complaint == number


def _passed_over(reviewer: str) -> ColumnElement[bool]:
    """Whether the last that a reviewer did with a case, a short while ago, was to leave it to others."""
    last = select(func.max(LOOKS.c.number)).where(
        LOOKS.c.complaint == OPEN_CASES.c.complaint, LOOKS.c.reviewer == reviewer, LOOKS.c.at > now() - SOON
    )
    passed = select(LOOKS.c.number).where(
        LOOKS.c.number == last.correlate(OPEN_CASES).scalar_subquery(), LOOKS.c.act.in_(("skipped", "returned"))
    )
    return passed.correlate(OPEN_CASES).exists()


def _waiting() -> Select[Any]:
    return (
        select(OPEN_CASES, COMPLAINTS.c.complaint_id, COMPLAINTS.c.text, COMPLAINTS.c.registered_at)
        .join(COMPLAINTS, COMPLAINTS.c.number == OPEN_CASES.c.complaint)
        .where(OPEN_CASES.c.review.is_not(None))
        .order_by(OPEN_CASES.c.priority, OPEN_CASES.c.confidence, OPEN_CASES.c.complaint)
    )
