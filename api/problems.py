"""Every error as an RFC 9457 problem document: what is wrong, where, and how to mend it. No HTTP in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.schemas import MOST_ERRORS, FieldError, Problem
from classifier.errors import EmptyTextError, TextError, TextTooLongError

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

RETRY_AFTER: Final = 5
"""Seconds after which to ask again when the case database did not answer."""
STORAGE_AWAY: Final = (
    f"The case database or its disk does not answer. Send this again in {RETRY_AFTER} seconds: under the same "
    "complaint_id or Idempotency-Key a complaint is kept once."
)


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
