"""案件 Cases: found, taken home, and the life of each, in a real browser and without one."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import openpyxl
import pytest
from httpx2 import Client
from sqlalchemy import select

from api.access.caller import LOCAL
from api.app import create_app
from api.console.asking import asked
from api.console.links import query_of
from api.service import Service
from api.settings import Settings
from api.storage import Filters
from api.storage.schema import ACTS
from classifier import Taxonomy
from classifier.deadlines import CHINA
from models import Bundle
from tests.api.console.conftest import Console, Site, fits, serving_here
from tests.api.jobs.test_jobs import APP, FEE, THEFT

CASES = [
    {"complaint_id": "A-1", "text": FEE, "channel": "hotline", "region": "苏州"},
    {"complaint_id": "A-2", "text": THEFT, "channel": "app", "region": "苏州", "metadata": {"product": "借记卡"}},
    {"complaint_id": "A-3", "text": APP, "channel": "app", "region": "=1+1", "metadata": {"segment": "私行"}},
    {"complaint_id": "A-4", "text": f"{FEE}再说一遍。", "channel": "hotline", "region": "苏州"},
]


def fill(client: Any, cases: list[dict[str, Any]] = CASES) -> None:
    for case in cases:
        assert client.post("/v1/complaints", json=case).status_code == 201


@pytest.fixture
def filled(keyless: Console) -> Console:
    """A console without keys on a database with the cases above."""
    fill(keyless.client)
    return keyless


@pytest.fixture(scope="module")
def office(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A real server with some cases."""
    app = create_app(Service(bundle), Settings(data=tmp_path_factory.mktemp("office"), review_sample=0))
    with serving_here(app) as site:
        with Client(base_url=site.address) as client:
            fill(client)
            more = [{"complaint_id": f"N-{n}", "text": f"第{n}件：{APP}", "region": "南京"} for n in range(60)]
            fill(client, more)
        yield site


@pytest.fixture
def page(open_page: Callable[..., Any], office: Site) -> Any:
    return open_page(address=office.address)


def ids(page: Any) -> list[str]:
    return [str(one) for one in page.locator(".cases .what a").all_inner_texts()]


# --- found


def test_cases_are_found_by_what_one_knows_of_them(page: Any) -> None:
    page.goto("/console/cases")
    assert page.locator("#found").inner_text().startswith("共 64 件")
    page.get_by_label("内容包含").fill("盗刷 苏州")
    page.get_by_role("button", name="查找").click()
    page.wait_for_url("**words=**")
    assert ids(page) == ["A-2"]
    page.get_by_role("link", name="清除全部条件").click()
    page.get_by_text("更多条件").click()
    page.get_by_label("地区").fill("苏州")
    page.locator("[name=category]").select_option(label="信用卡费用与利息")
    page.keyboard.press("Enter")
    page.wait_for_url("**category=card_fees**")
    assert ids(page) == ["A-4", "A-1"]
    assert page.get_by_label("地区").input_value() == "苏州"


def test_the_newest_come_first_and_pages_lead_on_and_back(page: Any) -> None:
    page.goto("/console/cases?region=南京")
    first = ids(page)
    assert first == [f"N-{n}" for n in range(59, 9, -1)]
    page.get_by_role("link", name="下一页").click()
    page.wait_for_url("**before=**")
    assert ids(page) == [f"N-{n}" for n in range(9, -1, -1)]
    assert page.locator("#found").inner_text().startswith("共 60 件")
    page.get_by_role("link", name="上一页").click()
    page.wait_for_url(lambda url: "before" not in url)
    assert ids(page) == first


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("channels=app", "“channels”"),
        ("hour=25", "“25”"),
        ("category=no_such", "“no_such”"),
        ("since=gestern", "“gestern”"),
        ("before=0", "“0”"),
        ("since=2026-11-02&until=2026-11-01", "起点不早于终点"),
        ("through=9999-12-31", "“9999-12-31”"),
        ("due=tomorrow", "“tomorrow”"),
    ],
)
def test_conditions_that_are_not_known_list_nothing_and_export_nothing(query: str, told: str, filled: Console) -> None:
    answer = filled.client.get(f"/console/cases?{query}")
    assert answer.status_code == 422
    assert told in answer.text
    assert "A-1" not in answer.text
    assert filled.client.get(f"/console/cases.csv?{query}").status_code == 422
    assert "A-1" in filled.client.get("/console/cases?category=&words=%20&lang=zh").text


def test_every_filter_survives_its_way_through_an_address(taxonomy: Taxonomy) -> None:
    values: Mapping[str, Any] = {
        "category": "card_fees",
        "department": next(iter(taxonomy.departments)),
        "decision": "auto",
        "channel": "none",
        "region": "苏州 & 南京",
        "since": datetime(2026, 11, 1, tzinfo=CHINA).astimezone(UTC),
        "until": datetime(2026, 11, 24, 9, 30, tzinfo=CHINA).astimezone(UTC),
        "words": "年费 退还",
        "group": next(iter(taxonomy.values())).group.code,
        "priority": "P1",
        "product": "none",
        "segment": "私行",
        "hour": 0,
        "state": "open",
        "due": "resolution_near",
        "review": "corrected",
        "sampled": "wrong",
        "model": "2026-03-02.1",
        "kind": "enquiry",
        "business": "未定",
        "cause": taxonomy.facets["cause"][0],
        "business_channel": "未定",
    }
    assert set(values) == {one.name for one in fields(Filters)}
    for name, value in values.items():
        filters = Filters(**{name: value})
        read = asked(dict(parse_qsl(query_of(filters))), taxonomy)
        assert (read.filters, read.faults) == (filters, [])
    assert asked(dict(parse_qsl(query_of(Filters(**values)))), taxonomy).filters == Filters(**values)


# --- taken home


def exported(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("query", ["", "channel=app", "region=苏州&category=card_fees", "words=盗刷"])
def test_an_export_has_exactly_the_cases_that_the_page_lists(query: str, filled: Console) -> None:
    listed = filled.client.get(f"/v1/complaints?{query}").json()["items"]
    answer = filled.client.get(f"/console/cases.csv?{query}")
    wanted = [case["complaint_id"] for case in listed]
    assert wanted
    assert all(f"/console/cases/{one}" in filled.client.get(f"/console/cases?{query}").text for one in wanted)
    assert [row["投诉编号"] for row in exported(answer)] == wanted
    book = openpyxl.load_workbook(io.BytesIO(filled.client.get(f"/console/cases.xlsx?{query}").content))
    assert [row[0] for row in book.active.iter_rows(min_row=2, values_only=True)] == wanted


def test_no_cell_of_an_export_is_run_and_each_says_what_the_case_says(filled: Console) -> None:
    filled.post("/console/cases/A-3/correct", category="card_limit")
    rows = {row["complaint_id"]: row for row in exported(filled.client.get("/console/cases.csv?lang=en"))}
    assert rows["A-3"]["region"] == "'=1+1"
    assert (rows["A-3"]["category_code"], rows["A-3"]["looked_at"]) == ("card_limit", "yes")
    assert rows["A-3"]["predicted"] != rows["A-3"]["category"]
    assert rows["A-2"]["product"] == "借记卡"
    assert rows["A-1"]["text (masked)"] == FEE
    book = openpyxl.load_workbook(io.BytesIO(filled.client.get("/console/cases.xlsx").content))
    (cell,) = [cell for row in book.active.iter_rows() for cell in row if cell.value == "=1+1"]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_an_export_is_logged_with_its_number_and_conditions_but_not_the_words(filled: Console) -> None:
    filled.client.get("/console/cases.csv?words=王小明&channel=app")
    with filled.database.connect() as connection:
        (subject,) = connection.execute(select(ACTS.c.subject).where(ACTS.c.act == "export")).scalars()
    assert subject.startswith("csv, 0: channel=app&words=")
    assert "王小明" not in subject
    assert "%E7%8E%8B" not in subject


def test_what_arrives_while_an_export_goes_out_is_not_in_it(filled: Console) -> None:
    casework = filled.client.app.state.casework  # type: ignore[attr-defined]
    rows = casework.export(Filters(), "csv", LOCAL)
    first = next(rows)
    fill(filled.client, [{"complaint_id": "B-1", "text": APP}])
    assert [case.row["complaint_id"] for case in (first, *rows)] == ["A-4", "A-3", "A-2", "A-1"]


def test_an_export_says_how_far_a_case_is_and_what_became_of_its_deadlines(filled: Console) -> None:
    for event, at in (("first_response", ""), ("resolved", "")):
        assert filled.post("/console/cases/A-1/events", event=event, at=at, note="已退还").status_code == 303
    rows = {row["投诉编号"]: row for row in exported(filled.client.get("/console/cases.csv"))}
    case = filled.client.get("/v1/complaints/A-1").json()
    done, waiting = rows["A-1"], rows["A-2"]
    assert (done["状态"], done["首次响应"], done["办结"]) == ("已办结", "按时", "按时")
    assert all(done[name] for name in ("首次响应时限", "首次响应时间", "办结时限", "办结时间"))
    assert case["status"] == "resolved"
    assert (waiting["状态"], waiting["办结"], waiting["办结时间"]) == ("待受理", "进行中", "")
    assert waiting["办结时限"]


def test_the_number_of_a_case_leads_to_it(filled: Console) -> None:
    found = filled.client.get("/console/cases?words=A-2", follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (303, "/console/cases/A-2")
    assert filled.client.get("/console/cases?words=A-2&channel=app", follow_redirects=False).status_code == 200
    assert filled.client.get("/console/cases?words=A-9", follow_redirects=False).status_code == 200


def test_a_list_says_which_cases_a_person_has_looked_at(filled: Console) -> None:
    assert "人工确定" not in filled.client.get("/console/cases").text
    filled.post("/console/cases/A-3/correct", category="card_limit")
    page = filled.client.get("/console/cases").text
    assert page.count("人工确定") == 1
    listed = {one["complaint_id"]: one["looked_at"] for one in filled.client.get("/v1/complaints").json()["items"]}
    assert listed == {"A-1": False, "A-2": False, "A-3": True, "A-4": False}


def test_the_last_day_of_a_period_belongs_to_it(filled: Console, taxonomy: Taxonomy) -> None:
    today = datetime.now(CHINA).date().isoformat()
    assert "共 4 件" in filled.client.get(f"/console/cases?since={today}&through={today}").text
    wanted = asked({"through": "2026-11-24"}, taxonomy)
    assert wanted.filters.until == datetime(2026, 11, 25, tzinfo=CHINA)
    assert asked({"until": "2026-11-25"}, taxonomy).values == {"through": "2026-11-24"}
    assert asked({"until": "2026-11-25T09:30"}, taxonomy).values == {"until": "2026-11-25T09:30"}


# --- the life of one


def do(page: Any, act: str, **filled_in: str) -> None:
    """Open a form of the case's page, fill it in and send it."""
    page.locator("details[name=deed] summary").get_by_text(act, exact=True).click()
    form = page.locator("details[name=deed][open]")
    for name, value in filled_in.items():
        field = form.locator(f"[name={name}]")
        field.select_option(value) if field.evaluate("f => f.tagName") == "SELECT" else field.fill(value)
    form.locator("button[type=submit]").click()
    page.wait_for_load_state()


def told(page: Any) -> list[str]:
    return [str(one) for one in page.locator(".timeline > li strong").all_inner_texts()]


def test_a_case_is_led_from_arrival_to_its_follow_up(page: Any, axe: Callable[[Any], None]) -> None:
    page.goto("/console/cases/A-2")
    assert "盗刷" in page.locator("mark.clause").first.inner_text()
    do(page, "受理")
    do(page, "延期", approver="王主任", note="等客户补充材料")
    do(page, "首次响应", note="已电话联系")
    axe(page)
    do(page, "办结", note="已赔付")
    do(page, "回访", satisfaction="5")
    assert told(page) == [
        "登记",
        "模型判断",
        "登记时交办",
        "受理",
        "延期",
        "首次响应",
        "办结",
        "回访",
    ]
    assert "审批 王主任" in page.locator(".timeline").inner_text()
    assert page.locator(".chips").inner_text().startswith("已办结")
    assert page.get_by_text("按时", exact=True).count() == 2
    offered = page.locator("details[name=deed] summary").all_inner_texts()
    assert offered == ["重开", "回访", "更正类别", "抹除投诉人信息"]


def test_a_correction_and_a_return_send_the_case_on(page: Any) -> None:
    page.goto("/console/cases/A-1")
    do(page, "更正类别", category="card_limit", note="说的是额度")
    assert "人工确定" in page.locator(".case-main").inner_text()
    assert told(page)[-2:] == ["人工确定类别", "改类后重新交办"]
    do(page, "退单：不归本部门", note="不归我们")
    assert told(page)[-2:] == ["退单", "退单后重新交办"]


def test_from_a_case_one_goes_back_to_the_list_it_was_found_in(page: Any) -> None:
    page.goto("/console/cases?region=南京&category=mobile_banking")
    listed = ids(page)
    page.get_by_role("link", name="N-27", exact=True).click()
    do(page, "受理")
    page.get_by_text("已办").wait_for()
    page.get_by_role("link", name="← 案件").click()
    page.wait_for_url("**region=**")
    assert ids(page) == listed


def test_related_cases_lead_to_each_other(page: Any) -> None:
    page.goto("/console/cases/A-4")
    page.locator("#related + ul a").first.click()
    page.wait_for_url("**/A-1")


def test_what_cannot_happen_is_told_beside_what_was_filled_in(filled: Console) -> None:
    answer = filled.post(
        "/console/cases/A-1/events", event="extended", approver="王", note="n", until="2031-01-01T10:00"
    )
    assert answer.status_code == 422
    assert "最迟" in answer.text
    assert 'value="王"' in answer.text
    assert filled.post("/console/cases/A-1/events", event="reopened").status_code == 409
    for form in ({"event": "extended"}, {"event": ""}, {"event": "accepted", "at": "gestern"}):
        assert filled.post("/console/cases/A-1/events", **form).status_code == 422
    assert filled.post("/console/cases/A-1/correct", category="no_such").status_code == 422
    assert filled.post("/console/cases/A-1/return", note="").status_code == 422
    assert filled.client.get("/console/cases/nobody").status_code == 404
    assert filled.client.get("/v1/complaints/A-1").json()["events"] == []


def test_a_person_is_erased_only_by_an_administrator_who_is_sure(console: Console) -> None:
    console.sign_in("admin")
    key = {"authorization": f"Bearer {console.keys['admin']}"}
    console.client.post("/v1/complaints", json=CASES[0], headers=key)
    assert console.post("/console/cases/A-1/erase").status_code == 422
    console.sign_in("analyst")
    assert "抹除" not in console.client.get("/console/cases/A-1").text
    assert console.post("/console/cases/A-1/erase", sure="yes").status_code == 403
    console.sign_in("admin")
    assert FEE in console.client.get("/console/cases/A-1").text
    assert console.post("/console/cases/A-1/erase", sure="yes").status_code == 303
    page = console.client.get("/console/cases/A-1").text
    assert FEE not in page
    assert "已于" in page
    assert "更正类别" not in page


def test_only_administrators_see_who_did_what(console: Console) -> None:
    key = {"authorization": f"Bearer {console.keys['admin']}"}
    console.client.post("/v1/complaints", json=CASES[0], headers=key)
    console.sign_in("review").get("/console/cases/A-1")
    assert "审计日志" not in console.client.get("/console/cases/A-1").text
    page = console.sign_in("admin").get("/console/cases/A-1").text
    assert "审计日志" in page
    assert "review的人" in page
    assert console.sign_in("intake").get("/console/cases").status_code == 403
    assert console.client.get("/console/cases.csv").status_code == 403
    assert console.client.get("/console/cases/A-1").status_code == 403


def test_an_act_is_its_doers_in_the_log(console: Console) -> None:
    key = {"authorization": f"Bearer {console.keys['admin']}"}
    console.client.post("/v1/complaints", json=CASES[0], headers=key)
    console.sign_in("review")
    console.post("/console/cases/A-1/events", event="accepted")
    with console.database.connect() as connection:
        (owner,) = connection.execute(select(ACTS.c.owner).where(ACTS.c.act == "accepted")).scalars()
    assert owner == "review的人"


@pytest.mark.parametrize(("width", "language"), [(360, "zh"), (1_920, "en")])
@pytest.mark.parametrize(
    "path", ["/console/cases", "/console/cases?hour=99", "/console/cases?words=没有的", "/console/cases/A-3"]
)
def test_it_is_readable_in_any_window(
    open_page: Callable[..., Any], axe: Callable[[Any], None], office: Site, path: str, width: int, language: str
) -> None:
    page = open_page(width, address=office.address)
    page.goto(f"/console/cases{path}{'&' if '?' in path else '?'}lang={language}")
    for summary in page.locator("main summary").all():
        summary.click()
    assert fits(page)
    axe(page)
