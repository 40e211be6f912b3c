"""Problems over HTTP: every error of a request becomes a document, or a page of the console."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import compile_path
from starlette.types import Scope

from api.console import is_console
from api.problems import RETRY_AFTER, STORAGE_AWAY, RefusedError, problem, text_problem, validation_problem
from api.schemas import Problem
from api.storage import UNAVAILABLE, cause
from classifier.errors import TextError

_LOG = structlog.get_logger("problems")

MEDIA_TYPE: Final = "application/problem+json"

_BY_STATUS: Final = {404: "not-found", 405: "method-not-allowed", 400: "malformed-json", 415: "wrong-content-type"}

_DETAILS: Final = {
    "malformed-json": "The body cannot be parsed as JSON in UTF-8. Correct it.",
    "not-found": "There is no such address. GET /openapi.json lists them.",
    "method-not-allowed": "This address knows other methods: see the Allow header.",
}


ProblemPage = Callable[[Scope, Problem, Mapping[str, str]], Response]
"""Writes a problem for people: `answer` finds it as ``problem_page`` in the application's state."""


def bad_body(error: ValidationError) -> RequestValidationError:
    """What is raised for a body that does not fit its schema; it holds nothing of what was sent."""
    return RequestValidationError(error.errors(include_url=False, include_input=False))


def response(document: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A problem as an HTTP answer."""
    return JSONResponse(
        document.model_dump(), status_code=document.status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def answer(scope: Scope, document: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as whoever has asked can read it: a page under the console, else `response`."""
    page: ProblemPage | None = getattr(scope["app"].state, "problem_page", None) if is_console(scope["path"]) else None
    return page(scope, document, headers or {}) if page else response(document, headers)


def storage_problem(request: Request) -> Response:
    """The answer while nothing can be kept: when to come again."""
    headers = {"retry-after": str(RETRY_AFTER)}
    return answer(request.scope, problem("storage-unavailable", STORAGE_AWAY, request.url.path), headers)


def _allowed(app: FastAPI, path: str) -> str:
    """All methods of an address in OpenAPI: the framework names those of the first of its handlers."""
    paths = app.openapi()["paths"]
    methods = {method.upper() for known in paths if compile_path(known)[0].match(path) for method in paths[known]}
    return ", ".join(sorted(methods))


def install(app: FastAPI) -> None:
    """Let `app` answer every error with a problem document."""

    @app.exception_handler(RequestValidationError)
    async def on_validation(request: Request, error: RequestValidationError) -> Response:
        return answer(request.scope, validation_problem(error.errors(), request.url.path))

    @app.exception_handler(TextError)
    async def on_text(request: Request, error: TextError) -> Response:
        return answer(request.scope, text_problem(error, request.url.path))

    @app.exception_handler(RefusedError)
    async def on_refusal(request: Request, error: RefusedError) -> Response:
        return answer(request.scope, problem(error.kind, str(error), request.url.path, error.errors))

    @app.exception_handler(ClientDisconnect)
    async def on_disconnect(request: Request, error: ClientDisconnect) -> Response:
        return answer(request.scope, problem("too-slow", "The connection ended before the body did.", request.url.path))

    async def on_storage(request: Request, error: Exception) -> Response:
        _LOG.error("storage", cause=cause(error))
        request.app.state.storage_failed_at = time.monotonic()
        return storage_problem(request)

    for kind in (*UNAVAILABLE, OSError):  # the latter of an uploaded file that cannot be written
        app.add_exception_handler(kind, on_storage)

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        kind = _BY_STATUS.get(error.status_code, "internal")
        detail = _DETAILS.get(kind, str(error.detail))
        known = error.status_code == 405 and not is_console(request.url.path)
        headers = {"allow": _allowed(app, request.url.path)} if known else error.headers
        return answer(request.scope, problem(kind, detail, request.url.path), headers)
