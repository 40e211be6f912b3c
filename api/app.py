"""The application: routes, the gate, limits and errors put together."""

from __future__ import annotations

import gc
import math
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import Lifespan

from api import http_problems
from api.access.gate import Gate
from api.access.rates import Rates
from api.access.ring import KeyRing
from api.batch import Batches
from api.casework import Casework
from api.console import site as console
from api.console.sessions import Sessions
from api.console.trainings import UPLOAD
from api.desk import Desk
from api.ending import end_with_parent
from api.intake import Intake
from api.jobs.desk import FileDesk
from api.jobs.service import JobService
from api.jobs.uploads import open_uploads
from api.limits import ANY, BodyLimits
from api.live import Live
from api.overview.overview import Overview
from api.reviews import Reviewing
from api.routes import catalogue, classify, complaints, jobs, reviews
from api.routes import rules as rules_routes
from api.routes.direct import hurry
from api.rules import Rules
from api.schemas import Problem
from api.service import Service
from api.settings import Settings, load_settings
from api.shadow import Shadow
from api.storage import Keys, open_database
from api.telemetry.logs import configure_logs
from api.telemetry.metrics import TALLY
from api.telemetry.requests import Requests
from api.trainings.histories import open_histories
from api.trainings.service import TrainingService
from api.versions import Versions
from classifier.cores import cores
from models import Registry, store_path

_TURN: Final = 0.0001
"""Seconds that a thread computes before another has its turn: a model that is loaded beside requests should not hold
them up. Python's own 5 ms add up, since a request waits for its turn several times."""


def app_from_environment() -> FastAPI:
    """The application of a server process: settings from the environment, the store's champion."""
    configure_logs()
    end_with_parent()
    sys.setswitchinterval(_TURN)
    settings = load_settings()
    registry = Registry(store_path())
    app = create_app(Service(registry.load(), settings.taxonomy), settings, registry)
    # The collector need not look through what stays as long as the process: it would do so amid requests.
    gc.collect()
    gc.freeze()
    return app


def create_app(service: Service, settings: Settings, registry: Registry | None = None) -> FastAPI:
    """Make the application around a loaded model, and open its case database.

    Parameters
    ----------
    service : Service
    settings : Settings
    registry : Registry, optional
        The models that are taken up as they are promoted; by default the service's model stays.

    Returns
    -------
    fastapi.FastAPI

    Raises
    ------
    StorageError
        If the case database or the key beside it cannot be used.
    CalendarError, RulesError
        If the bank's working days or the rules cannot be used.
    """
    database = open_database(settings.cases)
    shared = os.environ.get("PROMETHEUS_MULTIPROC_DIR") if settings.workers > 1 else None
    rules = Rules(database, service, settings.calendar)
    rates = Rates(Path(shared) / "rates" if shared else None)

    shadow = Shadow()
    live = Live(registry, service, shadow) if registry else None
    batches = Batches(max(1, cores() // settings.workers))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with rules.refreshing(), shadow.reading(), live.watching() if live else nullcontext():
            yield
        TALLY.count()
        batches.close()
        database.dispose()
        rates.close()

    app = answering(service, shadow, batches, lifespan)
    app.state.database = database
    app.state.storage_failed_at = -math.inf
    app.state.intake = Intake.of(service, settings, database)
    casework = Casework(service, database)
    app.state.casework = casework
    app.state.reviewing = Reviewing(service, casework, database)
    app.state.overview = Overview(service, database)
    app.state.desk = Desk(service, casework, database)
    app.state.rules = rules
    app.state.versions = Versions(registry, service, database) if registry else None
    app.state.trainings = TrainingService(database, open_histories(settings, database), settings.upload_max_bytes)
    uploads = open_uploads(settings, database)
    app.state.jobs = JobService(database, uploads, settings.upload_max_bytes)
    app.state.files = FileDesk(database, uploads, settings.upload_max_bytes)
    # The last one added is the first that a request meets.
    app.add_middleware(
        BodyLimits,
        limits={
            "/v1/classify/batch": settings.batch_max_bytes,
            "/v1/classify": settings.classify_max_bytes,
            "/v1/complaints": settings.classify_max_bytes,
            "/v1/complaints/{complaint_id}/correction": settings.classify_max_bytes,
            "/v1/complaints/{complaint_id}/return": settings.classify_max_bytes,
            "/v1/complaints/{complaint_id}/events": settings.classify_max_bytes,
            "/v1/reviews/claim": settings.classify_max_bytes,
            "/v1/reviews/{complaint_id}/release": settings.classify_max_bytes,
            "/v1/rules": settings.classify_max_bytes,
            "/v1/jobs": ANY,
            UPLOAD: ANY,
            "/console/files": ANY,
        },
        form=settings.classify_max_bytes,
        seconds=settings.body_seconds,
    )
    ring, sessions = KeyRing(Keys(database)), Sessions(database)
    console.install(app, ring, rates, sessions)
    app.add_middleware(Gate, ring=ring, rates=rates, sessions=sessions, https_only=settings.https_only)
    app.add_middleware(Requests)
    return app


def answering(service: Service, shadow: Shadow, batches: Batches, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The routes with what reads complaints; nothing yet that watches over them or keeps."""
    app = FastAPI(
        lifespan=lifespan,
        title="银行投诉分类 Complaint classifier",
        version=version("complaint-classifier"),
        summary="Reads bank complaints in Chinese and hands them to the right department.",
        # The documentation pages of the framework load scripts from elsewhere; a bank's machine has no elsewhere.
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # api.telemetry tells of requests
    )
    app.state.service = service
    app.state.shadow = shadow
    app.state.batches = batches
    for routes in (classify, complaints, reviews, jobs, rules_routes, catalogue):
        app.include_router(routes.router)
    hurry(app, classify.router)
    http_problems.install(app)
    _describe_problems(app)
    return app


def _operation_id(route: APIRoute) -> str:
    """The handler's name: generated clients then have clean method names."""
    return route.name


def _describe_problems(app: FastAPI) -> None:
    """Let OpenAPI say that errors come as problem documents, and which ones any address may answer."""
    document = app.openapi
    everywhere = {401: "No valid API key", 403: "Not allowed", 429: "Too many requests"}

    def described() -> dict[str, Any]:
        schema = document()
        reference = {"$ref": f"#/components/schemas/{Problem.__name__}"}
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                answers = operation["responses"]
                if not path.startswith("/health/"):
                    for status, description in everywhere.items():
                        content = {http_problems.MEDIA_TYPE: {"schema": reference}}
                        answers[str(status)] = {"description": description, "content": content}
                if method == "post":
                    answers.setdefault(
                        "408", {"description": "Too slow", "content": {http_problems.MEDIA_TYPE: {"schema": reference}}}
                    )
                for status, answer in answers.items():
                    content = answer.get("content", {})
                    if status[0] in "45" and "application/json" in content:
                        content[http_problems.MEDIA_TYPE] = content.pop("application/json")
        return schema

    app.openapi = described  # type: ignore[method-assign]
