"""Every error as an RFC 9457 problem document: what is wrong, where, and how to mend it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

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
from api.schemas import MOST_ERRORS, FieldError, Problem
from api.storage import UNAVAILABLE, cause
from classifier.errors import EmptyTextError, TextError, TextTooLongError

_LOG = structlog.get_logger("problems")

MEDIA_TYPE: Final = "application/problem+json"

TITLES: Final[Mapping[str, tuple[int, str]]] = {
    "malformed-json": (400, "请求体不是合法的JSON Malformed JSON"),
    "no-key": (401, "需要有效的API密钥 No valid API key"),
    "not-allowed": (403, "密钥权限不足 Not allowed"),
    "insecure": (403, "只接受https请求 Insecure"),
    "foreign-origin": (403, "来源不允许 Foreign origin"),
    "stale-page": (403, "页面已失效 Stale page"),
    "not-found": (404, "没有这个地址 Not found"),
    "no-such-complaint": (404, "没有这件投诉 No such complaint"),
    "no-such-job": (404, "没有这个任务 No such job"),
    "no-such-model": (404, "没有这个模型 No such model"),
    "no-such-training": (404, "没有这次训练 No such training"),
    "method-not-allowed": (405, "不支持这个方法 Method not allowed"),
    "too-slow": (408, "请求体传送过慢 Too slow"),
    "unfinished-job": (409, "任务还没有完成 Unfinished job"),
    "not-promoted": (409, "不能上线 Not promoted"),
    "known-complaint": (409, "编号已有另一件投诉 Known complaint"),
    "out-of-order": (409, "与案件现状不符 Out of order"),
    "no-such-claim": (409, "没有领取这件投诉 No such claim"),
    "not-undoable": (409, "不能撤销 Not undoable"),
    "rules-switched": (409, "规则已被他人切换 Rules switched meanwhile"),
    "erased-complaint": (409, "投诉人信息已抹除 Erased complaint"),
    "body-too-large": (413, "请求体过大 Body too large"),
    "wrong-content-type": (415, "内容类型不对 Wrong content type"),
    "empty-file": (422, "文件为空 Empty file"),
    "empty-text": (422, "投诉内容为空 Empty text"),
    "text-too-long": (422, "投诉内容过长 Text too long"),
    "unknown-field": (422, "有未知字段 Unknown field"),
    "invalid-field": (422, "字段不合要求 Invalid field"),
    "invalid-rules": (422, "路由规则有误 Invalid rules"),
    "too-many-requests": (429, "请求过于频繁 Too many requests"),
    "internal": (500, "服务内部错误 Internal error"),
    "storage-unavailable": (503, "数据库暂不可用 Storage unavailable"),
}
"""Every kind of problem: its status and title. The type is ``urn:complaints:`` and the kind."""

_BY_STATUS: Final = {404: "not-found", 405: "method-not-allowed", 400: "malformed-json", 415: "wrong-content-type"}

RETRY_AFTER: Final = 5
"""Seconds after which to ask again when the case database did not answer."""
STORAGE_AWAY: Final = (
    f"The case database or its disk does not answer. Send this again in {RETRY_AFTER} seconds: under the same "
    "complaint_id or Idempotency-Key a complaint is kept once."
)

_DETAILS: Final = {
    "malformed-json": "The body cannot be parsed as JSON in UTF-8. Correct it.",
    "not-found": "There is no such address. GET /openapi.json lists them.",
    "method-not-allowed": "This address knows other methods: see the Allow header.",
}


ProblemPage = Callable[[Scope, Problem, Mapping[str, str]], Response]
"""Writes a problem for people: `answer` finds it as ``problem_page`` in the application's state."""


class RefusedError(Exception):
    """What a use case cannot do for its caller, of a kind in `TITLES`."""

    def __init__(self, kind: str, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.kind = kind
        self.errors = [FieldError(pointer=pointer, detail=detail)] if pointer else []


def problem(kind: str, detail: str, instance: str, errors: Sequence[FieldError] = ()) -> Problem:
    """A problem document of a kind in `TITLES`."""
    status, title = TITLES[kind]
    return Problem(
        type=f"urn:complaints:{kind}",
        title=title,
        status=status,
        detail=detail,
        instance=instance,
        errors=list(errors),
    )


def bad_body(error: ValidationError) -> RequestValidationError:
    """What is raised for a body that does not fit its schema; it holds nothing of what was sent."""
    return RequestValidationError(error.errors(include_url=False, include_input=False))


def text_problem(error: TextError, instance: str) -> Problem:
    """The problem of a text that cannot be read."""
    kind = {EmptyTextError: "empty-text", TextTooLongError: "text-too-long"}[type(error)]
    return problem(kind, str(error), instance, [FieldError(pointer="/text", detail=error.what)])


def validation_problem(errors: Sequence[Mapping[str, Any]], instance: str) -> Problem:
    """The problem of a body that does not fit its schema; what was sent is never repeated."""
    if errors[0]["type"] == "json_invalid":
        return problem("malformed-json", f"JSON: {errors[0]['ctx']['error']}. Correct the body.", instance)
    fields = field_errors(errors)
    kind = "invalid-field"
    if errors[0]["type"] == "extra_forbidden":
        kind = "unknown-field"
    elif errors[0]["type"] == "string_too_long" and fields[0].pointer == "/text":
        kind = "text-too-long"
    detail = "; ".join(f"{field.pointer or '/'}: {field.detail}" for field in fields)
    return problem(kind, f"{detail}. GET /openapi.json says what is allowed.", instance, fields)


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """The fields at fault, the first `MOST_ERRORS`."""
    return [
        FieldError(
            pointer="".join(f"/{_escaped(part)}" for part in error["loc"] if part != "body"),
            detail="unknown field" if error["type"] == "extra_forbidden" else str(error["msg"]),
        )
        for error in errors[:MOST_ERRORS]
    ]


def _escaped(part: object) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return str(part).replace("~", "~0").replace("/", "~1")


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
