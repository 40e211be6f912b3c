"""Reading complaints."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from api.access.gate import Reader
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


Ask = Annotated[Serving, Depends(get_serving)]
Beside = Annotated[Shadow, Depends(get_shadow)]


@router.post("", summary="Classify one complaint")
async def classify(body: ClassifyRequest, serving: Ask, shadow: Beside, caller: Reader) -> Classification:
    """Say what a complaint is about, how sure that is, and which department gets it."""
    answer = serving.classify(body)
    shadow.offer(body.text, answer.category.code)
    return answer


@router.post("/batch", summary="Classify up to 1,000 complaints")
async def classify_batch(
    body: BatchRequest, serving: Ask, shadow: Beside, caller: Reader, request: Request
) -> BatchAnswer:
    """Classify many at once. A bad item gets a problem at its index; the others are answered."""
    # Off the event loop, so that single requests need not wait for it.
    answer = await run_in_threadpool(serving.classify_batch, body.items, request.url.path)
    for item in answer.items:
        if item.result:
            shadow.offer(body.items[item.index]["text"], item.result.category.code)
    return answer
