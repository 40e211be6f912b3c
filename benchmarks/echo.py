"""What `benchmarks.http` measures the service against: the bare web framework, and the service with nothing around it.

Each is a factory for uvicorn.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from api.access.caller import LOCAL
from api.app import answering
from api.batch import Batches
from api.service import Service
from api.shadow import Shadow
from models import Registry, store_path


class Text(BaseModel):
    """The body that the service gets."""

    text: str


def echo() -> FastAPI:
    """Sends back what was sent."""
    app = FastAPI()

    @app.post("/v1/classify")
    async def send_back(body: Text) -> Text:
        return body

    return app


def bare() -> FastAPI:
    """The service without key, limits, metrics and log: every request is this machine's own."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        yield {"caller": LOCAL}

    return answering(Service(Registry(store_path()).load()), Shadow(), Batches(1), lifespan)
