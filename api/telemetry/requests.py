"""What every request gets: an id, a line in the log, a count, and headers that keep browsers careful."""

from __future__ import annotations

import random
import re
import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.console import is_console
from api.http_problems import answer
from api.problems import problem
from api.telemetry.logs import REQUEST
from api.telemetry.metrics import TALLY

_LOG = structlog.get_logger("requests")

_SANE_ID: Final = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_POLICY: Final = b"content-security-policy"
_POLICY_OF_PAGES: Final = (
    _POLICY,
    b"default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; "
    b"object-src 'none'",
)
"""Of the console's pages but for one that has a stricter one of its own."""
_PAGES: Final = (
    (b"referrer-policy", b"same-origin"),
    *(header for header in _HEADERS if header[0] in (b"x-content-type-options", b"x-frame-options")),
)
"""Of the console, whose pages load their own files and say themselves how long they may be kept."""
_HTTPS: Final = (b"strict-transport-security", b"max-age=31536000")
_NAMES: Final = frozenset(name for name, _ in (*_HEADERS, _HTTPS, (b"x-request-id", b"")))
_NAMES_OF_PAGES: Final = _NAMES - {b"cache-control", _POLICY}


class Requests:
    """ASGI middleware around everything else.

    A caller's ``X-Request-ID`` of letters, digits and ``. : - _`` is kept, else one is made; it comes back with the
    answer and stands in the log and the audit log.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tell = _LOG.bind().info

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and tell of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        request_id = self._request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        page = is_console(scope["path"])
        careful, names = (_PAGES, _NAMES_OF_PAGES) if page else (_HEADERS, _NAMES)
        ours = [*careful, (b"x-request-id", request_id.encode("ascii"))]
        if scope["scheme"] == "https":
            ours.append(_HTTPS)
        status, begun_to_answer = 500, False

        async def sending(message: Message) -> None:
            nonlocal status, begun_to_answer
            if message["type"] == "http.response.start":
                status, begun_to_answer = message["status"], True
                message["headers"] = [header for header in message["headers"] if header[0] not in names] + ours
                if page and all(name != _POLICY for name, _ in message["headers"]):
                    message["headers"].append(_POLICY_OF_PAGES)
            await send(message)

        token = REQUEST.set(request_id)
        try:
            await self._app(scope, receive, sending)
        except Exception:
            # A defect, answered here so that its answer and its line in the log carry the id as all others do.
            _LOG.exception("defect")
            if begun_to_answer:
                raise
            document = problem("internal", "Internal server error. The server's log has the cause.", scope["path"])
            await answer(scope, document)(scope, receive, sending)
        finally:
            REQUEST.reset(token)
            seconds = time.perf_counter() - begun
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = getattr(scope.get("route"), "path", "none")
            caller = scope["state"].get("caller")
            TALLY.add(method, route, status, seconds)
            self._tell(
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
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                sent: str = value.decode("latin-1")
                if _SANE_ID.fullmatch(sent):
                    return sent
                break
        # A random number of the operating system would let others have their turn: this is no secret.
        return f"{random.getrandbits(128):032x}"
