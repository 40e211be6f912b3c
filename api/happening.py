"""What happens to a case: events are added and never changed, and deadlines are met or missed by them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final

from api.access.caller import Caller
from api.cases import EventRequest
from api.deciding import begun, corrected, due_until_closed, kept_facts, near, reroute
from api.intake import masked
from api.life import EVENTS, Event, Life, Noted, OutOfOrderError
from api.problems import RefusedError
from api.serving import Serving
from api.storage import CaseWork, now, utc
from classifier.routing import in_china

_SKEW: Final = timedelta(minutes=5)
"""So far may another machine's clock be ahead."""

SERVICE: Final = "系统 system"
"""Who notes near-breaches and breaches."""


def happen(work: CaseWork, request: EventRequest, serving: Serving, caller: Caller) -> bool:
    """Add an event to a case, and what follows from it.

    Returns
    -------
    bool
        False if it is there already.

    Raises
    ------
    RefusedError
        If it lacks something, or cannot happen to the case as it stands.
    """
    _require(request)
    at = utc(request.at) if request.at else now()
    if at > now() + _SKEW:
        raise RefusedError("invalid-field", "It is still to come: an event is told once it happened.", "/at")
    actor = masked(request.by or caller.owner)
    events = work.events()
    event = {
        "event": request.event,
        "happened_at": at,
        "recorded_at": now(),
        "actor": actor,
        "note": masked(request.note),
        "approver": masked(request.approver),
        "satisfaction": request.satisfaction,
        "due": None,
    }
    event["mark"] = mark(work.complaint["complaint_id"], request.event, at, actor, request.satisfaction)
    if any(event["mark"] == known["mark"] for known in events):
        return False
    if request.event == "extended":
        event["due"] = _extended_to(work, request, Life.of(events), serving)
    try:
        life = Life.of([*events, event])
    except OutOfOrderError as error:
        if request.event in Life.of(events).possible:  # now, but not then
            detail = "By that time it would come before what has happened to the case since: correct the time."
            raise RefusedError("out-of-order", detail, "/at") from error
        raise RefusedError("out-of-order", str(error), "/event") from error
    if request.event != "reopened":
        note_overdue(work, life, until=at, quietly=True)
    work.happen(event)
    _follow(work, request.event, life, serving)
    return True


def note_overdue(work: CaseWork, life: Life, *, until: datetime, quietly: bool = False) -> None:
    """Note what is near its due date or over it at a moment, and has not been noted; breaches alone if `quietly`."""
    left = work.open_case()
    if left is None:
        return
    since = utc(begun(work.complaint, life))
    for what, near_kind, breach_kind in _DUES:
        due = left[what]
        if due is None:
            continue
        if not quietly and near(since, due) <= until:
            _note(work, near_kind, near(since, due), due)
        if due < until or (due == until and not quietly):
            _note(work, breach_kind, due, due)


_DUES: Final[tuple[tuple[str, Noted, Noted], ...]] = (
    ("first_response_due", "first_response_near", "first_response_breached"),
    ("resolution_due", "resolution_near", "resolution_breached"),
)


def _note(work: CaseWork, event: Noted, at: datetime, due: datetime) -> None:
    work.happen(
        {
            "event": event,
            "happened_at": at,
            "recorded_at": now(),
            "actor": SERVICE,
            "due": due,
            "mark": mark(work.complaint["complaint_id"], event, due),
        }
    )


def mark(*said: Any) -> str:
    """What a repeat of an event is told by."""
    return hashlib.sha256("\n".join(map(str, said)).encode()).hexdigest()


def _require(request: EventRequest) -> None:
    for field in ("approver", "note", "until", "satisfaction"):
        needed, taken = (request.event in events for events in _FIELDS[field])
        if needed and getattr(request, field) is None:
            raise RefusedError("invalid-field", f"{request.event} needs it.", f"/{field}")
        if not taken and getattr(request, field) is not None:
            raise RefusedError("invalid-field", f"It does not belong to {request.event}.", f"/{field}")


_FIELDS: Final[dict[str, tuple[tuple[Event, ...], tuple[Event, ...]]]] = {
    "approver": (("extended",), ("extended",)),
    "note": (("extended",), EVENTS),
    "until": ((), ("extended",)),
    "satisfaction": (("followed_up",), ("followed_up",)),
}
"""The events that need a field, and those that may have it."""


def _extended_to(work: CaseWork, request: EventRequest, life: Life, serving: Serving) -> datetime:
    """The due date by one more extension."""
    if life.closed:
        raise RefusedError("out-of-order", f"The case is closed ({life.closed}): reopen it first.", "/event")
    try:
        limit = serving.router.statutory(begun(work.complaint, life), life.extensions + 1)
    except ValueError as error:
        raise RefusedError("out-of-order", f"No further extension: {error}.", "/event") from error
    if request.until is None and limit is None:
        raise RefusedError("invalid-field", "No law sets a limit for this case: say what is promised.", "/until")
    if request.until is not None and limit is not None and request.until > limit:
        raise RefusedError("invalid-field", f"The law allows it until {in_china(limit)} (China).", "/until")
    until = request.until or limit
    assert until is not None  # noqa: S101  # one of the two is there
    return utc(until)


def _follow(work: CaseWork, event: str, life: Life, serving: Serving) -> None:
    """What is still to be done after an event."""
    if event == "reopened":
        facts = kept_facts(work.complaint, work.prediction(), life, corrected(work))
        reroute(work, serving.router.route(facts), "reopened", life)
        return
    left = work.open_case()
    if left is None:
        return
    if life.closed:
        work.leave(first_response_due=None, resolution_due=None, next_at=None)
        return
    work.leave(**due_until_closed(work, life, left["first_response_due"], left["resolution_due"]))
