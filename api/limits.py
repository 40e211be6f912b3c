"""Bodies are refused for their size, type or slowness before anything reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, Final, TypeVar

from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.console import is_console
from api.http_problems import answer
from api.problems import problem

_JSON: Final = b"application/json"
_FORM: Final = b"application/x-www-form-urlencoded"

T = TypeVar("T")

ANY: Final = 0
"""Limit of a path whose handler reads the body itself, of whatever type, and counts."""


class BodyLimits:
    """ASGI middleware: 413 for a body over its path's limit, 415 for one of another type, 408 for one that dawdles.

    Parameters
    ----------
    app : ASGI application
    limits : mapping of str to int
        Path, as a route has it → largest JSON body in bytes. `ANY` leaves size and type to the handler.
    form : int
        Largest form of the console, whatever its path.
    seconds : float
        A body has so long to arrive, and so long may lie between two pieces of a file. Only POST requests to these
        paths are looked at.
    """

    def __init__(self, app: ASGIApp, limits: Mapping[str, int], form: int, seconds: float) -> None:
        self._app = app
        self._whole = {path: (limit, _JSON) for path, limit in limits.items() if "{" not in path}
        self._patterns = [(compile_path(path)[0], (limit, _JSON)) for path, limit in limits.items() if "{" in path]
        self._form = (form, _FORM)
        self._seconds = seconds
        self._patience = _Patience(seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        found = self._limit(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        limit, wanted = found
        if limit == ANY:
            await self._app(scope, self._patient(receive), send)
            return
        path = scope["path"]
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if media_type != wanted:
            sent = media_type.decode("latin-1") or "missing"
            detail = f"Content-Type is {sent!r}. Send {wanted.decode()}."
            await answer(scope, problem("wrong-content-type", detail, path))(scope, receive, send)
            return
        try:
            too_large = declared.isdigit() and int(declared) > limit
            body = None if too_large else await self._patience.wait(_read(receive, limit))
        except TimeoutError:
            detail = f"The body has not arrived within {self._seconds:g} seconds. Send it again."
            await answer(scope, problem("too-slow", detail, path), {"connection": "close"})(scope, receive, send)
            return
        if body is None:
            detail = f"The body is over {limit:,} bytes. Send less at once."
            await answer(scope, problem("body-too-large", detail, path), {"connection": "close"})(scope, receive, send)
            return
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, replay, send)

    def _patient(self, receive: Receive) -> Receive:
        """A receive that waits `seconds` for each piece and then takes the sender for gone."""

        async def receiving() -> Message:
            try:
                return await self._patience.wait(receive())
            except TimeoutError:
                return {"type": "http.disconnect"}

        return receiving

    def _limit(self, path: str) -> tuple[int, bytes] | None:
        """Largest body and its type, if the path has a limit."""
        found = self._whole.get(path)
        if found is None:
            found = next((limit for fits, limit in self._patterns if fits.match(path)), None)
        return self._form if found is None and is_console(path) else found


class _Patience:
    """Waits for others, but not for ever; with one timer for all who wait, since nearly nobody waits for long."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[asyncio.Task[Any], float] = {}  # who waits and how long, the first first
        self._timed: asyncio.AbstractEventLoop | None = None

    async def wait(self, coming: Awaitable[T]) -> T:
        """What comes. Raises `TimeoutError` if it takes too long."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101  # whatever runs in the loop is one
        self._until[task] = loop.time() + self._seconds
        if self._timed is not loop:
            self._timed = loop
            loop.call_later(self._seconds, self._look, loop)
        try:
            return await coming
        except asyncio.CancelledError:
            if task in self._until or task.uncancel():  # somebody else's doing
                raise
            raise TimeoutError from None
        finally:
            self._until.pop(task, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the waiting of those whose time is over."""
        while self._until:
            task, until = next(iter(self._until.items()))
            if until > loop.time():
                loop.call_at(until, self._look, loop)
                return
            del self._until[task]
            task.cancel()
        self._timed = None


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
