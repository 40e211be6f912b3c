"""Decisions as they are kept: their columns, and what is still to be done by them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import RowMapping

from api.life import Life
from api.storage import CaseWork, now, utc
from classifier.model import Prediction, Ranked
from classifier.routing import Decision, Facts
from classifier.signals import Signal
from classifier.text import normalize

NEAR: Final = 4
"""A due date is near when a fourth of the time to it is left."""


def decided(decision: Decision, reason: str, at: datetime) -> dict[str, Any]:
    """The columns of a decision.

    Parameters
    ----------
    decision : Decision
    reason : str
        Why it was made: intake, corrected, returned, or calendar.
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
    complaint: RowMapping,
    prediction: RowMapping,
    category: str | None = None,
    *,
    unsure: bool = False,
    arrived: datetime | None = None,
) -> Facts:
    """What is known of a kept case.

    Parameters
    ----------
    complaint, prediction : mapping
        Their rows.
    category : str, optional
        What a person said it is about; by default what the model did.
    unsure : bool
        Whether nobody can say: a department has returned it.
    arrived : datetime, optional
        From when its deadlines count; by default from its arrival.
    """
    text, sure = complaint["text"], category is not None
    confidence = 1.0 if sure else prediction["confidence"]
    ranked = (Ranked(category or prediction["category"], confidence),)
    signals = tuple(Signal(code, text[start:end], start, end) for code, start, end in prediction["signals"] or ())
    secondary = tuple(code for code in prediction["secondary"] if code != category)
    known = ("segment", "product", "business_channel")
    metadata: dict[str, str | Decimal] = {name: complaint[name] for name in known if complaint[name] is not None}
    if complaint["amount"] is not None:
        metadata["amount"] = Decimal(complaint["amount"])
    return Facts(
        Prediction(
            ranked[0].category,
            confidence,
            secondary,
            "review" if unsure else "auto" if sure else prediction["verdict"],
            ranked,
            ranked,
            signals,
            normalize(text),
        ),
        arrived or arrival(complaint),
        complaint["channel"],
        complaint["region"],
        complaint["branch"],
        metadata,
    )


def corrected(work: CaseWork) -> str | None:
    """What a person last said a case is about."""
    correction = work.correction()
    return None if correction is None else correction["category"]


def arrival(complaint: RowMapping) -> datetime:
    """When a kept case arrived, with its time zone."""
    registered: datetime = complaint["registered_at"]
    return min(complaint["received_at"] or registered, registered).replace(tzinfo=UTC)


def reroute(work: CaseWork, decision: Decision, reason: str, life: Life, since: datetime | None = None) -> None:
    """Send a kept case where a new decision says.

    Parameters
    ----------
    work : CaseWork
    decision : Decision
    reason : str
        As in `decided`.
    life : Life
        How the case stands.
    since : datetime, optional
        From when its deadlines count, as it is kept; by default from its arrival.
    """
    work.decide(decided(decision, reason, now()))
    left: dict[str, Any] = {
        "department": decision.department.code,
        "priority": decision.priority,
        "confidence": work.prediction()["confidence"],
    }
    if not life.closed:
        first = None if life.answered_at else utc(decision.first_response.at)
        last = life.extended_to or utc(decision.resolution.at)
        following = next_look(now(), since or utc(arrival(work.complaint)), first, last)
        left |= {"first_response_due": first, "resolution_due": last, "next_at": following}
    work.leave(**left)


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
