"""The desk of one reviewer: the case they have, what they did lately, how it goes. No HTTP in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import RowMapping

from api.access.caller import Caller
from api.casework import Casework
from api.clock import present
from api.intake import masked
from api.reviews import require_claim
from api.service import Service
from api.storage import Database, Looks, Reviews, now, utc
from api.undoing import UNDOABLE, undo
from classifier.deadlines import CHINA

PAUSE: Final = timedelta(minutes=15)
"""Whoever does nothing for so long has paused: the pace leaves it out."""
WEEKS: Final = timedelta(weeks=4)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many cases wait for one reason.

    Attributes
    ----------
    why : str
        uncertain, sample or returned.
    cases, held, passed_over : int
        All of them; those others have; those this reviewer has lately left to others.
    """

    why: str
    cases: int
    held: int
    passed_over: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often a reviewer judged as the model did.

    Attributes
    ----------
    judged, agreed : int
    """

    judged: int = 0
    agreed: int = 0

    @property
    def share(self) -> float | None:
        """None where nothing was judged."""
        return self.agreed / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Standing:
    """How it goes.

    Attributes
    ----------
    waiting : list of Waiting
    today : int
        Cases done since midnight in China.
    session : int
        Of these, since the last pause.
    hourly : float or None
        Cases an hour of this session; None after a first one.
    agreed_today, agreed_lately : Agreement
        On uncertain cases: today, and in the four weeks until now.
    blind : Agreement
        On blind ones, in the four weeks until today's midnight: today's would tell of the case just judged.
    recent : list of mapping
        What can be taken back, the newest first.
    """

    waiting: list[Waiting]
    today: int
    session: int
    hourly: float | None
    agreed_today: Agreement
    agreed_lately: Agreement
    blind: Agreement
    recent: Sequence[RowMapping]

    @property
    def free(self) -> int:
        """How many this reviewer could get next."""
        return sum(kind.cases - kind.held - kind.passed_over for kind in self.waiting)

    @property
    def passed_over(self) -> int:
        """How many they have lately left to others."""
        return sum(kind.passed_over for kind in self.waiting)


class Desk:
    """What a reviewer does in the console, beside judging (`Reviewing`).

    Parameters
    ----------
    service : Service
    casework : Casework
    database : Database
    """

    def __init__(self, service: Service, casework: Casework, database: Database) -> None:
        self._service = service
        self._casework = casework
        self._reviews = Reviews(database)
        self._looks = Looks(database)

    def keep(self, complaint_id: str, caller: Caller) -> datetime | None:
        """Hold a case for longer; until when, or None if it is not the caller's any more."""
        return self._reviews.keep(masked(caller.owner), complaint_id)

    def leave(self, complaint_id: str, until: datetime, caller: Caller) -> bool:
        """Let others have a case, if the claim is still the one that lasts `until`: else it was claimed again."""
        return self._reviews.release(masked(caller.owner), complaint_id, until)

    def let_go(self, complaint_id: str, caller: Caller) -> None:
        """Let others have a case, if the caller has it."""
        self._reviews.release(masked(caller.owner), complaint_id)

    def waits(self, complaint_id: str) -> RowMapping | None:
        """The row of a case that waits, with who holds it and until when; None of one that waits no more."""
        return self._reviews.waits(complaint_id)

    def skip(self, complaint_id: str, caller: Caller) -> None:
        """Leave a case to others for a while. Raises `RefusedError` if it is not the caller's."""
        with self._casework.working(complaint_id) as work:
            reviewer = masked(caller.owner)
            left = require_claim(work, reviewer)
            work.look({"at": now(), "reviewer": reviewer, "act": "skipped", "why": left["review"]})
            work.leave(holder=None, held_until=None)
            work.log(caller.act("skip", complaint_id))

    def undo(self, number: int, complaint_id: str, caller: Caller) -> None:
        """Take back what the caller did, and have the case again. Raises `NotUndoableError`."""
        with self._casework.working(complaint_id) as work:
            undo(work, number, self._service.serving, masked(caller.owner))
            work.log(caller.act("undo", complaint_id))

    def standing(self, caller: Caller) -> Standing:
        """How it goes for the caller."""
        reviewer, at = masked(caller.owner), now()
        midnight = utc(datetime.combine(present().astimezone(CHINA).date(), time(), CHINA))
        looks = self._looks.of(reviewer, min(midnight, at - UNDOABLE))
        today = [look["at"] for look in looks if look["at"] >= midnight]
        done = [look["at"] for look in looks if look["at"] >= midnight and look["act"] != "skipped"]
        begun = _begun(today)
        session = [moment for moment in done if begun is not None and moment >= begun]
        lately = self._agreement(reviewer, at - WEEKS, at)
        return Standing(
            waiting=[Waiting(**row) for row in self._reviews.counted(reviewer)],
            today=len(done),
            session=len(session),
            hourly=_hourly(session),
            agreed_today=self._agreement(reviewer, midnight, at).get("uncertain", Agreement()),
            agreed_lately=lately.get("uncertain", Agreement()),
            blind=self._agreement(reviewer, midnight - WEEKS, midnight).get("sample", Agreement()),
            recent=[look for look in looks if look["at"] >= at - UNDOABLE],
        )

    def _agreement(self, reviewer: str, since: datetime, until: datetime) -> dict[str, Agreement]:
        rows = self._looks.agreement(reviewer, since, until)
        return {row["selection"]: Agreement(row["judged"], row["agreed"]) for row in rows}


def _begun(moments: Sequence[datetime]) -> datetime | None:
    """The first moment since the last pause, of some in order, the newest first."""
    begun = None
    for moment in moments:
        if begun is not None and begun - moment > PAUSE:
            break
        begun = moment
    return begun


def _hourly(moments: Sequence[datetime]) -> float | None:
    """How many an hour, from the first of them to the last; None of fewer than two."""
    if len(moments) < 2 or moments[0] == moments[-1]:
        return None
    return (len(moments) - 1) / ((moments[0] - moments[-1]) / timedelta(hours=1))
