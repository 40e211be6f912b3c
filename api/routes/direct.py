"""Routes that cost little: told of in OpenAPI like all others, and served without what the framework does besides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

_JSON: Final = (b"content-type", b"application/json")
_MARK: Final = b"\xef\xbb\xbf"
"""Some programs begin UTF-8 with it."""


class Written(Response):
    """An answer that is JSON already."""

    def __init__(self, body: bytes) -> None:
        self.status_code = 200
        self.background = None
        self.body = body
        self.raw_headers = [_JSON, (b"content-length", b"%d" % len(body))]


class Direct(APIRoute):
    """A route whose function takes a body, and dependencies that need the request alone, and writes its answer itself.

    For these the framework's own way, which is for all that a route may have, takes longer than a complaint's reading:
    it parses the body, checks what comes of it, looks at each dependency anew, and checks the answer once more.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Make what is called with each request."""
        answer = self.endpoint
        needed: list[tuple[str, Callable[[Request], Awaitable[Any]]]] = [
            (dependency.name or "", dependency.call)  # type: ignore[misc]
            for dependency in self.dependant.dependencies
        ]
        (sent,) = self.dependant.body_params
        body: type[BaseModel] = sent.field_info.annotation  # type: ignore[assignment]

        async def handle(request: Request) -> Response:
            given = {name: await find(request) for name, find in needed}
            try:
                given[sent.name] = body.model_validate_json((await request.body()).removeprefix(_MARK))
            except ValidationError as error:
                raise RequestValidationError(error.errors(include_url=False, include_input=False)) from error
            written: Written = await answer(**given)
            return written

        return handle
