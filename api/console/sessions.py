"""Signing in at the console: sessions of browsers, and the token that every change must carry."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL
from starlette.types import Scope

from api.access.caller import Caller
from api.access.ring import Key
from api.console import CONSOLE, HOME, SIGN_IN
from api.problems import RefusedError
from api.storage import Database, now
from api.storage import Sessions as SessionRows

COOKIE: Final = "complaints_session"
LASTS: Final = timedelta(hours=12)
_SHORTEST: Final = 32
"""Characters of a token: whatever is shorter has not been made here."""
_MOST_FIELDS: Final = 1_000
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Visit:
    """A browser that asks.

    Attributes
    ----------
    token : str
        What its cookie holds: random, and known to nobody else.
    new : bool
        Whether it has yet to be given the cookie.
    """

    token: str
    new: bool

    @classmethod
    def of(cls, cookies: str) -> Visit:
        """Tell a browser by its cookies; one that has none of ours gets a new token."""
        try:
            sent = SimpleCookie(cookies).get(COOKIE)
        except CookieError:
            sent = None
        if sent is not None and len(sent.value) >= _SHORTEST:
            return cls(sent.value, new=False)
        return cls.begun()

    @classmethod
    def begun(cls) -> Visit:
        """A browser that has no token yet."""
        return cls(secrets.token_urlsafe(32), new=True)

    @cached_property
    def hash(self) -> str:
        """What the database knows it by: whoever reads it there cannot come in with it."""
        return hashlib.sha256(self.token.encode()).hexdigest()

    @cached_property
    def csrf(self) -> str:
        """What its forms must bring: other sites can make a browser send its cookie, but not read this in our pages."""
        return hmac.new(self.token.encode(), b"csrf", hashlib.sha256).hexdigest()

    def remember(self, request: Request, response: Response) -> None:
        """Let the browser have the cookie.

        SameSite is Lax: a link to a case, in a mail say, finds its reader signed in. With what other sites post, the
        cookie does not come.
        """
        response.set_cookie(
            COOKIE,
            self.token,
            max_age=int(LASTS.total_seconds()),
            path=CONSOLE,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )


class Sessions:
    """Who is signed in.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._rows = SessionRows(database)

    async def key(self, visit: Visit) -> int | None:
        """Number of the key that a browser is signed in with."""
        return None if visit.new else await run_in_threadpool(self._rows.key, visit.hash)

    def sign_in(self, key: Key, request_id: str) -> Visit:
        """Begin a session under a new token: nobody may know it from before."""
        visit = Visit.begun()
        caller = Caller(key.owner, key.scopes, request_id)
        self._rows.begin(visit.hash, key.number, now() + LASTS, caller.act("sign in", key.key_id))
        return visit

    def sign_out(self, visit: Visit, caller: Caller) -> None:
        """End a session."""
        self._rows.end(visit.hash, caller.act("sign out"))


async def sent_form(request: Request) -> Mapping[str, str]:
    """The fields of a form that a page has posted. Of one that comes twice, the last counts."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return {}
    try:
        return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise RefusedError(
            "invalid-field", "The form cannot be read: it is not UTF-8, or has too many fields."
        ) from error


Form = Annotated[Mapping[str, str], Depends(sent_form)]


async def from_our_page(request: Request) -> None:
    """Refuse a change that does not come from a page of this console and of this session."""
    if request.method in ("GET", "HEAD"):
        return
    visit: Visit = request.state.visit
    sent = request.headers.get("x-csrf-token") or (await sent_form(request)).get("csrf", "")
    if not hmac.compare_digest(sent.encode(), visit.csrf.encode()):
        raise RefusedError("stale-page", "This page is older than your session. Load it again and repeat what you did.")


def local_address(sent: str) -> str:
    """Where to go after signing in: an address of the console, whatever was asked for."""
    sane = sent.startswith(HOME) and sent.isprintable() and "\\" not in sent and "//" not in sent.partition("?")[0]
    return sent if sane else HOME


def to_sign_in(scope: Scope) -> Response:
    """Send a browser to sign in and back again; htmx, which would put that page into the old one, is told to go."""
    request = Request(scope)
    asked, partial = request.url, "hx-request" in request.headers
    if partial:
        asked = URL(request.headers.get("hx-current-url", ""))
    elif request.method != "GET":
        asked = URL(HOME)
    back = local_address(f"{asked.path}?{asked.query}" if asked.query else asked.path)
    asking = {"next": back, **{name: value for name, value in request.query_params.items() if name == "lang"}}
    address = f"{SIGN_IN}?{urlencode(asking)}"
    return Response(status_code=401, headers={"hx-redirect": address}) if partial else RedirectResponse(address, 303)
