"""The life of a case: what may happen to it, in which order, and what of that meets its deadlines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import RowMapping

Event = Literal["accepted", "first_response", "extended", "resolved", "withdrawn", "reopened", "followed_up"]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)

Noted = Literal["first_response_near", "first_response_breached", "resolution_near", "resolution_breached"]
"""What the service itself notes."""


Row = Mapping[str, Any] | RowMapping
"""An event, of the database or on its way there."""


class OutOfOrderError(Exception):
    """What cannot happen to a case as it stands."""


@dataclass(frozen=True, slots=True)
class Life:
    """How a case stands.

    Attributes
    ----------
    accepted_at, answered_at, closed_at : datetime or None
        `answered_at` is that of the first response; closing a case is a response too.
    closed : {'resolved', 'withdrawn'} or None
    reopened_at : datetime or None
        From when its deadlines count, if it was.
    extensions : int
        Since it was opened or reopened.
    extended_to : datetime or None
        What it is due at by the last of them.
    satisfaction : int or None
        1 to 5, as last asked.
    """

    accepted_at: datetime | None = None
    answered_at: datetime | None = None
    closed: str | None = None
    closed_at: datetime | None = None
    reopened_at: datetime | None = None
    extensions: int = 0
    extended_to: datetime | None = None
    satisfaction: int | None = None

    def after(self, event: Row) -> Life:
        """How it stands after an event, a row of the table of events.

        Raises
        ------
        OutOfOrderError
            If that cannot happen now.
        """
        name, at = event["event"], event["happened_at"]
        if name not in EVENTS:
            return self
        if refusal := self._refusal(name):
            raise OutOfOrderError(refusal)
        match name:
            case "accepted":
                return replace(self, accepted_at=at)
            case "first_response":
                return replace(self, answered_at=at)
            case "extended":
                return replace(self, extensions=self.extensions + 1, extended_to=event["due"])
            case "reopened":
                return Life(accepted_at=self.accepted_at, reopened_at=at, satisfaction=self.satisfaction)
            case "followed_up":
                return replace(self, satisfaction=event["satisfaction"])
        return replace(self, closed=name, closed_at=at, answered_at=self.answered_at or at)

    @property
    def status(self) -> Literal["open", "accepted", "answered", "resolved", "withdrawn"]:
        """How far it is.

        Examples
        --------
        >>> Life().status
        'open'
        """
        if self.closed:
            return "resolved" if self.closed == "resolved" else "withdrawn"
        return "answered" if self.answered_at else "accepted" if self.accepted_at else "open"

    @property
    def possible(self) -> tuple[Event, ...]:
        """What may happen next.

        Examples
        --------
        >>> Life(closed="resolved").possible
        ('reopened', 'followed_up')
        """
        return tuple(event for event in EVENTS if not self._refusal(event))

    def _refusal(self, name: str) -> str:
        """Why an event cannot happen now, or nothing."""
        if name in ("reopened", "followed_up") and not self.closed:
            return "The case is open: it is to be resolved or withdrawn first."
        if name not in ("reopened", "followed_up") and self.closed:
            return f"The case is closed ({self.closed}): reopen it first."
        if name == "accepted" and self.accepted_at:
            return "The case has been accepted already."
        if name == "first_response" and self.answered_at:
            return "The first response has been given already."
        return ""

    @classmethod
    def of(cls, events: Iterable[Row]) -> Life:
        """How a case stands after all that happened, in its order. Raises `OutOfOrderError`."""
        life = cls()
        for event in sorted(events, key=lambda event: (event["happened_at"], event.get("number") or _LAST)):
            life = life.after(event)
        return life


_LAST: Final = 1 << 62
"""Stands for the number of an event that is not kept yet."""
