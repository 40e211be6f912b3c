"""Cases that wait for a person: listed, claimed, let go; and what looking at them says of the model."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.access.gate import Reviewer
from api.cases import ComplaintId
from api.precision import PrecisionOut
from api.reviews import ClaimRequest, Reviewing, ReviewOut
from api.routes.parameters import known_parameters
from api.schemas import Problem

router = APIRouter(
    prefix="/v1/reviews",
    tags=["reviews"],
    responses={422: {"model": Problem}, 503: {"model": Problem}},
)


async def get_reviewing(request: Request) -> Reviewing:
    """The review desk of this application."""
    reviewing: Reviewing = request.app.state.reviewing
    return reviewing


Review = Annotated[Reviewing, Depends(get_reviewing)]


@router.get("", summary="List what waits for review", dependencies=[Depends(known_parameters)])
def list_reviews(desk: Review, caller: Reviewer, limit: Annotated[int, Query(ge=1, le=50)] = 20) -> list[ReviewOut]:
    """The most urgent first, and of these the most uncertain; with candidates and evidence, but for blind ones."""
    return desk.waiting(limit, caller)


@router.post(
    "/claim",
    summary="Claim a case for review",
    response_model=ReviewOut,
    responses={
        204: {"description": "Nothing waits"},
        **{status: {"model": Problem} for status in (400, 413, 415)},
    },
)
def claim_review(body: ClaimRequest, desk: Review, caller: Reviewer) -> ReviewOut | Response:
    """Get a case that nobody else gets for 15 minutes: the one held, a certain one, or the next.

    Asking again renews the claim.
    """
    return desk.claim(body, caller) or Response(status_code=204)


@router.post(
    "/{complaint_id}/release",
    summary="Let a claimed case go",
    status_code=204,
    responses={status: {"model": Problem} for status in (400, 409, 413, 415)},
)
def release_review(complaint_id: ComplaintId, body: ClaimRequest, desk: Review, caller: Reviewer) -> None:
    """Let others have it before the lease ends."""
    desk.release(complaint_id, body, caller)


@router.get("/precision", summary="What blind review says of the model")
def show_precision(desk: Review, caller: Reviewer) -> list[PrecisionOut]:
    """Of every model: how many of its sure cases were looked at blind, in how many it was right, with an interval."""
    return desk.precision()
