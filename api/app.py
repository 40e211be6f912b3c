"""The application: routes, limits and errors put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import problems
from api.intake import Intake
from api.limits import BodyLimits
from api.privacy import load_key
from api.routes import catalogue, classify, complaints
from api.service import Service
from api.settings import Settings
from api.storage import Cases, open_database


def create_app(service: Service, settings: Settings) -> FastAPI:
    """Make the application around a loaded model, and open its case database.

    Parameters
    ----------
    service : Service
    settings : Settings

    Returns
    -------
    fastapi.FastAPI

    Raises
    ------
    StorageError
        If the case database or the key beside it cannot be used.
    """
    database = open_database(settings.cases)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        database.dispose()

    app = FastAPI(
        lifespan=lifespan,
        title="银行投诉分类 Complaint classifier",
        version=version("complaint-classifier"),
        summary="Reads bank complaints in Chinese and hands them to the right department.",
        # The documentation pages of the framework load scripts from elsewhere; a bank's machine has no elsewhere.
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.service = service
    key = load_key(settings.data / "secret.key")
    app.state.intake = Intake(service, Cases(database), key, keep_raw=settings.keep_raw_text)
    app.include_router(complaints.router)
    app.include_router(classify.router)
    app.include_router(catalogue.router)
    app.add_middleware(
        BodyLimits,
        limits={
            "/v1/classify/batch": settings.batch_max_bytes,
            "/v1/classify": settings.classify_max_bytes,
            "/v1/complaints": settings.classify_max_bytes,
        },
    )
    problems.install(app)
    _describe_problems(app)
    return app


def _operation_id(route: APIRoute) -> str:
    """The handler's name: generated clients then have clean method names."""
    return route.name


def _describe_problems(app: FastAPI) -> None:
    """Let OpenAPI say that errors come as problem documents."""
    document = app.openapi

    def described() -> dict[str, Any]:
        schema = document()
        for path in schema["paths"].values():
            for operation in path.values():
                for status, answer in operation["responses"].items():
                    content = answer.get("content", {})
                    if status[0] in "45" and "application/json" in content:
                        content[problems.MEDIA_TYPE] = content.pop("application/json")
        return schema

    app.openapi = described  # type: ignore[method-assign]
