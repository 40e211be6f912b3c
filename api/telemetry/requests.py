"""What every request gets: an id, a line in the log, a count, and headers that keep browsers careful."""

from __future__ import annotations

import re
import time
import uuid
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem, response
from api.telemetry.metrics import REQUESTS, SECONDS

_LOG = structlog.get_logger("requests")

_SANE_ID: Final = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_HTTPS: Final = {"strict-transport-security": "max-age=31536000"}


class Requests:
    """ASGI middleware around everything else.

    A caller's ``X-Request-ID`` of letters, digits and ``. : - _`` is kept, else one is made; it comes back with the
    answer and stands in the log and the audit log.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and tell of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        request_id = self._request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status, begun_to_answer = 500, False

        async def sending(message: Message) -> None:
            nonlocal status, begun_to_answer
            if message["type"] == "http.response.start":
                status, begun_to_answer = message["status"], True
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope["scheme"] == "https":
                    headers.update(_HTTPS)
                headers["x-request-id"] = request_id
            await send(message)

        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, sending)
        except Exception:
            # A defect, answered here so that its answer and its line in the log carry the id as all others do.
            _LOG.exception("defect")
            if begun_to_answer:
                raise
            document = problem("internal", "Internal server error. The server's log has the cause.", scope["path"])
            await response(document)(scope, receive, sending)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")
            seconds = time.perf_counter() - begun
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = getattr(scope.get("route"), "path", "none")
            caller = scope["state"].get("caller")
            REQUESTS.labels(method, route, str(status)).inc()
            SECONDS.labels(method, route).observe(seconds)
            _LOG.info(
                "request",
                request_id=request_id,
                method=method,
                route=route,
                status=status,
                ms=round(seconds * 1_000, 1),
                owner=caller.owner if caller else None,
            )

    @staticmethod
    def _request_id(scope: Scope) -> str:
        sent = Headers(scope=scope).get("x-request-id", "")
        return sent if _SANE_ID.fullmatch(sent) else uuid.uuid4().hex
