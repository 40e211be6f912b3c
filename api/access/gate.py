"""The gate: who is asking, by which way, and how often; before a body is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.caller import LOCAL, Caller
from api.access.caller import Scope as Right
from api.access.rates import Rates
from api.access.ring import KeyRing
from api.problems import RefusedError, problem, response

OPEN: Final = frozenset({"/health/live", "/health/ready"})
"""Asked by machines that have no key and learn nothing from it."""

_LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Gate:
    """ASGI middleware that lets a request pass with its caller in ``scope["state"]``, or refuses it.

    Parameters
    ----------
    app : ASGI application
    ring : KeyRing
    rates : Rates
    https_only : bool
        Refuse what has come unencrypted: the service is open to others than its own machine.
    """

    def __init__(self, app: ASGIApp, ring: KeyRing, rates: Rates, *, https_only: bool) -> None:
        self._app = app
        self._ring = ring
        self._rates = rates
        self._https_only = https_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, or refuse it."""
        if scope["type"] == "http" and scope["path"] not in OPEN:
            refusal = await self._refusal(scope)
            if refusal is not None:
                kind, detail, headers = refusal
                document = problem(kind, detail, scope["path"])
                # The body has not been read: what follows on this connection would be it.
                await response(document, {**headers, "connection": "close"})(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> tuple[str, str, Mapping[str, str]] | None:
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # of one that comes twice, the first counts
        if self._https_only and scope["scheme"] != "https":
            return "insecure", "This service takes https only. Ask again by https, or through its proxy.", {}
        scheme, _, secret = headers.get(b"authorization", b"").partition(b" ")
        bearer = secret.strip().decode("latin-1") if scheme.lower() == b"bearer" else None
        if not self._ring.fresh:
            await self._ring.refresh()
        key, needed = self._ring.find(bearer)
        state = scope["state"]
        if needed:
            if key is None:
                detail = "Send a valid API key: Authorization: Bearer cpl_…. `complaints keys` makes and lists them."
                return "no-key", detail, {"www-authenticate": "Bearer"}
            wait = self._rates.wait(key.number, key.rate)
            if wait:
                detail = f"This key may ask {key.rate:g} times a second. Ask again in {math.ceil(wait)} s."
                return "too-many-requests", detail, {"retry-after": str(math.ceil(wait))}
            state["caller"] = Caller(key.owner, key.scopes, state["request_id"])
        elif foreign := _foreign(headers):
            return "foreign-origin", foreign, {}
        else:
            state["caller"] = Caller(LOCAL.owner, LOCAL.scopes, state["request_id"])
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
        caller: Caller = request.state.caller
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
Admin = Annotated[Caller, Depends(Requires("admin"))]
