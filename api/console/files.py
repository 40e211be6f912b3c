"""批量标注 File: bring a file of complaints, choose its column, watch it being read, take the result home."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.access.gate import Sender
from api.console import CONSOLE
from api.console.download import table
from api.console.forms import FileForm
from api.console.pages import Page, Words, language_of, partial, render
from api.console.reasons import reason
from api.console.sessions import Form, require_token
from api.jobs.desk import Distribution, FileDesk, FileOut
from api.overview.names import categories, named
from api.problems import RefusedError
from api.schemas import Short
from api.service import Service
from classifier.errors import TableError

PAGE: Final = Page(f"{CONSOLE}/files", Words("批量标注", "Files"), ("intake",))

SHOWN: Final = 50
"""Files of the list, and refused rows at once."""
_BARS: Final = 12

FIELDS: Final[Mapping[str, Words]] = {
    "complaint_id": Words("投诉编号", "Complaint id"),
    "channel": Words("投诉渠道", "Channel"),
    "region": Words("地区", "Region"),
    "branch": Words("网点", "Branch"),
    "received_at": Words("受理时间", "Received"),
    "segment": Words("客户类型", "Segment"),
    "product": Words("产品", "Product"),
    "amount": Words("金额", "Amount"),
    "customer_key": Words("客户号", "Customer key"),
    "business_channel": Words("业务办理渠道", "Business channel"),
    "referral_no": Words("转办编号", "Referral number"),
    "metadata": Words("附加信息", "Metadata"),
    "text": Words("投诉内容", "Complaint"),
}
"""What columns are read as."""

ENCODINGS: Final[Mapping[str, str]] = {
    "utf-8": "UTF-8",
    "gb18030": "GB18030 / GBK",
    "big5": "Big5",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
}
"""What may be chosen where the bytes don't tell."""

router = APIRouter()
uploading = APIRouter()
"""Its form is too large to be read before the token in it: the handler looks at that itself."""


async def get_files(request: Request) -> FileDesk:
    """The files of this application."""
    files: FileDesk = request.app.state.files
    return files


Files = Annotated[FileDesk, Depends(get_files)]


@router.get(PAGE.path)
def show(request: Request, files: Files, caller: Sender) -> Response:
    """Where to put a file, and what has become of earlier ones."""
    return render(request, "files/page.html", files=files.newest(SHOWN, caller), limit=files.limit, reason=reason)


@uploading.post(PAGE.path)
async def upload(request: Request, files: Files, caller: Sender) -> Response:
    """Keep a file on disk as it comes in; the worker looks at it, no serving process does."""
    form = FileForm(request.headers.get("content-type", ""), request.stream())
    name = await form.file_name()
    require_token(request, request.headers.get("x-csrf-token") or form.fields.get("csrf", ""))
    job_id = await files.receive(form.content(), name=_file_name(name), caller=caller)
    return _go(request, f"{PAGE.path}/{job_id}")


@router.get(f"{PAGE.path}/{{job_id}}")
def show_file(job_id: Short, request: Request, files: Files, caller: Sender, again: bool = False) -> Response:
    """How far one file is: the whole page, or what htmx shows in its place; `again` if it was sent once more."""
    file = files.find(job_id, caller)
    if partial(request) and file.status in ("done", "failed"):
        return Response(status_code=204, headers={"hx-refresh": "true"})  # with the data of charts, as a whole
    return _file(request, file, files, caller, again=again)


@router.post(f"{PAGE.path}/{{job_id}}/look")
def look_again(job_id: Short, request: Request, files: Files, caller: Sender, form: Form) -> Response:
    """Look at the file in another way: another sheet, another encoding, its header told by a title."""
    from classifier.tables import known_encoding  # with it come 40 MiB of libraries, which few processes need

    title, sheet, encoding = (form.get(name, "").strip() or None for name in ("title", "sheet", "encoding"))
    try:
        codec = None if encoding is None else known_encoding(encoding)
    except TableError as error:
        raise RefusedError("invalid-field", f"{error.what}. {error.remedy}", "/encoding") from error
    if title is not None and (len(title) > 200 or not title.isprintable()):
        raise RefusedError("invalid-field", "A title has at most 200 characters, on one line.", "/title")
    files.look_again(job_id, title=title, sheet=sheet, encoding=codec, caller=caller)
    return _go(request, f"{PAGE.path}/{job_id}")


@router.post(f"{PAGE.path}/{{job_id}}/start")
def start(job_id: Short, request: Request, files: Files, caller: Sender, form: Form) -> Response:
    """Let the worker read the file, the complaint being in the chosen column."""
    column = form.get("column", "")
    if not column.isdecimal() or len(column) > 6:
        file = files.find(job_id, caller)
        return _file(request, file, files, caller, 422, fault=_CHOOSE)
    started = files.start(job_id, int(column), caller)
    return _go(request, f"{PAGE.path}/{started}{'' if started == job_id else '?again=yes'}")


@router.post(f"{PAGE.path}/{{job_id}}/give-up")
def give_up(job_id: Short, request: Request, files: Files, caller: Sender) -> Response:
    """Delete a file before anything is read of it."""
    files.give_up(job_id, caller)
    return _go(request, PAGE.path)


@router.get(f"{PAGE.path}/{{job_id}}/errors")
def show_errors(
    job_id: Short,
    request: Request,
    files: Files,
    caller: Sender,
    after: Annotated[int, Query(ge=-1, le=2**31 - 1)] = -1,
) -> Response:
    """More of the rows that were refused."""
    return render(request, "files/errors.html", **_errors(job_id, files, caller, after))


@router.get(f"{PAGE.path}/{{job_id}}/tagged.{{kind}}")
async def download(
    job_id: Short, kind: Literal["csv", "xlsx"], request: Request, files: Files, caller: Sender
) -> Response:
    """Every row with what it is about, or why it was refused."""
    language = language_of(request)
    file = await run_in_threadpool(files.find, job_id, caller)
    rows = await run_in_threadpool(
        files.tagged, job_id, caller, language=language, told=lambda problem: reason(problem).to(language)
    )
    return table(rows, kind, f"{Words('标注结果', 'tagged').to(language)}-{_stem(file)}")


@router.get(f"{PAGE.path}/{{job_id}}/errors.csv")
async def download_errors(job_id: Short, request: Request, files: Files, caller: Sender) -> Response:
    """The rows that were refused."""
    language = language_of(request)
    file = await run_in_threadpool(files.find, job_id, caller)
    refused = await run_in_threadpool(files.refused, job_id, caller)
    header = [words.to(language) for words in (Words("行号", "line"), FIELDS["complaint_id"], Words("原因", "reason"))]
    rows = ([row["line"], row["sent_id"] or "", reason(row["problem"]).to(language)] for row in refused)
    return table(chain([header], rows), "csv", f"{Words('错误', 'errors').to(language)}-{_stem(file)}")


_CHINESE: Final = re.compile("[\u3400-\u9fff]")
_CHOOSE: Final = Words("请先选择投诉内容所在的列。", "Choose the column that holds the complaint.")


def _file(
    request: Request,
    file: FileOut,
    files: FileDesk,
    caller: Sender,
    status: int = 200,
    fault: Words | None = None,
    again: bool = False,
) -> Response:
    said: dict[str, Any] = {"counts": None, "errors": None, "again": again}
    if file.head and file.head.text is not None and file.head.text < len(file.head.columns):
        cells = "".join(file.head.columns[file.head.text].cells)
        said["foreign"] = bool(cells) and not _CHINESE.search(cells)
    if file.status in ("done", "failed"):
        said["counts"] = _counts(files.distribution(file.job_id, caller), request)
        said["errors"] = _errors(file.job_id, files, caller, -1)
    template = "files/state.html" if partial(request) else "files/file.html"
    return render(
        request, template, status, file=file, fields=FIELDS, encodings=ENCODINGS, reason=reason, fault=fault, **said
    )


def _errors(job_id: str, files: FileDesk, caller: Sender, after: int) -> dict[str, Any]:
    rows = files.problems(job_id, caller, after=after, limit=SHOWN + 1)
    more = rows[SHOWN - 1]["row"] if len(rows) > SHOWN else None
    return {"job_id": job_id, "rows": rows[:SHOWN], "more": more, "reason": reason}


def _counts(counts: Distribution, request: Request) -> dict[str, Any] | None:
    """The distribution of a file's rows with names, and a chart of its categories."""
    if not counts.categories:
        return None
    service: Service = request.app.state.service
    taxonomy = service.serving.taxonomy
    known = categories(taxonomy)
    language = language_of(request)
    by_category = [(named(code, known), number) for code, number in counts.categories]
    shown = [(one.zh if language == "zh" else one.en, number) for one, number in by_category[:_BARS]][::-1]
    return {
        "total": sum(number for _, number in counts.categories),
        "shown": len(shown),
        "categories": by_category,
        "verdicts": dict(counts.verdicts),
        "departments": [(named(code, taxonomy.departments), number) for code, number in counts.departments],
        "chart": {
            "xAxis": {"type": "value", "minInterval": 1},
            "yAxis": {"type": "category", "data": [name for name, _ in shown]},
            "series": [
                {
                    "type": "bar",
                    "name": Words("行", "Rows").to(language),
                    "data": [number for _, number in shown],
                    "label": {"show": True, "position": "right", "formatter": "number"},
                }
            ],
        },
    }


def _stem(file: FileOut) -> str:
    """A file's name without what tells its kind, as the name of what came of it may end."""
    name = file.name or file.job_id[:8]
    return _UNSAFE.sub("_", name.rpartition(".")[0] or name)[:60]


_UNSAFE: Final = re.compile(r"[^\w.\-（）()]+")


def _file_name(sent: str) -> str | None:
    """A file's name as it may be kept: without folders, on one line."""
    name = "".join(c for c in sent.replace("\\", "/").rpartition("/")[2] if c.isprintable())
    return name[:200] or None


def _go(request: Request, address: str) -> Response:
    """Send a browser to an address; htmx, which would put that page into the old one, is told to go."""
    if partial(request):
        return Response(status_code=204, headers={"hx-redirect": address})
    return RedirectResponse(address, 303)
