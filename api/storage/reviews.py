"""The cases that wait for a reviewer: listed, handed out to one at a time, and what sampling says of the model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import RowMapping, Select, and_, case, func, or_, select, update

from api.storage.acts import Act, log
from api.storage.database import Database, now, writing
from api.storage.schema import COMPLAINTS, CORRECTIONS, FACTS, OPEN_CASES

LEASE: Final = timedelta(minutes=15)
"""So long a claimed case is kept from the others."""
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

    def claim(self, reviewer: str, complaint_id: str | None, act: Act) -> RowMapping | None:
        """Hand a case to a reviewer, the one they hold already, a certain one, or the next; None if there is none.

        Nobody gets a case in whose text their own name stands.
        """
        mine = and_(OPEN_CASES.c.holder == reviewer, OPEN_CASES.c.held_until > now())
        free = or_(OPEN_CASES.c.holder.is_(None), OPEN_CASES.c.held_until <= now(), OPEN_CASES.c.holder == reviewer)
        asked = _waiting().where(free)
        if complaint_id is not None:
            asked = asked.where(COMPLAINTS.c.complaint_id == complaint_id)
        with writing(self._database) as connection:
            held = [] if complaint_id else connection.execute(_waiting().where(mine).limit(1)).mappings().all()
            rows: list[RowMapping] = [*held, *connection.execute(asked.limit(_AHEAD)).mappings()]
            for row in rows:
                if reviewer in row["text"]:
                    continue
                taken = update(OPEN_CASES).where(OPEN_CASES.c.complaint == row["complaint"], free)
                if connection.execute(taken.values(holder=reviewer, held_until=now() + LEASE)).rowcount:
                    log(connection, Act(act.owner, act.act, row["complaint_id"], act.request_id))
                    return row
        return None

    def release(self, reviewer: str, complaint_id: str) -> bool:
        """Let others have a case; False if the reviewer does not hold it."""
        number = select(COMPLAINTS.c.number).where(COMPLAINTS.c.complaint_id == complaint_id).scalar_subquery()
        mine = and_(OPEN_CASES.c.complaint == number, OPEN_CASES.c.holder == reviewer)
        with writing(self._database) as connection:
            return bool(
                connection.execute(update(OPEN_CASES).where(mine).values(holder=None, held_until=None)).rowcount
            )

    def sampled(self) -> Sequence[RowMapping]:
        """Of every model, how many of its sure cases were looked at blind, and in how many it was right."""
        first = select(func.min(CORRECTIONS.c.number)).where(CORRECTIONS.c.selection == "sample")
        right = case((FACTS.c.predicted == CORRECTIONS.c.category, 1), else_=0)
        asked = (
            select(FACTS.c.model, func.count().label("looked_at"), func.sum(right).label("right"))
            .join(CORRECTIONS, CORRECTIONS.c.complaint == FACTS.c.complaint)
            .where(CORRECTIONS.c.number.in_(first.group_by(CORRECTIONS.c.complaint)))
            .group_by(FACTS.c.model)
            .order_by(func.max(CORRECTIONS.c.number).desc())
        )
        with self._database.connect() as connection:
            return connection.execute(asked).mappings().all()


def _waiting() -> Select[Any]:
    return (
        select(OPEN_CASES, COMPLAINTS.c.complaint_id, COMPLAINTS.c.text, COMPLAINTS.c.registered_at)
        .join(COMPLAINTS, COMPLAINTS.c.number == OPEN_CASES.c.complaint)
        .where(OPEN_CASES.c.review.is_not(None))
        .order_by(OPEN_CASES.c.priority, OPEN_CASES.c.confidence, OPEN_CASES.c.complaint)
    )
