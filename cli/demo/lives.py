"""What becomes of a case: accepted, answered, resolved, mostly in time; some extended, returned, reopened."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from api.access.caller import Caller
from api.cases import CaseOut, EventRequest
from api.casework import Casework
from api.clock import present
from api.life import Event
from api.reviews import CorrectionRequest, ReturnRequest, Reviewing
from classifier.taxonomy import Taxonomy
from cli.demo.bank import ANSWERED, APPROVER, EXTENDED, REOPENED, RESOLVED, RETURNED, STAFF, WITHDRAWN
from cli.demo.diary import Diary, in_hours, minutes

ORDERS: Final = Caller("工单系统", frozenset({"intake", "review"}))
"""The system by which departments tell what they have done."""

_ACCEPTED: Final = {"P1": (1, 6), "P2": (3, 25), "P3": (5, 70), "P4": (10, 160)}
"""Least and mean minutes until a case is accepted."""
_WITHDRAWN, _EXTENDED, _REOPENED, _FOLLOWED_UP = 0.04, 0.035, 0.03, 0.3
_ANSWERED_LATE, _RESOLVED_LATE = 0.02, 0.05
_RETURNS: Final = 0.75
"""So often a department returns what is not its own; else it is noticed later, or never."""
_NOTICED: Final = 0.4
_DAYS: Final = 4.0
"""Median until a case is resolved."""


@dataclass
class _Case:
    """A case at a department: who works on it, until when, what it is really about, and whether that is known."""

    id: str
    hand: str
    first_due: datetime
    last_due: datetime
    urgent: bool
    category: str
    settled: bool = False


class Lives:
    """Lets things happen to cases.

    Parameters
    ----------
    diary : Diary
    casework : Casework
    reviewing : Reviewing
    taxonomy : Taxonomy
    rng : random.Random
    """

    def __init__(
        self, diary: Diary, casework: Casework, reviewing: Reviewing, taxonomy: Taxonomy, rng: random.Random
    ) -> None:
        self._diary = diary
        self._casework = casework
        self._reviewing = reviewing
        self._taxonomy = taxonomy
        self._rng = rng
        self._cases: dict[str, _Case] = {}

    def begin(self, registered: dict[str, Any], category: str) -> None:
        """Plan the life of a case that has just been registered.

        Parameters
        ----------
        registered : JSON of a `Registered`
        category : str
            What it is really about.
        """
        rng, code = self._rng, registered["department"]["code"]
        first, last = (_moment(registered[due]) for due in ("first_response_due", "resolution_due"))
        urgent = registered["priority"] == "P1"
        case = _Case(registered["complaint_id"], rng.choice(STAFF[code]), first, last, urgent, category)
        self._cases[case.id] = case
        accepted = self._open(present() + minutes(rng, *_ACCEPTED[registered["priority"]]), case)
        self._plan(accepted, case, "accepted")
        after = self._answer(case, accepted)
        wrong = self._taxonomy[category].department.code not in (code, "triage") and code != "triage"
        if wrong and rng.random() < _RETURNS:
            returned = self._open(accepted + minutes(rng, 10, 120), case)
            self._diary.plan(returned, lambda: self._return(case))
            after = max(after, returned)
        elif (
            registered["category"]["code"] != category and registered["decision"] == "auto" and rng.random() < _NOTICED
        ):
            self._diary.plan(self._open(accepted + timedelta(days=3), case), lambda: self._notice(case))
        if registered["decision"] == "review":  # nobody closes what has yet to be looked at
            after = max(after, present() + timedelta(days=3))
        self._close(case, accepted, after)

    def move(self, record: CaseOut) -> None:
        """Let a case be worked on where it now is."""
        case = self._cases[record.complaint_id]
        case.settled = bool(record.corrections) and record.corrections[-1].category == case.category
        staff = STAFF[record.decisions[-1].department]
        if case.hand not in staff:
            case.hand = self._rng.choice(staff)

    def category(self, complaint_id: str) -> str:
        """What a case is really about."""
        return self._cases[complaint_id].category

    def _answer(self, case: _Case, begun: datetime) -> datetime:
        """Plan the first response; when it is."""
        rng = self._rng
        if rng.random() < _ANSWERED_LATE:
            answered = self._open(max(begun, case.first_due) + minutes(rng, 5, 240), case)
        else:
            answered = self._open(begun + (case.first_due - begun) * rng.betavariate(1.3, 3), case)
            if answered >= case.first_due:
                answered = begun + minutes(rng, 5, 25)
        self._plan(answered, case, "first_response", note=rng.choice(ANSWERED))
        return answered

    def _close(self, case: _Case, begun: datetime, after: datetime) -> None:
        """Plan how a case that began then ends, after what else has been planned."""
        rng = self._rng
        if rng.random() < _WITHDRAWN:
            withdrawn = self._open(max(after, begun + timedelta(days=rng.uniform(0.4, 3))) + minutes(rng, 5, 60), case)
            self._plan(withdrawn, case, "withdrawn", note=rng.choice(WITHDRAWN))
            return
        time = case.last_due - begun
        if rng.random() < _EXTENDED:
            asked = self._open(max(after, begun + time * rng.uniform(0.8, 0.97)), case)
            self._plan(asked, case, "extended", note=rng.choice(EXTENDED), approver=APPROVER)
            resolved = asked + timedelta(days=rng.uniform(2, 13))
        elif rng.random() < _RESOLVED_LATE:
            resolved = case.last_due + timedelta(days=rng.uniform(0.2, 4))
        else:
            resolved = begun + min(timedelta(days=_DAYS * rng.lognormvariate(0, 0.75)), time * rng.uniform(0.7, 0.93))
        resolved = self._open(max(resolved, after + minutes(rng, 60, 600)), case)
        ends = RESOLVED[self._taxonomy[case.category].group.code]
        self._plan(resolved, case, "resolved", note=rng.choice(ends))
        if rng.random() < _FOLLOWED_UP:
            asked = in_hours(resolved + timedelta(days=rng.uniform(0.8, 2)), rng)
            satisfaction = rng.choices(
                (1, 2, 3, 4, 5), (4, 6, 14, 36, 40) if resolved <= case.last_due else (3, 3, 2, 1, 1)
            )
            self._plan(asked, case, "followed_up", satisfaction=satisfaction[0])
        if rng.random() < _REOPENED:
            reopened = in_hours(resolved + timedelta(days=rng.uniform(3.5, 11)), rng)
            self._diary.plan(reopened, lambda: self._reopen(case))

    def _reopen(self, case: _Case) -> None:
        self._tell(case, EventRequest(event="reopened", by="客服 夏岚", note=self._rng.choice(REOPENED)))
        record = self._casework.record(case.id)
        self.move(record)
        decision = record.decisions[-1]
        case.first_due = decision.first_response_due or case.first_due
        case.last_due = decision.resolution_due or case.last_due
        self._close(case, present(), self._answer(case, present()))

    def _return(self, case: _Case) -> None:
        if case.settled:
            return
        request = ReturnRequest(note=self._rng.choice(RETURNED), by=case.hand)
        if self._rng.random() < 0.5:
            request.category = case.category
        self.move(self._reviewing.give_back(case.id, request, ORDERS))

    def _notice(self, case: _Case) -> None:
        if case.settled:
            return
        request = CorrectionRequest(category=case.category, by=case.hand, note="办理时发现分类有误")
        self.move(self._reviewing.correct(case.id, request, ORDERS))

    def _plan(self, moment: datetime, case: _Case, event: Event, **said: Any) -> None:
        self._diary.plan(
            moment, lambda: self._tell(case, EventRequest.model_validate({"event": event, "by": case.hand, **said}))
        )

    def _tell(self, case: _Case, request: EventRequest) -> None:
        self._casework.happen(case.id, request, ORDERS)

    def _open(self, moment: datetime, case: _Case) -> datetime:
        """That moment, or when people are there; for what is urgent they always are."""
        return moment if case.urgent else in_hours(moment, self._rng)


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)
