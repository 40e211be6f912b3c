"""Bodies are refused for their size or type before anything reads them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem, response


class BodyLimits:
    """ASGI middleware that answers 413 to a body over its path's limit and 415 to one that is not JSON.

    Parameters
    ----------
    app : ASGI application
    limits : mapping of str to int
        Path → largest body in bytes, for what lies below it too; the first that fits counts. Only POST requests to
        these paths are looked at.
    """

    def __init__(self, app: ASGIApp, limits: Mapping[str, int]) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body read, or refuse it."""
        limit = self._limit(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if limit is None:
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        headers = dict(scope["headers"])
        media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if media_type != b"application/json":
            detail = f"Content-Type is {media_type.decode('latin-1') or 'missing'!r}. Send application/json."
            await response(problem("wrong-content-type", detail, path))(scope, receive, send)
            return
        declared = headers.get(b"content-length", b"0")
        body = None if declared.isdigit() and int(declared) > limit else await _read(receive, limit)
        if body is None:
            detail = f"The body is over {limit:,} bytes. Send less at once."
            await response(problem("body-too-large", detail, path), {"connection": "close"})(scope, receive, send)
            return
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, replay, send)

    def _limit(self, path: str) -> int | None:
        fitting = (limit for above, limit in self._limits.items() if path == above or path.startswith(f"{above}/"))
        return next(fitting, None)


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None as soon as it is over `limit`."""
    chunks, size = [], 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            return None
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
