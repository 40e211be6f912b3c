"""Decisions as they are kept: their columns, and what is still to be done by them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import RowMapping

from api.life import Life
from api.storage import CaseWork, now, utc
from classifier.model import Prediction, Probabilities, Ranked
from classifier.routing import Decision, Facts
from classifier.signals import kept_signals
from classifier.text import normalize

NEAR: Final = 4
"""A due date is near when a fourth of the time to it is left."""


def decided(decision: Decision, reason: str, at: datetime) -> dict[str, Any]:
    """The columns of a decision.

    Parameters
    ----------
    decision : Decision
    reason : str
        Why it was made: intake, corrected, returned, withdrawn, reopened, or calendar.
    at : datetime
        As it is kept.
    """
    return {
        "decided_at": at,
        "rules": decision.rules,
        "reason": reason,
        "department": decision.department.code,
        "co_departments": [department.code for department in decision.co_departments],
        "queue": decision.queue,
        "priority": decision.priority,
        "first_response_due": utc(decision.first_response.at),
        "resolution_due": utc(decision.resolution.at),
        "statutory_due": None if decision.statutory is None else utc(decision.statutory),
        "provisional": decision.first_response.provisional or decision.resolution.provisional,
        "trace": list(decision.trace),
        "tried": list(decision.tried),
    }


def opened(decision: Decision, confidence: float, arrived: datetime, review: str | None) -> dict[str, Any]:
    """What is to be done of a case that has just come in."""
    first, last = decision.first_response.at, decision.resolution.at
    return {
        "department": decision.department.code,
        "priority": decision.priority,
        "confidence": confidence,
        "first_response_due": utc(first),
        "resolution_due": utc(last),
        "next_at": utc(near(arrived, first)),
        "review": review,
    }


def kept_facts(
    complaint: RowMapping, prediction: RowMapping, life: Life, category: str | None = None, *, unsure: bool = False
) -> Facts:
    """What is known of a kept case.

    Parameters
    ----------
    complaint, prediction : mapping
        Their rows.
    life : Life
        How it stands.
    category : str, optional
        What a person said it is about; by default what the model did.
    unsure : bool
        Whether nobody can say: a department has returned it.
    """
    text, sure = complaint["text"], category is not None
    confidence = 1.0 if sure else prediction["confidence"]
    first = Ranked(category or prediction["category"], confidence)
    secondary = tuple(code for code in prediction["secondary"] if code != category)
    known = ("segment", "product", "business_channel")
    metadata: dict[str, str | Decimal] = {name: complaint[name] for name in known if complaint[name] is not None}
    if complaint["amount"] is not None:
        metadata["amount"] = Decimal(complaint["amount"])
    return Facts(
        Prediction(
            first.category,
            confidence,
            secondary,
            "review" if unsure else "auto" if sure else prediction["verdict"],
            (first,),
            Probabilities((first.category,), (confidence,)),
            kept_signals(prediction["signals"] or (), text),
            normalize(text),
        ),
        begun(complaint, life),
        complaint["channel"],
        complaint["region"],
        complaint["branch"],
        metadata,
    )


def corrected(work: CaseWork) -> str | None:
    """What a person last said a case is about."""
    correction = work.correction()
    return None if correction is None else correction["category"]


def begun(complaint: RowMapping, life: Life) -> datetime:
    """From when the deadlines of a kept case count, with its time zone: its arrival, or when it was reopened."""
    registered: datetime = complaint["registered_at"]
    arrival = min(complaint["received_at"] or registered, registered)
    return (life.reopened_at or arrival).replace(tzinfo=UTC)


def reroute(work: CaseWork, decision: Decision, reason: str, life: Life) -> None:
    """Send a kept case, as it stands, where a new decision says; `reason` as in `decided`."""
    work.decide(decided(decision, reason, now()))
    left = {"department": decision.department.code, "priority": decision.priority}
    dues = {}
    if not life.closed:
        dues = due_until_closed(work, life, utc(decision.first_response.at), utc(decision.resolution.at))
    work.leave(**left, **dues, confidence=work.prediction()["confidence"])


def due_until_closed(
    work: CaseWork, life: Life, first_response: datetime, resolution: datetime
) -> dict[str, datetime | None]:
    """What an open case is due at, where a decision says so: unless it has been answered, or extended."""
    first = None if life.answered_at else first_response
    last = life.extended_to or resolution
    following = next_look(now(), utc(begun(work.complaint, life)), first, last)
    return {"first_response_due": first, "resolution_due": last, "next_at": following}


def next_look(now: datetime, since: datetime, *dues: datetime | None) -> datetime | None:
    """The next moment, of those given as they are kept, when a due date is near or over."""
    moments = [moment for due in dues if due is not None for moment in (near(since, due), due)]
    return min((moment for moment in moments if moment > now), default=None)


def near(since: datetime, due: datetime) -> datetime:
    """When a due date is near.

    Examples
    --------
    >>> near(datetime(2026, 11, 24, 9, 0), datetime(2026, 11, 24, 13, 0))
    datetime.datetime(2026, 11, 24, 12, 0)
    """
    return due - (due - since) / NEAR if since < due else due
