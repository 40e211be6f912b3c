"""A row of a file as the request it stands for: what desks call their columns, and how they write what is in them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from api.cases import IntakeRequest
from api.jobs.rows import COLUMNS, Columns
from classifier.tables import Table
from classifier.tables.columns import CHANNELS

TEXT = "信用卡年费说好刷满六次就免，现在又扣了我300元年费，要求退还年费。"

USUAL = {
    "complaint_id": "投诉编号 工单编号 工单号 案件编号 投訴編號 ｃｏｍｐｌａｉｎｔ＿ｉｄ COMPLAINT_ID",
    "channel": "投诉渠道 渠道 来源渠道 投訴渠道 來源渠道 ｃｈａｎｎｅｌ Channel",
    "region": "地区 区域 投诉地区 地區 區域 投訴地區 Ｒｅｇｉｏｎ",
    "branch": "网点 支行 机构 被投诉机构 網點 機構 被投訴機構 BRANCH",
    "received_at": "受理时间 投诉时间 投诉日期 受理日期 受理時間 投訴時間 Received_At",
    "segment": "客户类型 客户类别 客戶類型 客戶類別 ｓｅｇｍｅｎｔ",
    "product": "产品 产品名称 投诉产品 產品 產品名稱 投訴產品 PRODUCT",
    "amount": "金额 涉及金额 涉诉金额 金額 涉及金額 涉訴金額 Amount",
    "customer_key": "客户号 客户编号 客戶號 客戶編號 Customer_Key",
    "business_channel": "业务办理渠道 業務辦理渠道 ｂｕｓｉｎｅｓｓ＿ｃｈａｎｎｅｌ",
    "referral_no": "转办编号 转办单号 轉辦編號 轉辦單號 Referral_No",
}
CELLS: dict[str, tuple[str, Any]] = {
    "complaint_id": ("HL-20261124-000381", "HL-20261124-000381"),
    "channel": ("热线", "hotline"),
    "region": ("苏州", "苏州"),
    "branch": ("观前支行", "观前支行"),
    "received_at": ("2026-11-24 09:30:00", datetime(2026, 11, 24, 1, 30, tzinfo=UTC)),
    "segment": ("个人", "个人"),
    "product": ("标准信用卡金卡", "标准信用卡金卡"),
    "amount": ("300", Decimal(300)),
    "customer_key": ("C-1", "C-1"),
    "business_channel": ("手机银行", "手机银行"),
    "referral_no": ("R-7", "R-7"),
}


def columns(*names: str, text: int = 0) -> Columns:
    return Columns(Table(Path("投诉.csv"), "csv", list(names), 1, lambda: iter(())), text)


def read(name: str, cell: Any) -> IntakeRequest:
    """The request of a row with a text and one other cell."""
    return columns("投诉内容", name).request([TEXT, cell])


def field(request: IntakeRequest, name: str) -> Any:
    return getattr(request if name in type(request).model_fields else request.metadata, name)


@pytest.mark.parametrize(
    ("name", "title"),
    [(name, title) for name, titles in USUAL.items() for title in (name, *titles.split())],
)
def test_a_field_is_found_by_its_own_name_and_by_what_desks_call_it(name: str, title: str) -> None:
    cell, value = CELLS[name]
    assert set(columns("投诉内容", title).found) == {"text", name}
    assert field(read(title, cell), name) == value


def test_blanks_in_a_title_are_nothing() -> None:
    assert field(read(" 投诉\n渠道 ", "热线"), "channel") == "hotline"


@pytest.mark.parametrize("title", ["金额（元）", "涉及金额(元)", "金额 (单位：元)", "金额(人民币)", "金额（必填）"])
def test_a_unit_behind_a_title_is_nothing(title: str) -> None:
    assert field(read(title, "300"), "amount") == Decimal(300)


def test_the_metadata_of_a_json_line_is_read_and_never_dropped() -> None:
    found = columns("text", "metadata", "客户号", text=0)
    request = found.request([TEXT, {"amount": "300.50", "customer_key": "C-1"}, "C-2"])
    assert (field(request, "amount"), field(request, "customer_key")) == (Decimal("300.50"), "C-2")
    assert found.request([TEXT, None, ""]) == IntakeRequest(text=TEXT)
    for wrong in ({"amonut": "300"}, "金额300", [1]):
        with pytest.raises(ValidationError, match="metadata"):
            found.request([TEXT, wrong, ""])


def test_the_documentation_lists_every_title_and_channel() -> None:
    text = (Path(__file__).parents[3] / "docs" / "files.md").read_text(encoding="utf-8").split("\n## ")[0]
    titles, words = (
        {line.split("`")[1]: line.split("|")[2].split() for line in part.splitlines() if line.startswith("| `")}
        for part in text.split("| channel | words |")
    )
    assert titles == {name: list(usual) for name, usual in COLUMNS.items() if usual}
    assert {word: channel for channel, of in words.items() for word in of} == CHANNELS


def test_a_whole_row() -> None:
    request = columns(*CELLS, "投诉内容", text=len(CELLS)).request([*(cell for cell, _ in CELLS.values()), TEXT])
    assert request.text == TEXT
    assert {name: field(request, name) for name in CELLS} == {name: value for name, (_, value) in CELLS.items()}


def test_a_field_has_one_column_and_its_own_name_goes_first() -> None:
    assert columns("投诉内容", "渠道", "投诉渠道", "channel").request([TEXT, "热线", "网点", "app"]).channel == "app"
    assert columns("投诉内容", "渠道", "投诉渠道").request([TEXT, "热线", "网点"]).channel == "branch"


def test_columns_of_other_names_are_left_alone() -> None:
    found = columns("投诉内容", "序号", "客户姓名", "联系电话", "处理结果", "备注")
    assert list(found.found) == ["text"]
    assert found.request([TEXT, "1", "王小明", "13800138000", "已退费", ""]) == IntakeRequest(text=TEXT)


@pytest.mark.parametrize("title", ["产品", "网点", "channel", "投诉编号", "金额"])
def test_the_text_column_is_no_other_field(title: str) -> None:
    found = columns(title, "备注")
    assert list(found.found) == ["text"]
    assert found.request([TEXT, ""]) == IntakeRequest(text=TEXT)


@pytest.mark.parametrize("cell", [None, "", "  ", "\t", "\u3000"])
@pytest.mark.parametrize("name", CELLS)
def test_an_empty_cell_is_nothing(name: str, cell: Any) -> None:
    assert field(read(name, cell), name) is None


@pytest.mark.parametrize(
    ("cell", "channel"),
    [
        *((name, "hotline") for name in ("热线", "电话", "客服热线", "客服电话", "電話", "hotline")),
        *((name, "branch") for name in ("网点", "柜台", "柜面", "营业网点", "網點", "branch")),
        *((name, "app") for name in ("APP", "ａｐｐ", "手机银行", "掌上银行", "手機銀行", "app")),
        *((name, "web") for name in ("网站", "官网", "网上银行", "网银", "網站", "web")),
        *((name, "letter") for name in ("信函", "来信", "信访", "來信", "letter")),
        *((name, "regulator_referral") for name in ("监管", "监管转办", "监管转送", "監管轉辦", "regulator_referral")),
        *((name, "media") for name in ("媒体", "媒體", " 媒体 ", "media")),
    ],
)
def test_channels_as_desks_write_them(cell: str, channel: str) -> None:
    assert read("渠道", cell).channel == channel


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("1,300.50元", "1300.50"),
        ("￥300", "300"),
        ("¥ 300", "300"),
        ("￥1，300.50", "1300.50"),
        ("300 元", "300"),
        ("３００", "300"),
        ("-12.5", "-12.5"),
        (1300.5, "1300.5"),
        (300.0, "300"),
        (300, "300"),
        (Decimal("1.10"), "1.10"),
    ],
)
def test_amounts_as_desks_write_them(cell: Any, amount: str) -> None:
    assert str(read("涉及金额", cell).metadata.amount) == amount


@pytest.mark.parametrize(
    ("cell", "there"),
    [
        ("2026/11/3 9:05", "2026-11-03T01:05:00"),
        ("2026-11-03 09:05:00", "2026-11-03T01:05:00"),
        ("2026-11-03T09:05:00", "2026-11-03T01:05:00"),
        ("2026.11.3 9:05:30", "2026-11-03T01:05:30"),
        ("2026年11月3日 9时5分", "2026-11-03T01:05:00"),
        ("2026年11月3日09时05分30秒", "2026-11-03T01:05:30"),
        ("2026年11月20日", "2026-11-19T16:00:00"),
        ("2026-11-03", "2026-11-02T16:00:00"),
        ("20261103", "2026-11-02T16:00:00"),
        ("2028/2/29", "2028-02-28T16:00:00"),
        ("2026-11-03T09:05:00+08:00", "2026-11-03T01:05:00"),
        ("2026-11-03T09:05:00Z", "2026-11-03T09:05:00"),
        (datetime(2026, 11, 3, 9, 5), "2026-11-03T01:05:00"),
        (datetime(2026, 11, 3), "2026-11-02T16:00:00"),
        (date(2026, 11, 3), "2026-11-02T16:00:00"),
        (datetime(2026, 11, 3, 9, 5, tzinfo=UTC), "2026-11-03T09:05:00"),
    ],
)
def test_moments_as_desks_write_them_are_in_china(cell: Any, there: str) -> None:
    received = read("受理时间", cell).received_at
    assert received is not None
    assert received.isoformat() == f"{there}+00:00"


@pytest.mark.parametrize(
    ("title", "cell", "place"),
    [
        ("受理时间", "2026-02-30", ("received_at",)),
        ("受理时间", "2027/2/29 9:05", ("received_at",)),
        ("受理时间", "2026年13月1日", ("received_at",)),
        ("受理时间", "2026-11-03 25:00", ("received_at",)),
        ("受理时间", "昨天上午", ("received_at",)),
        ("受理时间", "1900-01-01", ("received_at",)),
        ("受理时间", "45234", ("received_at",)),
        ("受理时间", "20261124093000", ("received_at",)),
        ("渠道", "飞鸽传书", ("channel",)),
        ("投诉编号", "../etc/passwd", ("complaint_id",)),
        ("投诉编号", "=1+1", ("complaint_id",)),
        ("涉及金额", "三百多", ("metadata", "amount")),
        ("涉及金额", "NaN", ("metadata", "amount")),
        ("产品", "金卡" * 101, ("metadata", "product")),
        ("地区", "苏\0州", ("region",)),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(title: str, cell: str, place: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        read(title, cell)
    assert [error["loc"] for error in refused.value.errors()] == [place]
