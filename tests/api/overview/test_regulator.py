"""The regulator's table, and its Excel file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient

from api.overview.overview import Overview
from api.overview.periods import Period
from api.overview.regulator import AXES, Axis
from api.overview.view import Figure
from api.overview.workbook import workbook
from api.service import Service
from api.storage import Filters
from classifier.taxonomy import UNDECIDED
from models import Bundle
from tests.api.overview.conftest import NOW, figures_in

FEE = "信用卡年费说好刷满六次就免，现在又扣了我300元，要求退还年费。"
YEAR = Period.own(NOW.date().replace(month=1, day=1), NOW.date(), NOW)


@pytest.fixture
def table(desk: TestClient, bundle: Bundle) -> Callable[..., Any]:
    """Of what the desk has registered meanwhile."""
    overview = Overview(Service(bundle), desk.app.state.database)  # type: ignore[attr-defined]
    # As far as tomorrow: the minute that runs is not over yet.
    period = Period.ending("week", NOW + timedelta(days=1))
    return lambda *axes: overview.regulator(period, Filters(), axes or AXES)


def register(desk: TestClient, complaint_id: str, **known: Any) -> None:
    answer = desk.post("/v1/complaints", json={"text": FEE, "complaint_id": complaint_id, **known})
    assert answer.status_code == 201, answer.text


def correct(desk: TestClient, complaint_id: str, category: str, **said: Any) -> None:
    answer = desk.post(f"/v1/complaints/{complaint_id}/correction", json={"category": category, **said})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("axes", [("business", "cause"), ("region", "business_channel"), ("cause", "region")])
def test_every_figure_is_the_number_of_cases_on_its_list(
    overview: Overview, listed: Callable[[Figure], int], axes: tuple[Axis, Axis]
) -> None:
    table = overview.regulator(YEAR, Filters(), axes)
    figures = [*figures_in(table.pivot(*axes)), table.total, *map(table.open, axes)]
    assert table.total.cases > 100
    assert [figure for figure in figures if figure.cases != listed(figure)] == []


def test_a_category_says_what_its_meaning_fixes(desk: TestClient, table: Callable[..., Any]) -> None:
    register(desk, "c1")
    assert dict(table("business", "cause").cells) == {("信用卡", "定价收费"): 1}


def test_what_it_leaves_open_is_undecided_until_a_person_says(desk: TestClient, table: Callable[..., Any]) -> None:
    register(desk, "c1")
    correct(desk, "c1", "mobile_banking")
    assert dict(table().cells) == {(UNDECIDED, "服务设施、设备、业务系统", UNDECIDED, "none"): 1}
    assert table().open("business").cases == 1
    correct(desk, "c1", "mobile_banking", business="借记卡", business_channel="移动客户端")
    assert dict(table().cells) == {("借记卡", "服务设施、设备、业务系统", "移动客户端", "none"): 1}
    assert table().open("business").cases == 0


def test_what_is_no_complaint_is_left_out_and_told(desk: TestClient, table: Callable[..., Any]) -> None:
    register(desk, "c1")
    register(desk, "c2", region="苏州")
    correct(desk, "c2", "other", kind="praise")
    assert table().total.cases == 1
    assert [(line.name.code, line.figure.cases) for line in table().left_out()] == [("praise", 1)]


def sheets(file: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(BytesIO(file))
    return {sheet.title: [tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_file_says_the_same(overview: Overview, language: Any) -> None:
    table = overview.regulator(YEAR, Filters())
    found = sheets(workbook(table, [("起", "2026-01-01")], language))
    notes, business, cause, channel, region, crossed, raw = found.values()
    whole = table.total.cases
    assert notes[1] == ("起", "2026-01-01")
    for axis, sheet in zip(AXES, (business, cause, channel, region), strict=True):
        assert sheet[-1][1] == whole == sum(row[1] for row in sheet[1:-1])
        assert [row[1] for row in sheet[1:-1]] == [line.figure.cases for line in table.margins(axis)]
        assert sum(row[2] for row in sheet[1:-1]) == pytest.approx(1)
    pivot = table.pivot("business", "cause")
    assert [list(row[1:-1]) for row in crossed[1:-1]] == [[cell.cases for cell in cells] for cells in pivot.cells]
    assert crossed[-1][-1] == whole
    assert sum(row[-1] for row in raw[1:]) == whole
    assert len(raw) == 1 + len(table.cells)


def test_a_region_is_never_a_formula(desk: TestClient, table: Callable[..., Any]) -> None:
    register(desk, "c1", region="=HYPERLINK(1)")
    book = openpyxl.load_workbook(BytesIO(workbook(table(), [], "zh")))
    cell = book["地区"]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=HYPERLINK(1)", "s", True)


def test_a_table_of_nothing_is_a_file_too(table: Callable[..., Any]) -> None:
    found = sheets(workbook(table(), [], "zh"))
    assert found["业务×原因"][-1] == ("合计", 0)
