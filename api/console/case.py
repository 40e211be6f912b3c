"""The whole life of a case on one page, and what a person may do there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.access.caller import Caller
from api.access.gate import Admin, Reviewer
from api.cases import CaseOut, ComplaintId, EventRequest
from api.console import CONSOLE, wording
from api.console.choices import choices
from api.console.pages import Words, render
from api.console.reasons import reason
from api.console.sessions import Form
from api.console.timeline import story
from api.life import Life
from api.problems import TITLES, RefusedError, field_errors
from api.reviews import CorrectionRequest, ReturnRequest
from api.routes.complaints import Desk
from api.routes.reviews import Review

PATH: Final = f"{CONSOLE}/cases/{{complaint_id}}"

router = APIRouter()


@router.get(PATH)
def show_case(
    complaint_id: ComplaintId, request: Request, casework: Desk, caller: Reviewer, done: bool = False
) -> Response:
    """The whole life of a case; `done` after something was done to it."""
    return _case(request, casework.find(complaint_id, caller), casework, caller, done=done)


@router.post(f"{PATH}/correct")
def correct(
    complaint_id: ComplaintId, request: Request, casework: Desk, desk: Review, caller: Reviewer, form: Form
) -> Response:
    """Say what a case is really about."""
    return _act(
        request,
        (complaint_id, form, "correct"),
        casework,
        caller,
        lambda: desk.correct(complaint_id, CorrectionRequest.model_validate(_given(form)), caller),
    )


@router.post(f"{PATH}/return")
def give_back(
    complaint_id: ComplaintId, request: Request, casework: Desk, desk: Review, caller: Reviewer, form: Form
) -> Response:
    """Say that a case is not its department's."""
    return _act(
        request,
        (complaint_id, form, "return"),
        casework,
        caller,
        lambda: desk.give_back(complaint_id, ReturnRequest.model_validate(_given(form)), caller),
    )


@router.post(f"{PATH}/events")
def add_event(complaint_id: ComplaintId, request: Request, casework: Desk, caller: Reviewer, form: Form) -> Response:
    """Tell what happened to a case."""
    given: dict[str, Any] = _given(form)
    if given.get("satisfaction", "").isdecimal():
        given["satisfaction"] = int(given["satisfaction"])
    return _act(
        request,
        (complaint_id, form, given.get("event", "")),
        casework,
        caller,
        lambda: casework.happen(complaint_id, EventRequest.model_validate(given), caller),
    )


@router.post(f"{PATH}/erase")
def erase(complaint_id: ComplaintId, request: Request, casework: Desk, caller: Admin, form: Form) -> Response:
    """Take the person out of a case, if whoever asks has said that they mean it."""
    if form.get("sure") != "yes":
        case = casework.find(complaint_id, caller)
        return _case(request, case, casework, caller, 422, fault=_NOT_SURE, open_form="erase")
    casework.erase(complaint_id, caller)
    return _back(complaint_id)


_NOT_SURE: Final = Words("请先勾选“我确认”，再抹除。", "Tick the box that says you are sure first.")


def _act(
    request: Request,
    sent: tuple[str, Mapping[str, str], str],
    casework: Desk,
    caller: Caller,
    do: Callable[[], object],
) -> Response:
    """Do something to a case and show it again; what was refused is told beside the form, as it was filled in."""
    complaint_id, form, name = sent
    try:
        do()
    except RefusedError as error:
        if error.kind == "no-such-complaint":
            raise
        status, fault = TITLES[error.kind][0], reason(str(error))
    except ValidationError as error:
        told = "; ".join(f"{one.pointer[1:]}: {one.detail}" for one in field_errors(error.errors()))
        status, fault = 422, reason(told)
    else:
        return _back(complaint_id)
    case = casework.record(complaint_id)
    return _case(request, case, casework, caller, status, fault=fault, open_form=name, values=form)


def _back(complaint_id: str) -> Response:
    return RedirectResponse(f"{CONSOLE}/cases/{quote(complaint_id, safe='')}?done=yes", 303)


def _given(form: Mapping[str, str]) -> dict[str, Any]:
    """What was filled in."""
    return {name: value.strip() for name, value in form.items() if name != "csrf" and value.strip()}


def _case(
    request: Request,
    case: CaseOut,
    casework: Desk,
    caller: Caller,
    status: int = 200,
    *,
    fault: Words | None = None,
    open_form: str = "",
    values: Mapping[str, str] | None = None,
    done: bool = False,
) -> Response:
    life = Life.of({**event.model_dump(), "number": number} for number, event in enumerate(case.events, 1))
    told = next((decision for decision in case.decisions if decision.standing), None)  # of its matter, on arrival
    standing = [correction for correction in case.corrections if correction.withdrawn_at is None]
    correction = standing[-1] if standing else None
    return render(
        request,
        "cases/case.html",
        status,
        case=case,
        prediction=case.predictions[-1],
        decision=case.decisions[-1],
        correction=correction,
        related=told.related if told else None,
        repeat=told is not None and told.standing == "repeat",
        category=(correction or case.predictions[-1]).category,
        signals=[signal.model_dump() for signal in case.predictions[-1].signals or ()],
        entries=story(case),
        possible=life.possible,
        closed=life.closed,
        acts=casework.acts(case.complaint_id) if caller.may("admin") else None,
        fault=fault,
        open_form=open_form,
        sent=values or {},
        done=done,
        wording=wording,
        satisfactions=_SATISFACTION,
        **choices(request),
    )


_SATISFACTION: Final = (
    Words("非常满意", "Very satisfied"),
    Words("满意", "Satisfied"),
    Words("一般", "So so"),
    Words("不满意", "Dissatisfied"),
    Words("非常不满意", "Very dissatisfied"),
)
