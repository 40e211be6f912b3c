"""Complaints that are kept: taken in, found, listed, corrected, erased."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api.access.gate import Admin, Reviewer, Sender
from api.cases import CaseOut, CasePage, ComplaintId, EventRequest, IntakeRequest, Registered
from api.casework import Casework
from api.intake import Intake
from api.reviews import CorrectionRequest, ReturnRequest
from api.routes.classify import Beside
from api.routes.parameters import known_parameters
from api.routes.reviews import Review
from api.schemas import Channel, Moment, Problem, Short
from api.storage import Filters

_REFUSED: Final[dict[int | str, dict[str, Any]]] = {status: {"model": Problem} for status in (404, 422, 503)}
_REFUSED_BODY: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problem} for status in (400, 413, 415, 422, 503)
}
_REFUSED_ACT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem},
    409: {"model": Problem},
    **_REFUSED_BODY,
}

router = APIRouter(prefix="/v1/complaints", tags=["complaints"])


async def get_intake(request: Request) -> Intake:
    """The front door of this application's case database."""
    intake: Intake = request.app.state.intake
    return intake


async def get_casework(request: Request) -> Casework:
    """The work on this application's cases."""
    casework: Casework = request.app.state.casework
    return casework


Door = Annotated[Intake, Depends(get_intake)]
Desk = Annotated[Casework, Depends(get_casework)]
# Handlers are plain functions: they wait for the disk, each on a thread of its own. The hot one waits only to keep.


@router.post(
    "",
    summary="Take in one complaint",
    status_code=201,
    response_model=Registered,  # for the description: the answer is sent as it was kept
    responses={200: {"model": Registered, "description": "Was kept before"}, 409: {"model": Problem}, **_REFUSED_BODY},
)
async def register_complaint(
    body: IntakeRequest,
    intake: Door,
    shadow: Beside,
    caller: Sender,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200, pattern=r"^[ -~]+$")] = None,
) -> Response:
    """Read, route and keep a complaint; the answer comes when it is on disk.

    Sent again under its complaint_id or Idempotency-Key, it is answered as the first time, with 200. Another body under
    a known id is refused with 409.
    """
    draft = intake.read(body, caller.owner, request_id=caller.request_id, idempotency_key=idempotency_key)
    shadow.offer(body.text, draft.said.category.code)
    answer, created = await run_in_threadpool(intake.register, draft)
    return JSONResponse(answer, status_code=201 if created else 200)


@router.get(
    "",
    summary="List complaints",
    responses={422: {"model": Problem}, 503: {"model": Problem}},
    dependencies=[Depends(known_parameters)],
)
def list_complaints(
    casework: Desk,
    caller: Reviewer,
    category: Short | None = None,
    department: Short | None = None,
    decision: Literal["auto", "review"] | None = None,
    channel: Channel | None = None,
    region: Short | None = None,
    since: Annotated[Moment | None, Query(description="Registered at this moment or later.")] = None,
    until: Annotated[Moment | None, Query(description="Registered before this moment.")] = None,
    words: Annotated[Short | None, Query(description="Words that all stand in the text, whatever their case.")] = None,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CasePage:
    """Cases as they stand now, newest first. New arrivals never move a page."""
    filters = Filters(category, department, decision, channel, region, since, until, words)
    return casework.page(filters, before=before, limit=limit, caller=caller)


@router.get("/{complaint_id}", summary="Show one complaint", responses=_REFUSED)
def show_complaint(complaint_id: ComplaintId, casework: Desk, caller: Reviewer) -> CaseOut:
    """The whole record: what was sent, what was predicted, decided and corrected."""
    return casework.find(complaint_id, caller)


@router.post(
    "/{complaint_id}/correction",
    summary="Say what a complaint is really about",
    status_code=201,
    responses=_REFUSED_ACT,
)
def correct_complaint(complaint_id: ComplaintId, body: CorrectionRequest, desk: Review, caller: Reviewer) -> CaseOut:
    """Add the right category, and send the case there. What the model said stays; training reads the correction."""
    return desk.correct(complaint_id, body, caller)


@router.post(
    "/{complaint_id}/return",
    summary="Say that a complaint is not one's own (退单)",
    status_code=201,
    responses=_REFUSED_ACT,
)
def return_complaint(complaint_id: ComplaintId, body: ReturnRequest, desk: Review, caller: Reviewer) -> CaseOut:
    """Send a case that its department will not have to another: by its right category, or to a reviewer."""
    return desk.give_back(complaint_id, body, caller)


@router.post(
    "/{complaint_id}/events",
    summary="Tell what happened to a complaint",
    status_code=201,
    responses={200: {"model": CaseOut, "description": "Was told before"}, **_REFUSED_ACT},
)
def add_event(
    complaint_id: ComplaintId, body: EventRequest, casework: Desk, caller: Reviewer, response: Response
) -> CaseOut:
    """Add an event: accepted, answered, extended, closed, reopened, followed up. Deadlines are met or missed by it."""
    new = casework.happen(complaint_id, body, caller)
    response.status_code = 201 if new else 200
    return casework.record(complaint_id)


@router.delete("/{complaint_id}", summary="Erase the person from a complaint", status_code=204, responses=_REFUSED)
def erase_complaint(complaint_id: ComplaintId, casework: Desk, caller: Admin) -> None:
    """Text, customer, amount and referral number go for good; what was decided stays for the statistics."""
    casework.erase(complaint_id, caller)
