"""Routes that hurry: told of in OpenAPI like all others, and served without what the framework does besides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, TypeVar, get_args, get_origin

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema
from starlette.requests import ClientDisconnect
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from api.http_problems import bad_body

_JSON: Final = (b"content-type", b"application/json")
_MARK: Final = b"\xef\xbb\xbf"
"""Some programs begin UTF-8 with it."""

Model = TypeVar("Model", bound=BaseModel)


class Unread(Generic[Model]):
    """A body as it was sent, for a function that has it read elsewhere; OpenAPI tells of the model.

    Attributes
    ----------
    body : bytes
    """

    def __init__(self, body: bytes) -> None:
        self.body = body

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """That of the model."""
        (model,) = get_args(source)
        return handler(model)


class Written(Response):
    """An answer that is JSON already."""

    def __init__(self, body: bytes) -> None:
        self.status_code = 200
        self.background = None
        self.body = body
        self.raw_headers = [_JSON, (b"content-length", b"%d" % len(body))]


def hurry(app: FastAPI, router: APIRouter) -> None:
    """Serve the routes of a router before all others, and directly.

    Their functions take a body, read or `Unread`, and dependencies that need the request alone, and give a `Written`.
    For these the framework's own way, which is for all that a route may have, takes longer than a complaint's reading:
    it looks at each router in turn, enters contexts for what dependencies might leave open, parses the body, checks
    what comes of it, and looks at each dependency anew.
    """
    routes = [route for route in router.routes if isinstance(route, APIRoute)]
    app.router.routes[:0] = [_DirectRoute(route.path, _Direct(route), methods=route.methods) for route in routes]


class _DirectRoute(Route):
    """Takes what it answers, and leaves other methods of its address to the framework."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether it answers, and if so what the request is to be told of under."""
        match, found = super().matches(scope)
        return (match, {**found, "route": self}) if match is Match.FULL else (Match.NONE, {})


class _Direct:
    """ASGI application in the place of a route's own."""

    def __init__(self, route: APIRoute) -> None:
        self._answer: Callable[..., Awaitable[Written]] = route.endpoint
        self._needed: list[tuple[str, Callable[[Request], Awaitable[Any]]]] = [
            (dependency.name or "", dependency.call)  # type: ignore[misc]
            for dependency in route.dependant.dependencies
        ]
        (sent,) = route.dependant.body_params
        self._name = sent.name
        asked: Any = sent.field_info.annotation
        self._read: Callable[[bytes], Any] = asked if get_origin(asked) is Unread else asked.model_validate_json

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        given = {name: await find(request) for name, find in self._needed}
        body = await _whole(receive)
        try:
            given[self._name] = self._read(body.removeprefix(_MARK))
        except ValidationError as error:
            raise bad_body(error) from error
        answer = await self._answer(**given)
        await answer(scope, receive, send)


async def _whole(receive: Receive) -> bytes:
    """A body, all of it."""
    pieces = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)
