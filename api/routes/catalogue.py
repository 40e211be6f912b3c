"""What the service knows and whether it is well."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from api.access.gate import Anyone
from api.http_problems import storage_problem
from api.problems import RETRY_AFTER
from api.routes.classify import Ask
from api.schemas import Categories, Health, ModelOut, Problem
from api.storage import Jobs, probe
from api.telemetry.metrics import exposition

router = APIRouter()


@router.get("/v1/categories", tags=["catalogue"], summary="The categories and their departments")
async def list_categories(serving: Ask, caller: Anyone) -> Categories:
    """All categories with names, definitions, facets and default departments."""
    return serving.categories()


@router.get("/v1/model", tags=["catalogue"], summary="The model that answers")
async def show_model(serving: Ask, caller: Anyone) -> ModelOut:
    """Version, label order, thresholds, and what cross-validation measured."""
    return serving.model()


@router.get("/health/live", tags=["health"], summary="Is the process alive?")
async def live(serving: Ask) -> Health:
    """Answers as long as the process does."""
    return Health(status="live", model=serving.version)


@router.get(
    "/health/ready",
    tags=["health"],
    summary="Can it take complaints in?",
    response_model=Health,
    responses={503: {"model": Problem}},
)
def ready(serving: Ask, request: Request) -> Health | Response:
    """Answers when a model is loaded, the case database takes writes, and none has just failed.

    A newer model that failed its checks is named in `refused`: the one before it goes on answering.
    """
    failed = time.monotonic() - request.app.state.storage_failed_at < RETRY_AFTER
    probe(request.app.state.database)
    if failed:
        return storage_problem(request)
    return Health(status="ready", model=serving.version, refused=request.app.state.service.refused)


@router.get(
    "/metrics",
    tags=["health"],
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(request: Request, caller: Anyone) -> Response:
    """Counts of requests and complaints, latencies, the queue. Any key may read them."""
    return Response(exposition(Jobs(request.app.state.database)), media_type=CONTENT_TYPE_PLAIN_0_0_4)
