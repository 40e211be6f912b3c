"""What the service knows and whether it is well."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes.classify import Ask
from api.routes.complaints import Door
from api.schemas import Categories, Health, ModelOut, Problem

router = APIRouter()


@router.get("/v1/categories", tags=["catalogue"], summary="The categories and their departments")
async def list_categories(service: Ask) -> Categories:
    """All categories with names, definitions, facets and default departments."""
    return service.categories()


@router.get("/v1/model", tags=["catalogue"], summary="The model that answers")
async def show_model(service: Ask) -> ModelOut:
    """Version, label order, thresholds, and what cross-validation measured."""
    return service.model()


@router.get("/health/live", tags=["health"], summary="Is the process alive?")
async def live(service: Ask) -> Health:
    """Answers as long as the process does."""
    return Health(status="live", model=service.version)


@router.get("/health/ready", tags=["health"], summary="Can it take complaints in?", responses={503: {"model": Problem}})
def ready(service: Ask, intake: Door) -> Health:
    """Answers when a model is loaded and the case database answers."""
    intake.check()
    return Health(status="ready", model=service.version)
