"""复核 Review: the cases that wait for a person, one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, get_args

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.access.caller import Caller
from api.access.gate import Reviewer
from api.cases import CaseOut, ComplaintId
from api.casework import Casework
from api.channels import CHANNELS
from api.console import CONSOLE, wording
from api.console.pages import Page, Words, partial, render, when
from api.console.sessions import Form
from api.desk import Desk
from api.problems import TITLES, RefusedError, field_errors
from api.reviews import BusinessChannel, ClaimRequest, CorrectionRequest, ReturnRequest, ReviewOut
from api.routes.reviews import Review
from api.serving import Serving
from api.storage import now
from api.undoing import NotUndoableError
from classifier.taxonomy import UNDECIDED, Category, Named, Taxonomy
from classifier.thresholds import DOUBTS

PAGE: Final = Page(f"{CONSOLE}/review", Words("复核", "Review"), ("review", "analyst"))

_KEYS: Final = 5
"""So many candidates have a key."""

_TYPED: Final = ("kind", "business", "cause", "business_channel", "note")
_NOTHING_TYPED: Final[Mapping[str, str]] = dict.fromkeys((*_TYPED, "category"), "")

router = APIRouter(prefix=PAGE.path)


async def get_desk(request: Request) -> Desk:
    """The desks of this application."""
    desk: Desk = request.app.state.desk
    return desk


async def get_casework(request: Request) -> Casework:
    """The casework of this application."""
    casework: Casework = request.app.state.casework
    return casework


AtDesk = Annotated[Desk, Depends(get_desk)]
Work = Annotated[Casework, Depends(get_casework)]


@router.get("")
def show(request: Request, desk: AtDesk, reviewing: Review, caller: Reviewer) -> Response:
    """The case that the caller has, or what waits."""
    case = reviewing.held(caller)
    if case is not None:
        # From now on: a page that is just being left may not let go what this one shows.
        case.held_until = desk.keep(case.complaint_id, caller) or case.held_until
    return _desk(request, caller, case)


@router.post("/next")
def take(request: Request, reviewing: Review, caller: Reviewer, form: Form) -> Response:
    """Take the next case; also of those passed over lately, if asked for."""
    return _next(request, reviewing, caller, passed_over=bool(form.get("passed_over")))


@router.post("/{complaint_id}/judge")
def judge(request: Request, complaint_id: ComplaintId, reviewing: Review, caller: Reviewer, form: Form) -> Response:
    """Say what a case is about: confirm the model's first candidate, or correct it."""
    said = {name: form[name] for name in _TYPED if form.get(name)}
    try:
        correction = CorrectionRequest(category=form.get("pick") or form.get("category", ""), **said)
        reviewing.correct(complaint_id, correction, caller, holding=True)
    except (ValidationError, RefusedError) as error:
        return _refused(request, caller, complaint_id, error, form)
    return _next(request, reviewing, caller, _judged(request, complaint_id, correction.category))


@router.post("/{complaint_id}/return")
def give_back(request: Request, complaint_id: ComplaintId, reviewing: Review, caller: Reviewer, form: Form) -> Response:
    """Take a case from its department, which says that it is not its own."""
    try:
        returned = ReturnRequest(note=form.get("note", ""), category=form.get("category") or None)
        reviewing.give_back(complaint_id, returned, caller, holding=True)
    except (ValidationError, RefusedError) as error:
        return _refused(request, caller, complaint_id, error, form)
    told = Words(f"已退单：{complaint_id}。", f"Returned: {complaint_id}.")
    return _next(request, reviewing, caller, told)


@router.post("/{complaint_id}/skip")
def skip(request: Request, complaint_id: ComplaintId, desk: AtDesk, reviewing: Review, caller: Reviewer) -> Response:
    """Leave a case to others for a while."""
    try:
        desk.skip(complaint_id, caller)
    except RefusedError as error:
        return _refused(request, caller, complaint_id, error, {})
    told = Words(f"已跳过：{complaint_id}，留给别人。", f"Skipped: {complaint_id} is left to others.")
    return _next(request, reviewing, caller, told)


@router.post("/{complaint_id}/undo")
def undo(
    request: Request, complaint_id: ComplaintId, desk: AtDesk, reviewing: Review, caller: Reviewer, form: Form
) -> Response:
    """Take back what the caller did with a case, and have it again; the one at hand is let go."""
    number, at_hand = form.get("number", ""), form.get("at_hand")
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        raise RefusedError("invalid-field", "There is no such act.")
    try:
        desk.undo(int(number), complaint_id, caller)
    except RefusedError as error:
        return _refused(request, caller, complaint_id, error, {})
    if at_hand and at_hand != complaint_id:
        desk.let_go(at_hand, caller)
    told = Words(f"已撤销，{complaint_id}又在您手里。", f"Taken back: you have {complaint_id} again.")
    case = reviewing.claim(ClaimRequest(complaint_id=complaint_id), caller)
    return _desk(request, caller, case, told, again=True)


@router.post("/{complaint_id}/keep")
def keep(request: Request, complaint_id: ComplaintId, desk: AtDesk, caller: Reviewer) -> Response:
    """Hold a case for longer, because its page is open."""
    until = desk.keep(complaint_id, caller)
    return _hold(request, desk, caller, complaint_id, until)


@router.post("/{complaint_id}/retake")
def retake(request: Request, complaint_id: ComplaintId, desk: AtDesk, reviewing: Review, caller: Reviewer) -> Response:
    """Claim a case again, whose claim has run out; what has been typed stays."""
    case = reviewing.claim(ClaimRequest(complaint_id=complaint_id), caller)
    if not partial(request):
        return RedirectResponse(PAGE.path, 303)
    return _hold(request, desk, caller, complaint_id, None if case is None else case.held_until)


@router.post("/{complaint_id}/leave", status_code=204)
def leave(complaint_id: ComplaintId, desk: AtDesk, caller: Reviewer, form: Form) -> None:
    """Let go what a page has claimed that is being left."""
    try:
        until = datetime.fromisoformat(form.get("until", ""))
    except ValueError as error:
        raise RefusedError("invalid-field", "Say which claim: until when it lasts.") from error
    desk.leave(complaint_id, until, caller)


def _next(
    request: Request, reviewing: Review, caller: Caller, told: Words | None = None, *, passed_over: bool = False
) -> Response:
    case = reviewing.claim(ClaimRequest(), caller, passed_over=passed_over)
    if not partial(request):
        return RedirectResponse(PAGE.path, 303)
    return _desk(request, caller, case, told)


def _desk(
    request: Request,
    caller: Caller,
    case: ReviewOut | None,
    told: Words | None = None,
    *,
    again: bool = False,
    fault: Words | None = None,
    refused: str = "",
    lost: bool = False,
    form: Mapping[str, str] = _NOTHING_TYPED,
) -> Response:
    """The whole page, or for htmx the desk alone."""
    serving: Serving = request.app.state.service.serving
    desk, casework = request.app.state.desk, request.app.state.casework
    blind = case is not None and case.why == "sample"
    record: CaseOut | None = casework.record(case.complaint_id) if case else None
    candidates = [] if case is None else [one.model_dump() for one in case.candidates or ()]
    likely = candidates[0]["code"] if candidates else ""
    return render(
        request,
        "review/desk.html" if partial(request) else "review/page.html",
        case=case,
        blind=blind,
        record=record,
        history=record is not None and not blind,
        candidates=[{**one, "group": serving.taxonomy[one["code"]].group} for one in candidates[:_KEYS]],
        evidence=[] if case is None else [one.model_dump() for one in case.evidence or ()],
        signals=[] if case is None else [one.model_dump() for one in case.signals or ()],
        likely=likely,
        undecided=UNDECIDED,
        groups=_groups(serving.taxonomy),
        taxonomy=serving.taxonomy,
        standing=desk.standing(caller),
        channels=CHANNELS,
        business_channels=get_args(BusinessChannel),
        wording=wording,
        now=now(),
        told=told,
        again=again,
        doubts=DOUBTS,
        fault=fault,
        refused=refused,
        lost=lost,
        form={**_NOTHING_TYPED, **form},
    )


def _hold(request: Request, desk: Desk, caller: Caller, complaint_id: str, until: datetime | None) -> Response:
    """Until when a case is the caller's, or why it is not any more."""
    lost = None if until else _whereabouts(desk, complaint_id, caller)
    return render(request, "review/hold.html", complaint_id=complaint_id, until=until, lost=lost)


def _whereabouts(desk: Desk, complaint_id: str, caller: Caller) -> Words:
    """Why a case is not the caller's any more."""
    row = desk.waits(complaint_id)
    if row is None:
        return Words(
            "这件案件已经有人复核过，不再等待。您这里的操作没有写入。",
            "Somebody has looked at this case meanwhile: it waits no more. Nothing of yours was written.",
        )
    until = when(row["held_until"]) if row["held_until"] else ""
    if row["holder"] not in (None, caller.owner):
        return Words(
            f"{row['holder']}正在看这件案件（到{until}）。您这里的操作没有写入。",
            f"{row['holder']} has this case now (until {until}). Nothing of yours was written.",
        )
    return Words(
        "您对这件案件的领取已到期，别人可以领走。您填写的内容还在，重新领取后可继续。",
        "Your claim has run out, and others may take the case. What you typed is still here: claim it again to go on.",
    )


def _refused(
    request: Request, caller: Caller, complaint_id: str, error: ValidationError | RefusedError, form: Mapping[str, str]
) -> Response:
    """Say why nothing was written; the page, and with it what was typed, stays as it is."""
    desk: Desk = request.app.state.desk
    lost = isinstance(error, RefusedError) and error.kind == "no-such-claim"
    words = _whereabouts(desk, complaint_id, caller) if lost else _told(error)
    status = TITLES[error.kind][0] if isinstance(error, RefusedError) else 422
    if partial(request):
        return render(request, "review/fault.html", status, complaint_id=complaint_id, fault=words, lost=lost)
    held = request.app.state.reviewing.held(caller)
    response = _desk(request, caller, held, fault=words, refused=complaint_id, lost=lost, form=form)
    response.status_code = status
    return response


def _told(error: ValidationError | RefusedError) -> Words:
    if isinstance(error, NotUndoableError):
        words = _NOT_UNDOABLE[error.reason]
        return Words(words.zh.format(error.who), words.en.format(error.who))
    if isinstance(error, ValidationError):
        pointers = [field.pointer for field in field_errors(error.errors(include_url=False, include_input=False))]
    else:
        pointers = [field.pointer for field in error.errors]
    known = next((_FIELDS[pointer] for pointer in pointers if pointer in _FIELDS), None)
    return known or Words(str(error), str(error))


_FIELDS: Final = {
    "/category": Words("请选一个类别。", "Choose a category."),
    "/note": Words("备注要填，最多2,000个字。", "Write a note, of 2,000 characters at most."),
    "/business": Words("业务类别与所选类别不符：请改选，或不选。", "The business does not go with this category."),
    "/cause": Words("投诉原因与所选类别不符：请改选，或不选。", "The cause does not go with this category."),
    "/kind": Words("请重新选择性质。", "Choose the kind again."),
    "/business_channel": Words("请重新选择业务办理渠道。", "Choose the business channel again."),
}

_NOT_UNDOABLE: Final = {
    "gone-on": Words(
        "不能撤销：之后已有人继续处理。请在案件页更正。", "Somebody has gone on with this case: correct it on its page."
    ),
    "too-long-ago": Words("不能撤销：时间太久。请在案件页更正。", "That was too long ago: correct it on its page."),
    "held": Words("不能撤销：{}正在看这件案件。", "{} has this case now: it cannot be taken back."),
    "corrected": Words("不能撤销：{}之后已更正。", "{} has corrected it since: it cannot be taken back."),
    "seen": Words(
        "不能撤销：您之后看过它的记录，不再是盲检。请在案件页更正。",
        "You have looked at its record since, so it would not be blind any more: correct it on its page.",
    ),
}


def _judged(request: Request, complaint_id: str, code: str) -> Words:
    category: Category = request.app.state.service.serving.taxonomy[code]
    return Words(f"{complaint_id}已判为{category.zh}。", f"{complaint_id} judged as {category.en}.")


def _groups(taxonomy: Taxonomy) -> list[tuple[Named, list[Category]]]:
    """All categories in the taxonomy's order, by groups."""
    groups: dict[str, tuple[Named, list[Category]]] = {}
    for category in taxonomy.values():
        groups.setdefault(category.group.code, (category.group, []))[1].append(category)
    return list(groups.values())
