"""The console put together: its pages, in the order of the navigation, and its files."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from api.access.gate import Anyone
from api.access.rates import Rates
from api.access.ring import KeyRing
from api.console import CONSOLE, HOME, cases, files, models, overview, review, rules, signing, trying
from api.console.pages import FILES, problem_page
from api.console.sessions import Sessions, from_our_page
from api.problems import RefusedError

PAGES: Final = (trying, files, review, cases, overview, models, rules)
"""Modules with a ``router`` and a ``PAGE``."""

_YEAR: Final = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@router.get(CONSOLE)
@router.get(HOME)
def first_page(request: Request, caller: Anyone) -> Response:
    """Go to the first page that the caller may see."""
    for page in request.app.state.console_pages:
        if caller.may(*page.scopes):
            query = request.url.query
            return RedirectResponse(f"{page.path}?{query}" if query else page.path, 303)
    raise RefusedError("not-allowed", "This key opens no page of the console.")


class _Files(StaticFiles):
    """Files whose address names their content: they may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if scope["query_string"].startswith(b"v="):
            response.headers["cache-control"] = _YEAR
        return response


def install(app: FastAPI, ring: KeyRing, rates: Rates, sessions: Sessions) -> None:
    """Add the console to an application. Every change in it must come from one of its pages."""
    app.state.console_pages = tuple(module.PAGE for module in PAGES)
    app.state.console_keyed = ring.needed
    app.state.problem_page = problem_page
    app.state.signing = signing.Signing(ring, rates, sessions)
    checked: list[Any] = [Depends(from_our_page)]
    for module_router in (router, signing.router, *(module.router for module in PAGES)):
        app.include_router(module_router, dependencies=checked, include_in_schema=False)
    app.include_router(files.uploading, include_in_schema=False)
    app.mount(f"{CONSOLE}/static", _Files(directory=FILES))
