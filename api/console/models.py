"""模型 Models: which there are, which serves and why; comparing two, putting one in the other's place, going back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access.gate import Admin, Analyst
from api.console import CONSOLE, trainings
from api.console.cards import blocks
from api.console.pages import Page, Words, render
from api.console.sessions import Form
from api.console.trainings import reason_of
from api.problems import RefusedError
from api.trainings.service import TrainingOut
from api.versions import Hindrance, Version, Versions
from classifier.errors import BundleError

PAGE: Final = Page(f"{CONSOLE}/models", Words("模型", "Models"), ("analyst",))

_NEWEST: Final = 50
"""Trainings that the page shows."""
_SEARCHED: Final = 200
"""Trainings among which the one of a model is looked for."""
_REPORT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
"""A report needs nothing and runs nothing, whoever wrote its texts."""

_ACTS: Final[Mapping[str, Words]] = {
    "kept": Words("存入", "Kept"),
    "compared": Words("比较", "Compared"),
    "promoted": Words("上线", "Promoted"),
    "rolled_back": Words("退回", "Rolled back"),
    "shadowed": Words("旁听", "Shadow"),
}
_HINDRANCES: Final[Mapping[Hindrance, Words]] = {
    "serves": Words("它已经是在用模型。", "It serves already."),
    "never_compared": Words(
        "还不能上线：它没有和现在的在用模型比较过。请用两者都没学过的数据比较（见“比较”）。",
        "It cannot be promoted yet: it was never compared with the model that serves now. "
        "Compare both on data that neither has learnt from (see Compare).",
    ),
    "worse": Words(
        "不能上线：比较的结论是更差。换更多或更干净的数据再训练。",
        "It cannot be promoted: it was found worse. Train again, on more data or on cleaner data.",
    ),
    "not_enough_data": Words(
        "还不能上线：比较用的数据不足，不能下结论。请用更多两者都没学过的数据比较（见“比较”）。",
        "It cannot be promoted yet: there was not enough data to tell. "
        "Compare both on more data that neither has learnt from (see Compare).",
    ),
}

router = APIRouter()
router.include_router(trainings.router)


def get_versions(request: Request) -> Versions:
    """Of this application. Raises `RefusedError` if it follows no store."""
    versions: Versions | None = request.app.state.versions
    if versions is None:
        raise RefusedError("no-such-model", "This service was started with one model, and follows no store.")
    return versions


Kept = Annotated[Versions, Depends(get_versions)]


@router.get(PAGE.path)
def show(request: Request, caller: Analyst, versions: Kept, desk: trainings.Desk) -> Response:
    """What serves, what is being trained, what there is, and what happened."""
    try:
        kept, history = versions.all(), versions.history()
        previous = versions.previous
    except BundleError as error:
        return render(request, "models/page.html", damage=str(error), **_words())
    return render(
        request,
        "models/page.html",
        damage=None,
        versions=kept,
        champion=next((one for one in kept if one.champion), None),
        previous=next((one for one in kept if one.name == previous), None),
        trainings=desk.newest(_NEWEST),
        refused=request.app.state.service.refused,
        history=history,
        **_words(),
    )


@router.get(f"{PAGE.path}/versions/{{version}}")
def show_version(request: Request, version: str, caller: Analyst, versions: Kept, desk: trainings.Desk) -> Response:
    """One model: how good it is, its card, and what happened to it."""
    return _version_page(request, version, versions, desk)


@router.get(f"{PAGE.path}/versions/{{version}}/report")
def show_report(version: str, caller: Analyst, versions: Kept) -> Response:
    """How it was judged, at length: the page that was kept with it."""
    headers = {"content-security-policy": _REPORT_POLICY, "cache-control": "no-store"}
    try:
        return HTMLResponse(versions.report(version), headers=headers)
    except BundleError as error:
        raise RefusedError("no-such-model", str(error)) from error


@router.get(f"{PAGE.path}/compare")
def compare(
    request: Request,
    caller: Analyst,
    versions: Kept,
    desk: trainings.Desk,
    old: Annotated[str | None, Query(max_length=200)] = None,
    new: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Two models beside each other, and what the last comparison of them said."""
    kept = versions.all()
    champion = next((one.name for one in kept if one.champion), None)
    names = old or champion, new or next((one.name for one in kept if one.name != (old or champion)), None)
    before, after = ([one for one in kept if one.name == name] for name in names)
    both = before[0].name != after[0].name if before and after else False
    return render(
        request,
        "models/compare.html",
        versions=kept,
        old=before[0] if before else None,
        new=after[0] if after else None,
        said=versions.verdict(before[0].name, after[0].name) if both else None,
        comparison=_comparison(desk, before[0].name, after[0].name) if both else None,
        **_words(),
    )


@router.post(f"{PAGE.path}/versions/{{version}}/promote")
def promote(
    request: Request, version: str, caller: Admin, versions: Kept, desk: trainings.Desk, form: Form
) -> Response:
    """Let it serve, as the last comparison with the present one allows."""
    reason, fault = reason_of(form, confirmed=True)
    if fault is None:
        try:
            versions.promote(version, reason, caller)
        except RefusedError as error:
            if error.kind != "not-promoted":
                raise
            fault = Words(f"没有上线：{error}", f"Not promoted: {error}")
        else:
            return RedirectResponse(PAGE.path, 303)
    return _version_page(request, version, versions, desk, fault=fault, reason=form.get("reason", ""), status=409)


@router.post(f"{PAGE.path}/roll-back")
def roll_back(caller: Admin, versions: Kept, form: Form) -> Response:
    """Let the model serve again that served before."""
    reason, fault = reason_of(form, confirmed=True)
    if fault is not None:
        raise RefusedError("invalid-field", f"{fault.zh} {fault.en}")
    versions.roll_back(form.get("to", ""), reason, caller)
    return RedirectResponse(PAGE.path, 303)


def _version_page(
    request: Request,
    version: str,
    versions: Versions,
    desk: trainings.Desk,
    fault: Words | None = None,
    reason: str = "",
    status: int = 200,
) -> Response:
    one = versions.find(version)
    kept = versions.all()
    champion = next((other for other in kept if other.champion), None)
    try:
        card, problem = blocks(versions.card(version)), ""
    except BundleError as error:
        card, problem = [], str(error)
    return render(
        request,
        "models/version.html",
        status,
        one=one,
        card=card,
        problem=one.problem or problem,
        champion=champion,
        said=versions.verdict(champion.name, version) if champion else None,
        comparison=_comparison(desk, champion.name, version) if champion else None,
        hindrance=_hindrance(versions, one),
        training=_training_of(desk, version),
        history=[said for said in versions.history() if version in (said.version, said.against)],
        fault=fault,
        reason=reason,
        **_words(),
    )


def _hindrance(versions: Versions, one: Version) -> Words | None:
    hindrance = versions.hindrance(one.name)
    return hindrance and _HINDRANCES[hindrance]


def _training_of(desk: trainings.Desk, version: str) -> TrainingOut | None:
    """The training that has made a model, if it was started here."""
    ended = (one for one in desk.newest(_SEARCHED) if one.result and not one.options.compared)
    return next((one for one in ended if one.result and one.result["version"] == version), None)


def _comparison(desk: trainings.Desk, old: str, new: str) -> dict[str, Any] | None:
    """What was last found of the two here, category by category."""
    found = (one.result["comparison"] for one in desk.newest(_SEARCHED) if one.result)
    return next((said for said in found if said and (said["old"], said["new"]) == (old, new)), None)


def _words() -> dict[str, Any]:
    return {**trainings.words(), "acts": _ACTS}
