"""Training from the console: a history comes in, its report is read, a model is trained, judged, and used or not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from api.access.gate import Analyst
from api.console import CONSOLE
from api.console.pages import Words, partial, render
from api.console.sessions import Form
from api.problems import RefusedError
from api.schemas import Short
from api.storage import now
from api.trainings.service import Options, TrainingOut, TrainingService
from api.versions import Versions
from classifier.errors import TableError

UPLOAD: Final = f"{CONSOLE}/models/histories"
_TRAININGS: Final = f"{CONSOLE}/models/trainings"
_LONGEST_REASON: Final = 500

COLUMNS: Final[Mapping[str, Words]] = {
    "text": Words("投诉内容", "Complaint"),
    "label": Words("类别", "Category"),
    "at": Words("时间", "Moment"),
    "channel": Words("渠道", "Channel"),
    "customer": Words("客户", "Customer"),
}
"""Fields whose columns a person may choose."""
FIELDS: Final[Mapping[str, Words]] = {
    **COLUMNS,
    "group": Words("分组", "Group"),
    "secondary": Words("次要类别", "Other categories"),
    "selection": Words("为何有人看", "Why a person looked"),
}
VERDICTS: Final[Mapping[str, tuple[Words, str]]] = {
    "better": (Words("更好", "Better"), "sure"),
    "not_worse": (Words("不差", "Not worse"), "sure"),
    "worse": (Words("更差", "Worse"), "bad"),
    "not_enough_data": (Words("数据不足", "Not enough data"), "unsure"),
}
"""Of comparisons: their names, and how they look."""
_STATES: Final[Mapping[str, tuple[Words, str]]] = {
    "queued": (Words("排队", "Queued"), ""),
    "checking": (Words("查看数据中", "Looking at the data"), ""),
    "checked": (Words("待开始训练", "Ready to train"), "unsure"),
    "blocked": (Words("数据需处理", "Data needs attention"), "unsure"),
    "training": (Words("训练中", "Training"), ""),
    "done": (Words("训练完成", "Trained"), "sure"),
    "failed": (Words("失败", "Failed"), "bad"),
    "discarded": (Words("已放弃", "Discarded"), ""),
}
_COMPARED: Final = {
    **_STATES,
    "checking": (Words("比较中", "Comparing"), ""),
    "done": (Words("已比较", "Compared"), "sure"),
}

router = APIRouter()


async def get_trainings(request: Request) -> TrainingService:
    """Of this application."""
    trainings: TrainingService = request.app.state.trainings
    return trainings


Desk = Annotated[TrainingService, Depends(get_trainings)]


@router.post(UPLOAD)
async def upload(
    request: Request,
    caller: Analyst,
    desk: Desk,
    name: Annotated[Short, Query()],
    corrections: bool = False,
    old: Short | None = None,
    new: Short | None = None,
) -> Response:
    """Take in a history, which is the body itself; where it is looked at, the answer says.

    It is there to learn from, or to compare two models on, if they are named: unknown ones raise `RefusedError`.
    """
    versions: Versions | None = request.app.state.versions
    if old and new and versions is not None:
        for model in (old, new):
            await run_in_threadpool(versions.find, model)
    options = Options(corrections=corrections, compared=(old, new) if old and new else None)
    training = await desk.upload(request.stream(), name=name, options=options, caller=caller)
    return Response(status_code=201, headers={"location": _address(training)})


@router.post(f"{CONSOLE}/models/corrections")
def from_corrections(caller: Analyst, desk: Desk) -> Response:
    """Learn from the corrections in the case database alone."""
    return RedirectResponse(_address(desk.from_corrections(Options(), caller)), 303)


@router.get(f"{_TRAININGS}/{{training_id}}")
def show(request: Request, training_id: str, caller: Analyst, desk: Desk) -> Response:
    """A training: the look at its data, how far it is, its verdict. For htmx, how far it is alone."""
    training = desk.find(training_id)
    if partial(request):
        if not training.under_way:
            return Response(headers={"hx-refresh": "true"})
        return render(request, "models/progress.html", one=training, alone=True, **words())
    return _page(request, training)


@router.post(f"{_TRAININGS}/{{training_id}}/check")
def check(request: Request, training_id: str, caller: Analyst, desk: Desk, form: Form) -> Response:
    """Look at the data again, read in another way."""
    from classifier.tables import known_encoding  # with it come 40 MiB of libraries, which few processes need

    chosen: dict[str, Any] = {name: form.get(name, "").strip() or None for name in (*COLUMNS, "sheet", "encoding")}
    chosen |= {name: form[name] for name in ("labels", "split") if name in form}
    chosen["bundled"] = {"yes": True, "no": False}.get(form.get("bundled", ""))
    chosen |= {name: name in form for name in ("corrections", "skip_unknown")}
    try:
        options = Options.model_validate(chosen)
        if options.encoding is not None:
            options.encoding = known_encoding(options.encoding)
    except (ValidationError, TableError) as error:
        said = str(error) if isinstance(error, TableError) else "; ".join(one["msg"] for one in error.errors())
        fault = Words(f"选项有误：{said}", f"An option is wrong: {said}")
        return _page(request, desk.find(training_id), fault=fault, status=422)
    return RedirectResponse(_address(desk.check(training_id, options, caller)), 303)


@router.post(f"{_TRAININGS}/{{training_id}}/train")
def train(request: Request, training_id: str, caller: Analyst, desk: Desk, form: Form) -> Response:
    """Train on it."""
    reason, fault = reason_of(form)
    if fault is not None:
        return _page(request, desk.find(training_id), fault=fault, status=422)
    return RedirectResponse(_address(desk.train(training_id, reason, caller)), 303)


@router.post(f"{_TRAININGS}/{{training_id}}/discard")
def discard(training_id: str, caller: Analyst, desk: Desk) -> Response:
    """Call it off, or leave its model unused; its history is removed."""
    return RedirectResponse(_address(desk.discard(training_id, caller)), 303)


@router.get(f"{_TRAININGS}/{{training_id}}/findings")
def findings(training_id: str, caller: Analyst, desk: Desk) -> Response:
    """The rows that were left out or are doubtful, with line and reason."""
    headers = {"content-disposition": f'attachment; filename="findings-{training_id[:8]}.csv"'}
    return Response(desk.findings(training_id, caller), media_type="text/csv; charset=utf-8", headers=headers)


def reason_of(form: Mapping[str, str], *, confirmed: bool = False) -> tuple[str, Words | None]:
    """The reason that was given, and what is wrong with it or with its being confirmed."""
    # What cannot be seen can be neither kept nor given to a process.
    reason = "".join(filter(str.isprintable, " ".join(form.get("reason", "").split()))).strip()
    if not reason or len(reason) > _LONGEST_REASON:
        return reason, Words(
            f"请写明原因，最多{_LONGEST_REASON}个字。", f"Say why, in {_LONGEST_REASON} characters at most."
        )
    if confirmed and "sure" not in form:
        return reason, Words("请勾选确认。", "Tick the box to confirm.")
    return reason, None


def words() -> dict[str, Any]:
    """What templates need to tell of trainings."""
    known = {"fields": FIELDS, "columns": COLUMNS, "verdicts": VERDICTS}
    return {**known, "state": _state, "elapsed": _elapsed, "moment": datetime.fromisoformat}


def _state(one: TrainingOut) -> tuple[Words, str]:
    """How it stands, and how that looks."""
    if one.under_way and one.started_at is None:
        return _STATES["queued"]
    names = _COMPARED if one.options.compared else _STATES
    return names["blocked" if one.status == "checked" and not one.ready else one.status]


def _elapsed(one: TrainingOut) -> int:
    """Seconds since its present step was started."""
    return 0 if one.started_at is None else max(0, int((now() - one.started_at.replace(tzinfo=None)).total_seconds()))


def _page(request: Request, training: TrainingOut, fault: Words | None = None, status: int = 200) -> Response:
    versions = request.app.state.versions
    made = training.result["version"] if training.result else None
    try:
        version = versions.find(made) if versions and made else None
    except RefusedError:  # the store is another by now
        version = None
    champion = versions.champion if versions else None
    later = versions.verdict(champion, version.name) if versions and version and champion else None
    known = {"one": training, "version": version, "later": later, "fault": fault, "alone": False}
    return render(request, "models/training.html", status, **known, **words())


def _address(training: TrainingOut) -> str:
    return f"{_TRAININGS}/{training.training_id}"
