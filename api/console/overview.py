"""概览 Overview: what is going on, against the usual; and the regulator's table."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from api.access.gate import Reviewer
from api.channels import CHANNELS
from api.clock import present
from api.console import CONSOLE
from api.console.asked import FIELDS, Asked
from api.console.links import list_of
from api.console.pages import Page, Words, language_of, render, when
from api.overview import charts, regulator
from api.overview.overview import Overview
from api.overview.regulator import AXES, NAMES
from api.overview.rising import ENOUGH, LEVEL
from api.overview.workbook import MEDIA_TYPE, workbook
from api.routes.reviews import Review
from api.storage import NOT_GIVEN, Filters
from classifier.taxonomy import Named

PAGE: Final = Page(f"{CONSOLE}/overview", Words("概览", "Overview"), ("review", "analyst"))
REGULATOR: Final = f"{PAGE.path}/regulator"
DOWNLOAD: Final = f"{REGULATOR}/download"

PERIODS: Final = {
    "day": Words("日", "Day"),
    "week": Words("周", "Week"),
    "month": Words("四周", "4 weeks"),
    "quarter": Words("季（13周）", "Quarter (13 weeks)"),
    "own": Words("自选", "Own days"),
}
LABELS: Final = {
    "product": Words("产品", "Product"),
    "segment": Words("客群", "Segment"),
    "hour": Words("登记钟点", "Hour"),
    "channel": Words("投诉渠道", "Channel"),
    "region": Words("地区", "Region"),
    "business": Words("业务类别", "Business"),
}
AXIS_LABELS: Final = {
    "category": Words("类别", "Category"),
    "channel": LABELS["channel"],
    "region": LABELS["region"],
}

router = APIRouter()


async def get_overview(request: Request) -> Overview:
    """The figures of this application's case database."""
    overview: Overview = request.app.state.overview
    return overview


Counting = Annotated[Overview, Depends(get_overview)]


@router.get(PAGE.path)
def show(request: Request, caller: Reviewer, counting: Counting, desk: Review) -> Response:
    """The dashboard; its address holds the period and the filters."""
    asked = Asked.of(request.query_params, present())
    view = counting.view(asked.period, asked.filters)
    return _page(
        request,
        "overview/page.html",
        counting,
        asked,
        view=view,
        charts=charts.of(view, language_of(request)),
        axis_labels=AXIS_LABELS,
        precision=[(one, Filters(model=one.model, sampled="looked_at")) for one in desk.precision()],
        periods=PERIODS,
        enough=ENOUGH,
        level=LEVEL,
    )


@router.get(REGULATOR)
def show_table(request: Request, caller: Reviewer, counting: Counting) -> Response:
    """The regulator's table, two of its axes crossed."""
    asked = Asked.of(request.query_params, present(), usual="own")
    rows, columns = _axes(request)
    table = counting.regulator(asked.period, asked.filters, (rows, columns))
    return _page(
        request,
        "overview/regulator.html",
        counting,
        asked,
        table=table,
        pivot=table.pivot(rows, columns),
        left_out=table.left_out(),
        rows=rows,
        columns=columns,
        axes=NAMES,
        periods=PERIODS,
        download=asked.address(DOWNLOAD),
    )


@router.get(DOWNLOAD)
def download_table(request: Request, caller: Reviewer, counting: Counting) -> Response:
    """The same with all axes as an Excel file."""
    language = language_of(request)
    asked = Asked.of(request.query_params, present(), usual="own")
    about = [(words.to(language), said) for words, said in _about(asked)]
    file = workbook(counting.regulator(asked.period, asked.filters), about, language)
    name = f"complaints-{asked.period.first:%Y%m%d}-{asked.period.last:%Y%m%d}.xlsx"
    return Response(file, media_type=MEDIA_TYPE, headers={"content-disposition": f'attachment; filename="{name}"'})


def _page(request: Request, template: str, counting: Overview, asked: Asked, **context: Any) -> Response:
    business = request.app.state.service.serving.taxonomy.facets["business"]
    return render(
        request,
        template,
        asked=asked,
        period=asked.period,
        fields=FIELDS,
        labels=LABELS,
        known=counting.values(),
        channels={**CHANNELS, NOT_GIVEN: Named(NOT_GIVEN, "未填", "Not given")},
        businesses=(*business, "未定"),
        list_of=list_of,
        **context,
    )


def _axes(request: Request) -> tuple[regulator.Axis, regulator.Axis]:
    """The axes asked for; whatever cannot be crossed is business by cause."""
    rows, columns = (request.query_params.get(name) for name in ("rows", "columns"))
    known = {name: axis for axis in AXES for name in [str(axis)]}
    if rows in known and columns in known and rows != columns:
        return known[rows], known[columns]
    return "business", "cause"


def _about(asked: Asked) -> list[tuple[Words, str]]:
    period = asked.period
    given = [f"{LABELS[name].zh} {LABELS[name].en} = {asked.form[name]}" for name in FIELDS if asked.form[name]]
    return [
        (Words("起", "From"), period.first.isoformat()),
        (Words("止", "To"), f"{period.last.isoformat()}（{when(period.until)}）"),
        (Words("筛选", "Filters"), "；".join(given) or "–"),
        (Words("统计时间", "Counted at"), when(present())),
    ]
