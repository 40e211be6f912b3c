"""Taking back what a reviewer did: nothing is deleted, one more record says that it counts no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import RowMapping

from api.deciding import corrected, kept_facts, reroute
from api.life import Life
from api.problems import RefusedError
from api.serving import Serving
from api.storage import LEASE, CaseWork, now

UNDOABLE: Final = timedelta(hours=12)
"""So long, a working day, what was done can be taken back."""


class NotUndoableError(RefusedError):
    """What a reviewer did cannot be taken back any more.

    Attributes
    ----------
    reason : {'gone-on', 'too-long-ago', 'held', 'corrected', 'seen'}
    who : str
        Who has the case now, or has corrected it.
    """

    def __init__(self, reason: Literal["gone-on", "too-long-ago", "held", "corrected", "seen"], who: str = "") -> None:
        super().__init__("not-undoable", _TOLD[reason].format(who))
        self.reason = reason
        self.who = who


_TOLD: Final = {
    "gone-on": "Somebody has gone on with this case since. Correct it on its own page.",
    "too-long-ago": "That was too long ago. Correct the case on its own page.",
    "held": "{} has this case now.",
    "corrected": "{} has corrected this case since.",
    "seen": "You have looked at its record since: it would not be blind any more. Correct it there.",
}


def undo(work: CaseWork, number: int, serving: Serving, reviewer: str) -> RowMapping:
    """Take back what a reviewer did with a case last, and hand it to them again.

    What was said stays in the record, marked: training, statistics and the precision of the blind sample leave it out.
    A case that had been sent somewhere is sent where it belongs without it, and departments are told as of any
    decision.

    Parameters
    ----------
    work : CaseWork
    number : int
        Of the look.
    serving : Serving
    reviewer : str

    Returns
    -------
    mapping
        The look.

    Raises
    ------
    NotUndoableError
        If the case has gone on since.
    """
    look = work.last_look()
    if look is None or look["number"] != number or look["reviewer"] != reviewer or look["act"] == "undone":
        raise NotUndoableError("gone-on")
    _require_untouched(work, look, reviewer)
    taken_back = {name: look[name] for name in ("why", "correction", "event")}
    work.look({**taken_back, "at": now(), "reviewer": reviewer, "act": "undone", "undoes": number})
    _send_back(work, look, serving)
    last, confidence = work.decision(), work.prediction()["confidence"]
    stands = {"department": last["department"], "priority": last["priority"], "confidence": confidence}
    work.leave(**stands, review=look["why"], holder=reviewer, held_until=now() + LEASE)
    return look


def _require_untouched(work: CaseWork, look: RowMapping, reviewer: str) -> None:
    if look["at"] < now() - UNDOABLE:
        raise NotUndoableError("too-long-ago")
    left, said = work.open_case(), work.correction()
    if left and left["holder"] not in (None, reviewer) and left["held_until"] > now():
        raise NotUndoableError("held", left["holder"])
    if said and said["number"] != look["correction"] and said["corrected_at"] >= look["at"]:
        raise NotUndoableError("corrected", said["corrected_by"])
    if look["why"] == "sample" and work.shown_to(reviewer, look["at"]):
        raise NotUndoableError("seen")


def _send_back(work: CaseWork, look: RowMapping, serving: Serving) -> None:
    """Route it as if it had not been said, if it was routed since it was."""
    decisions = work.decisions()
    before = [decision for decision in decisions if decision["decided_at"] < look["at"]]
    if len(before) == len(decisions):
        return
    life, category = Life.of(work.events()), corrected(work)
    unsure = category is None and look["why"] == "returned"
    facts = kept_facts(work.complaint, work.prediction(), life, category, unsure=unsure)
    # A department that had returned it before does not get it back by this.
    not_to = before[-2]["department"] if len(before) > 1 and before[-1]["reason"] == "returned" else None
    reroute(work, serving.router.route(facts, not_to=not_to), "withdrawn", life)
