"""The outbox: where departments want to be told, and what is still to be told them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, and_, func, insert, or_, select, update

from api.storage.acts import Act, log
from api.storage.database import Database, now, writing
from api.storage.schema import COMPLAINTS, DECISIONS, EVENTS, OUTBOX, PREDICTIONS, WEBHOOKS

_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something to tell a department.

    Attributes
    ----------
    outbox, webhook : mapping
        Their rows.
    complaint, prediction, decision : mapping
        The case, what the model said of it, and where the rules sent it: by this decision, or before this event.
    event : mapping or None
        What happened, where that is what is to be told.
    """

    outbox: RowMapping
    webhook: RowMapping
    complaint: RowMapping
    prediction: RowMapping
    decision: RowMapping
    event: RowMapping | None


class Outbox:
    """The outbox of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, department: str, url: str, act: Act) -> str:
        """Tell a department from now on; the webhook's id."""
        webhook_id = secrets.token_hex(4)
        row = {"webhook_id": webhook_id, "department": department, "url": url, "generation": 1, "created_at": now()}
        with writing(self._database) as connection:
            connection.execute(insert(WEBHOOKS), row)
            log(connection, Act(act.owner, act.act, webhook_id, act.request_id))
        return webhook_id

    def rotate(self, webhook_id: str, act: Act) -> int | None:
        """Give a webhook its next secret; the secret's generation, or None if there is no such webhook."""
        mine = WEBHOOKS.c.webhook_id == webhook_id
        with writing(self._database) as connection:
            changed = update(WEBHOOKS).where(mine).values(generation=WEBHOOKS.c.generation + 1, rotated_at=now())
            if not connection.execute(changed).rowcount:
                return None
            log(connection, act)
            generation: int = connection.execute(select(WEBHOOKS.c.generation).where(mine)).scalar_one()
        return generation

    def end(self, webhook_id: str, act: Act) -> bool:
        """Tell a webhook nothing more; what waits for it is dead. False if there is no such webhook."""
        with writing(self._database) as connection:
            number = connection.execute(
                select(WEBHOOKS.c.number).where(WEBHOOKS.c.webhook_id == webhook_id)
            ).scalar_one_or_none()
            if number is None:
                return False
            ended = func.coalesce(WEBHOOKS.c.ended_at, now())
            by = func.coalesce(WEBHOOKS.c.ended_by, act.owner)
            connection.execute(update(WEBHOOKS).where(WEBHOOKS.c.number == number).values(ended_at=ended, ended_by=by))
            waiting = and_(OUTBOX.c.webhook == number, OUTBOX.c.state == "waiting")
            connection.execute(update(OUTBOX).where(waiting).values(state="dead", problem=f"ended by {act.owner}"))
            log(connection, act)
        return True

    def webhooks(self) -> Sequence[RowMapping]:
        """All webhooks with the numbers of what waits, was told and is dead, the oldest first."""
        counted = [
            func.count(OUTBOX.c.number).filter(OUTBOX.c.state == state).label(state)
            for state in ("waiting", "told", "dead")
        ]
        asked = (
            select(WEBHOOKS, *counted)
            .outerjoin(OUTBOX, OUTBOX.c.webhook == WEBHOOKS.c.number)
            .group_by(WEBHOOKS.c.number)
            .order_by(WEBHOOKS.c.number)
        )
        with self._database.connect() as connection:
            return connection.execute(asked).mappings().all()

    def due(self, limit: int, without: Collection[int]) -> list[Parcel]:
        """What may be told now, the oldest first: of each case and webhook, what waits longest and nothing behind it.

        Parameters
        ----------
        limit : int
        without : collection of int
            Numbers that are being told.
        """
        earlier = OUTBOX.alias("earlier")
        first = (
            select(func.min(earlier.c.number))
            .where(
                earlier.c.webhook == OUTBOX.c.webhook,
                earlier.c.complaint == OUTBOX.c.complaint,
                earlier.c.state == "waiting",
            )
            .correlate(OUTBOX)
            .scalar_subquery()
        )
        asked = (
            select(OUTBOX)
            .where(OUTBOX.c.state == "waiting", or_(OUTBOX.c.next_at.is_(None), OUTBOX.c.next_at <= now()))
            .where(OUTBOX.c.number == first, OUTBOX.c.number.not_in(without))
            .order_by(OUTBOX.c.number)
            .limit(limit)
        )
        with self._database.connect() as connection:
            return [self._parcel(connection, row) for row in connection.execute(asked).mappings().all()]

    def _parcel(self, connection: Any, row: RowMapping) -> Parcel:
        def one(table: Any, *where: Any) -> RowMapping:
            asked = select(table).where(*where).order_by(table.c.number.desc()).limit(1)
            found: RowMapping = connection.execute(asked).mappings().one()
            return found

        event = None if row["event"] is None else one(EVENTS, EVENTS.c.number == row["event"])
        decided = (
            and_(DECISIONS.c.complaint == row["complaint"], DECISIONS.c.decided_at <= event["recorded_at"])
            if event is not None
            else DECISIONS.c.number == row["decision"]
        )
        return Parcel(
            row,
            one(WEBHOOKS, WEBHOOKS.c.number == row["webhook"]),
            one(COMPLAINTS, COMPLAINTS.c.number == row["complaint"]),
            one(PREDICTIONS, PREDICTIONS.c.complaint == row["complaint"]),
            one(DECISIONS, decided),
            event,
        )

    def told(self, number: int) -> None:
        """A receiver has taken it."""
        self._note(number, state="told", told_at=now(), problem=None)

    def failed(self, number: int, problem: str, next_at: datetime | None) -> None:
        """A receiver has not; None: it is not tried again."""
        self._note(number, state="waiting" if next_at else "dead", next_at=next_at, problem=problem[:_SHOWN])

    def _note(self, number: int, **values: Any) -> None:
        waiting = and_(OUTBOX.c.number == number, OUTBOX.c.state == "waiting")
        with writing(self._database) as connection:
            connection.execute(update(OUTBOX).where(waiting).values(attempts=OUTBOX.c.attempts + 1, **values))

    def dead(self) -> Sequence[RowMapping]:
        """What was given up, the newest first."""
        asked = (
            select(OUTBOX, WEBHOOKS.c.webhook_id, WEBHOOKS.c.department, COMPLAINTS.c.complaint_id)
            .join(WEBHOOKS, WEBHOOKS.c.number == OUTBOX.c.webhook)
            .join(COMPLAINTS, COMPLAINTS.c.number == OUTBOX.c.complaint)
            .where(OUTBOX.c.state == "dead")
            .order_by(OUTBOX.c.number.desc())
        )
        with self._database.connect() as connection:
            return connection.execute(asked).mappings().all()

    def replay(self, webhook_id: str, act: Act) -> int:
        """Try again what was given up for a webhook that has not ended; how much that is."""
        webhook = (
            select(WEBHOOKS.c.number)
            .where(WEBHOOKS.c.webhook_id == webhook_id, WEBHOOKS.c.ended_at.is_(None))
            .scalar_subquery()
        )
        dead = and_(OUTBOX.c.webhook == webhook, OUTBOX.c.state == "dead")
        with writing(self._database) as connection:
            again = connection.execute(
                update(OUTBOX).where(dead).values(state="waiting", attempts=0, next_at=None, problem=None)
            ).rowcount
            log(connection, act)
        return again
