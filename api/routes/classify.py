"""Reading complaints."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from api.access.gate import Reader
from api.schemas import BatchAnswer, BatchRequest, Classification, ClassifyRequest, Problem
from api.service import Service

router = APIRouter(
    prefix="/v1/classify",
    tags=["classify"],
    responses={status: {"model": Problem} for status in (400, 413, 415, 422)},
)


async def get_service(request: Request) -> Service:
    """The loaded model of this application."""
    service: Service = request.app.state.service
    return service


Ask = Annotated[Service, Depends(get_service)]


@router.post("", summary="Classify one complaint")
async def classify(body: ClassifyRequest, service: Ask, caller: Reader) -> Classification:
    """Say what a complaint is about, how sure that is, and which department gets it."""
    return service.classify(body)


@router.post("/batch", summary="Classify up to 1,000 complaints")
async def classify_batch(body: BatchRequest, service: Ask, caller: Reader, request: Request) -> BatchAnswer:
    """Classify many at once. A bad item gets a problem at its index; the others are answered."""
    # Off the event loop, so that single requests need not wait for it.
    return await run_in_threadpool(service.classify_batch, body.items, request.url.path)
