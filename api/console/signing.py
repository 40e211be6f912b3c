"""Signing in with an API key, and out again."""

from __future__ import annotations

import zlib
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.access.gate import Anyone
from api.access.rates import Rates
from api.access.ring import KeyRing
from api.console import CONSOLE, HOME, SIGN_IN, SIGN_OUT
from api.console.pages import Words, render
from api.console.sessions import COOKIE, Form, Sessions, Visit, local_address

_TRIES: Final = 10.0
"""Per second and address: keys cannot be guessed, and nobody should keep the server busy with trying."""
_SLOTS: Final = 4_096

_LOG = structlog.get_logger("console")

_WRONG: Final = Words(
    "这把密钥无效：可能输错、已过期或已停用。请检查后再试，或向管理员索取新的密钥。",
    "This key is not valid: mistyped, expired or revoked. Check it, or ask an administrator for a new one.",
)
_HURRIED: Final = Words("尝试太频繁，请等几秒再试。", "Too many attempts: wait a few seconds and try again.")


class Signing:
    """What signing in needs.

    Parameters
    ----------
    ring : KeyRing
    rates : Rates
    sessions : Sessions
    """

    def __init__(self, ring: KeyRing, rates: Rates, sessions: Sessions) -> None:
        self.ring = ring
        self.sessions = sessions
        self._rates = rates

    def hurried(self, address: str) -> bool:
        """Whether somebody tries too often."""
        return self._rates.wait(-1 - zlib.crc32(address.encode()) % _SLOTS, _TRIES) > 0  # below the numbers of keys


async def get_signing(request: Request) -> Signing:
    """Of this application."""
    signing: Signing = request.app.state.signing
    return signing


Signs = Annotated[Signing, Depends(get_signing)]

router = APIRouter()


@router.get(SIGN_IN)
async def ask_for_key(request: Request, back: Annotated[str, Query(alias="next")] = HOME) -> Response:
    """Ask for the key; who is in already goes on."""
    if hasattr(request.state, "caller"):
        return RedirectResponse(local_address(back), 303)
    return render(request, "sign/in.html", back=local_address(back), fault=None)


@router.post(SIGN_IN)
async def sign_in(request: Request, form: Form, signing: Signs) -> Response:
    """Begin a session."""
    back = local_address(form.get("next", HOME))
    if signing.hurried(request.client.host if request.client else ""):
        return render(request, "sign/in.html", 429, back=back, fault=_HURRIED)
    key, needed = signing.ring.find(form.get("key", "").strip())
    if needed and key is None:
        _LOG.warning("sign-in refused")
        return render(request, "sign/in.html", 403, back=back, fault=_WRONG)
    response = RedirectResponse(back, 303)
    if key is not None:
        if hasattr(request.state, "caller"):
            await run_in_threadpool(signing.sessions.sign_out, request.state.visit, request.state.caller)
        visit = await run_in_threadpool(signing.sessions.sign_in, key, request.state.request_id)
        visit.remember(request, response)
    return response


@router.post(SIGN_OUT)
def sign_out(request: Request, caller: Anyone, signing: Signs) -> Response:
    """End the session, here and in the browser."""
    visit: Visit = request.state.visit
    signing.sessions.sign_out(visit, caller)
    response = RedirectResponse(SIGN_IN, 303)
    response.delete_cookie(COOKIE, path=CONSOLE, httponly=True, samesite="lax")
    return response
