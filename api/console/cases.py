"""案件 Cases: found by what one knows of them, taken home as a table, and the whole life of each on one page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.access.gate import Reviewer
from api.console import case
from api.console.asking import asked
from api.console.choices import choices, taxonomy_of
from api.console.download import table
from api.console.exporting import rows_of
from api.console.links import CASES, query_of
from api.console.pages import Page, Words, language_of, render
from api.problems import RefusedError
from api.routes.complaints import Desk
from api.storage import Filters, now

PAGE: Final = Page(CASES, Words("案件", "Cases"), ("review", "analyst"))
SHOWN: Final = 50

router = APIRouter()
router.include_router(case.router)


@router.get(PAGE.path)
def show(request: Request, casework: Desk, caller: Reviewer) -> Response:
    """Cases, newest first, narrowed by what the address says; nothing is listed by conditions that are not known."""
    taxonomy = taxonomy_of(request)
    wanted = asked(request.query_params, taxonomy)
    words = wanted.filters.words
    if words and wanted.filters == Filters(words=words) and casework.knows(words):
        return RedirectResponse(f"{CASES}/{quote(words, safe='')}", 303)  # the number of a case was typed
    said: dict[str, Any] = {"page": None, "count": 0, "older": None, "newest": None}
    if not wanted.faults:
        page, count = casework.page_of(wanted.filters, before=wanted.before, limit=SHOWN, caller=caller)
        here = f"{PAGE.path}?{query_of(wanted.filters)}"
        said["page"], said["count"] = page, count
        said["older"] = f"{here}&before={page.next}" if page.next else None
        said["newest"] = here if wanted.before else None
    return render(
        request,
        "cases/list.html",
        422 if wanted.faults else 200,
        values=wanted.values,
        faults=wanted.faults,
        narrowed=wanted.filters != Filters(),
        query=query_of(wanted.filters),
        now=now(),
        **said,
        **choices(request),
    )


@router.get(f"{PAGE.path}.{{kind}}")
async def export(kind: Literal["csv", "xlsx"], request: Request, casework: Desk, caller: Reviewer) -> Response:
    """All cases that the address means, as a table that goes out row by row; the audit log tells who took it."""
    from classifier.tables.streaming import EXCEL_ROWS  # with it come 40 MiB of libraries, which few processes need

    taxonomy, language = taxonomy_of(request), language_of(request)
    wanted = asked(request.query_params, taxonomy)
    if wanted.faults:
        raise RefusedError("invalid-field", " ".join(fault.to(language) for fault in wanted.faults))
    count = await run_in_threadpool(casework.count, wanted.filters)
    if kind == "xlsx" and count > EXCEL_ROWS:
        raise RefusedError("invalid-field", f"{count:,} cases are too many for Excel ({EXCEL_ROWS:,}). Export CSV.")
    # What was searched for may be somebody's name: that words were, and not which.
    meant = query_of(replace(wanted.filters, words=wanted.filters.words and "…"))
    rows = await run_in_threadpool(casework.export, wanted.filters, f"{kind}, {count}: {meant}", caller)
    return table(rows_of(rows, taxonomy, language), kind, Words("案件", "cases").to(language))
