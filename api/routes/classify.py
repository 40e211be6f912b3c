"""Reading complaints."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request
from pydantic_core import to_json

from api.access.gate import Reader
from api.batch import Batches
from api.routes.direct import Unread, Written
from api.schemas import BatchAnswer, BatchRequest, Classification, ClassifyRequest, Problem
from api.service import Service
from api.serving import Serving
from api.shadow import Shadow

router = APIRouter(
    prefix="/v1/classify",
    tags=["classify"],
    responses={status: {"model": Problem} for status in (400, 413, 415, 422)},
)


async def get_serving(request: Request) -> Serving:
    """What answers this request, from beginning to end."""
    service: Service = request.app.state.service
    return service.serving


async def get_shadow(request: Request) -> Shadow:
    """What a challenger is given to read."""
    shadow: Shadow = request.app.state.shadow
    return shadow


async def get_batches(request: Request) -> Batches:
    """What answers batches."""
    batches: Batches = request.app.state.batches
    return batches


Ask = Annotated[Serving, Depends(get_serving)]
Beside = Annotated[Shadow, Depends(get_shadow)]
Many = Annotated[Batches, Depends(get_batches)]


@router.post("", summary="Classify one complaint", response_model=Classification)
async def classify(body: ClassifyRequest, serving: Ask, shadow: Beside, caller: Reader) -> Written:
    """Say what a complaint is about, how sure that is, and which department gets it."""
    answer = serving.answer(body)
    shadow.offer(body.text, answer["category"]["code"])
    return Written(to_json(answer))


@router.post("/batch", summary="Classify up to 1,000 complaints", response_model=BatchAnswer)
async def classify_batch(
    body: Annotated[Unread[BatchRequest], Body()], serving: Ask, shadow: Beside, batches: Many, caller: Reader
) -> Written:
    """Classify many at once. A bad item gets a problem at its index; the others are answered."""
    return Written(await batches.answer(body.body, f"{router.prefix}/batch", serving, shadow))
