"""The gate: who is asking, by which way, and how often; before a body is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Final

import structlog
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.caller import LOCAL, Caller
from api.access.caller import Scope as Right
from api.access.rates import Rates
from api.access.ring import Key, KeyRing
from api.console import SIGN_IN, STATIC, is_console
from api.console.sessions import Sessions, Visit, to_sign_in
from api.http_problems import answer
from api.problems import RETRY_AFTER, STORAGE_AWAY, RefusedError, problem
from api.storage import UNAVAILABLE, cause

_LOG = structlog.get_logger("gate")

OPEN: Final = frozenset({"/health/live", "/health/ready"})
"""Asked by machines that have no key and learn nothing from it."""

Refusal = tuple[str, str, Mapping[str, str]]
"""Kind of problem, its detail, and headers."""

_INSECURE: Final[Refusal] = (
    "insecure",
    "This service takes https only. Ask again by https, or through its proxy.",
    {},
)
_OURS: Final = b"same-origin"
"""What browsers say of a request that one of our own pages has made."""

_LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Gate:
    """ASGI middleware that lets a request pass with its caller in ``scope["state"]``, or refuses it.

    Parameters
    ----------
    app : ASGI application
    ring : KeyRing
    rates : Rates
    sessions : Sessions
        By which browsers come in at the console, and nowhere else.
    https_only : bool
        Refuse what has come unencrypted: the service is open to others than its own machine.
    """

    def __init__(self, app: ASGIApp, ring: KeyRing, rates: Rates, sessions: Sessions, *, https_only: bool) -> None:
        self._app = app
        self._ring = ring
        self._rates = rates
        self._sessions = sessions
        self._https_only = https_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, or refuse it."""
        if scope["type"] == "http" and scope["path"] not in OPEN:
            console = is_console(scope["path"])
            refusal = await (self._refusal_of_page(scope) if console else self._refusal(scope))
            if refusal is not None:
                kind, detail, headers = refusal
                if kind == "no-key" and console:
                    answered = to_sign_in(scope)
                else:
                    answered = answer(scope, problem(kind, detail, scope["path"]), headers)
                # The body has not been read: what follows on this connection would be it.
                answered.headers["connection"] = "close"
                await answered(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Refusal | None:
        """Why a program's request is refused; else it has its caller."""
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # of one that comes twice, the first counts
        if self._https_only and scope["scheme"] != "https":
            return _INSECURE
        scheme, _, secret = headers.get(b"authorization", b"").partition(b" ")
        bearer = secret.strip().decode("latin-1") if scheme.lower() == b"bearer" else None
        if not self._ring.fresh:
            await self._ring.refresh()
        key, needed = self._ring.find(bearer)
        return self._come_in(scope, key) if needed else _local(scope, headers)

    async def _refusal_of_page(self, scope: Scope) -> Refusal | None:
        """The same for a browser: it is told by its cookie, and whoever is not signed in may do so."""
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        if self._https_only and scope["scheme"] != "https":
            return _INSECURE
        if scope["path"].startswith(STATIC):
            return None
        scope["state"]["visit"] = visit = Visit.of(headers.get(b"cookie", b"").decode("latin-1"))
        if scope["method"] == "POST" and headers.get(b"sec-fetch-site", _OURS) != _OURS:
            return "foreign-origin", "The console takes nothing from pages of other sites.", {}
        if not self._ring.fresh:
            await self._ring.refresh()
        _, needed = self._ring.find(None)
        if not needed:
            return _local(scope, headers)
        try:
            key = self._ring.numbered(await self._sessions.key(visit))
        except UNAVAILABLE as error:
            _LOG.error("storage", cause=cause(error))
            return "storage-unavailable", STORAGE_AWAY, {"retry-after": str(RETRY_AFTER)}
        return None if key is None and scope["path"] == SIGN_IN else self._come_in(scope, key)

    def _come_in(self, scope: Scope, key: Key | None) -> Refusal | None:
        if key is None:
            detail = "Send a valid API key: Authorization: Bearer cpl_…. `complaints keys` makes and lists them."
            return "no-key", detail, {"www-authenticate": "Bearer"}
        wait = self._rates.wait(key.number, key.rate)
        if wait:
            detail = f"This key may ask {key.rate:g} times a second. Ask again in {math.ceil(wait)} s."
            return "too-many-requests", detail, {"retry-after": str(math.ceil(wait))}
        scope["state"]["caller"] = Caller(key.owner, key.scopes, scope["state"]["request_id"])
        return None


def _local(scope: Scope, headers: Mapping[bytes, bytes]) -> Refusal | None:
    """Let this machine in, while there are no keys, and nobody else."""
    if foreign := _foreign(headers):
        return "foreign-origin", foreign, {}
    scope["state"]["caller"] = Caller(LOCAL.owner, LOCAL.scopes, scope["state"]["request_id"])
    return None


def _foreign(headers: Mapping[bytes, bytes]) -> str:
    """Why a request without keys seems to come from a web page that is none of ours, or nothing."""
    host = headers.get(b"host", b"").decode("latin-1")
    name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
    if name not in _LOOPBACK_NAMES:
        return f"Without API keys this service answers to 127.0.0.1 and localhost, not to {name!r}. Make a key."
    origin = headers.get(b"origin")
    if origin is not None and origin.decode("latin-1").partition("://")[2] != host:
        return "Without API keys this service answers no web pages of other origins. Make a key."
    return ""


_BEARER: Final = HTTPBearer(auto_error=False, description="An API key, if the service has any: `complaints keys add`.")


class Requires:
    """A dependency: the caller, if one of the scopes is theirs; else the request is refused with 403."""

    def __init__(self, *scopes: Right) -> None:
        self._scopes = scopes

    async def __call__(
        self, request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)] = None
    ) -> Caller:
        """Give the caller."""
        caller: Caller = request.scope["state"]["caller"]
        if self._scopes and not caller.may(*self._scopes):
            wanted = " or ".join(self._scopes)
            raise RefusedError(
                "not-allowed", f"This needs a key of scope {wanted} (or admin); yours has {_list(caller)}."
            )
        return caller


def _list(caller: Caller) -> str:
    return ", ".join(sorted(caller.scopes)) or "none"


Anyone = Annotated[Caller, Depends(Requires())]
Sender = Annotated[Caller, Depends(Requires("intake"))]
Reader = Annotated[Caller, Depends(Requires("intake", "review", "analyst"))]
Reviewer = Annotated[Caller, Depends(Requires("review", "analyst"))]
Analyst = Annotated[Caller, Depends(Requires("analyst"))]
Admin = Annotated[Caller, Depends(Requires("admin"))]
