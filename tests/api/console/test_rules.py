"""规则 Rules: looked at, edited, tried on recent cases, switched; by a browser and by one without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.cases import IntakeRequest
from api.service import Service
from api.settings import Settings
from api.storage import Act
from classifier.routing import BUNDLED
from models import Bundle
from tests.api.console.conftest import Console, Site, fits, serving_here

BOOK = BUNDLED.read_text(encoding="utf-8")
TO_OPERATIONS = BOOK.replace('then.department = "@category"', 'then.department = "operations"')
TEXT = "信用卡年费说好刷满六次就免，现在又扣了我300元，要求退还年费。"


@pytest.fixture
def own(bundle: Bundle, tmp_path: Path) -> Iterator[Site]:
    """A service of its own, without keys: everybody may do all, and three cases are kept."""
    app = create_app(Service(bundle), Settings(data=tmp_path, review_sample=0))
    for number in range(3):
        request = IntakeRequest(text=f"{TEXT}第{number}次", complaint_id=f"c{number}")
        app.state.intake.register(app.state.intake.read(request, "热线"))
    with serving_here(app) as site:
        yield site


@pytest.fixture
def come(own: Site, open_page: Callable[..., Any]) -> Callable[..., Any]:
    def open_at(path: str, width: int = 1_200, **options: Any) -> Any:
        page = open_page(width, address=own.address, **options)
        page.goto(path)
        return page

    return open_at


def switch(site: Site, text: str, reason: str = "试行", by: str = "李") -> None:
    site.app.state.rules.switch(text, "text", reason, Act(by, "switch rules"))


def test_the_rules_in_force_are_told_in_words(come: Callable[..., Any]) -> None:
    page = come("/console/rules")
    rows = page.locator("table.rules tbody tr")
    assert rows.count() == BOOK.count("[[rule]]")
    first = rows.first.inner_text()
    assert "有信号“轻生或自伤风险”" in first
    assert "P1 特急" in first
    assert "30分钟" in first
    assert "其余全部" in rows.last.inner_text()
    page.goto("/console/rules?lang=en")
    assert "carries the signal" in rows.first.inner_text()
    assert "the category's department" in rows.last.inner_text()
    assert "group is “Wealth and insurance”" in page.locator("table.rules").inner_text()


def test_a_line_of_the_table_leads_to_the_line_of_the_file(come: Callable[..., Any]) -> None:
    page = come("/console/rules")
    page.locator("table.rules tbody tr").first.get_by_role("link").click()
    page.locator("#file tr:target", has_text="[[rule]]").wait_for()


def test_who_switched_to_what_when_and_why_with_what_differed(own: Site, come: Callable[..., Any]) -> None:
    switch(own, TO_OPERATIONS, "运营部集中处理")
    switch(own, BOOK, "恢复", by="王")
    page = come("/console/rules")
    history = page.locator("table.switches tbody tr")
    assert [row.split("\t")[2:4] for row in history.all_inner_texts()] == [
        ["王", "恢复"],
        ["李", "运营部集中处理"],
        ["—", "程序自带"],
    ]
    history.nth(1).get_by_role("link").first.click()
    assert page.locator(".diff .gone").inner_text().endswith('then.department = "@category"')
    assert page.locator(".diff .new").inner_text().endswith('then.department = "operations"')
    page.get_by_label("对照").select_option("2")
    page.get_by_role("button", name="对照").click()
    assert page.locator(".diff .new").inner_text().endswith('then.department = "@category"')


def test_what_is_typed_is_checked_and_faults_stand_beside_their_lines(come: Callable[..., Any]) -> None:
    page = come("/console/rules/edit")
    field = page.get_by_label("规则文件")
    field.fill(BOOK.replace('"P1"', '"P0"', 2))
    page.locator(".notes li").nth(1).wait_for()
    lines = [number for number, line in enumerate(BOOK.splitlines(), start=1) if '"P1"' in line][:2]
    assert [int(note.get_attribute("data-line")) for note in page.locator(".notes li").all()] == lines
    assert page.locator(".gutter .wrong").all_inner_texts() == [str(line) for line in lines]
    assert "priority 是 'P0'。可用：P1, P2, P3, P4" in page.locator(".notes li").first.inner_text()
    page.locator(".status a").last.click()
    chosen = page.evaluate("[text.value.slice(text.selectionStart, text.selectionEnd)]")
    assert chosen == ['then.priority = "P0"']
    note, line = page.locator(".notes li").nth(1).bounding_box(), page.locator(".gutter .wrong").nth(1).bounding_box()
    assert abs(note["y"] - line["y"]) < line["height"]
    field.fill(BOOK)
    page.locator(".status.sure").wait_for()
    assert page.locator(".gutter .wrong").count() == 0


def test_a_dry_run_names_the_cases_that_would_go_elsewhere(own: Site, come: Callable[..., Any]) -> None:
    page = come("/console/rules/edit")
    page.get_by_label("规则文件").fill(TO_OPERATIONS)
    page.get_by_role("button", name="用近期案件试算").click()
    page.get_by_text("近期 3 件中，3 件会不一样").wait_for()
    cells = page.locator("#dry-run table").first.locator("tbody tr").first.locator("td").all_inner_texts()
    assert cells == ["部门", "信用卡中心", "运营管理部", "3"]
    links = page.locator(".moved a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert links == [f"/console/cases/c{number}" for number in (2, 1, 0)]
    assert own.app.state.rules.history() == []


def test_rules_are_switched_with_a_reason(own: Site, come: Callable[..., Any]) -> None:
    page = come("/console/rules/edit")
    page.get_by_label("规则文件").fill(TO_OPERATIONS)
    page.get_by_role("button", name="切换到以上规则").click()
    page.get_by_text("请写明原因").wait_for()
    assert page.get_by_label("规则文件").input_value() == TO_OPERATIONS
    page.get_by_label("为什么切换").fill("运营部集中处理")
    page.get_by_role("button", name="切换到以上规则").click()
    page.locator("h1", has_text="在用的规则").wait_for()
    (row,) = own.app.state.rules.history()
    assert (row["reason"], row["text"]) == ("运营部集中处理", TO_OPERATIONS)


def test_an_earlier_version_comes_back_by_one_more_switch(own: Site, come: Callable[..., Any]) -> None:
    switch(own, TO_OPERATIONS)
    page = come("/console/rules")
    page.get_by_role("link", name="恢复…").click()
    assert page.get_by_label("规则文件").input_value() == BOOK
    assert page.get_by_label("为什么切换").input_value().startswith("恢复")
    page.get_by_role("button", name="切换到以上规则").click()
    page.locator("h1", has_text="在用的规则").wait_for()
    assert [row["text"] for row in own.app.state.rules.history()] == [BOOK, TO_OPERATIONS]


def test_what_somebody_has_switched_meanwhile_is_not_overwritten(own: Site, come: Callable[..., Any]) -> None:
    page = come("/console/rules/edit")
    mine = BOOK.replace('"P4"', '"P3"')
    page.get_by_label("规则文件").fill(mine)
    page.get_by_label("为什么切换").fill("咨询也按普通办")
    switch(own, TO_OPERATIONS, "运营部集中处理")
    page.get_by_role("button", name="切换到以上规则").click()
    page.get_by_text("没有切换：别人刚换过规则。").wait_for()
    assert "运营部集中处理" in page.get_by_role("alert").first.inner_text()
    assert page.get_by_label("规则文件").input_value() == mine
    assert page.locator(".diff .gone", has_text="operations").count() == 1
    page.get_by_role("button", name="切换到以上规则").click()
    page.get_by_text("没有切换：别人刚换过规则。").wait_for()  # pressing again alone overwrites nothing
    page.get_by_label("已看过对方的改动").check()
    page.get_by_role("button", name="切换到以上规则").click()
    page.locator("h1", has_text="在用的规则").wait_for()
    assert [row["text"] for row in own.app.state.rules.history()] == [mine, TO_OPERATIONS]


def test_without_javascript_it_is_checked_tried_and_switched_too(own: Site, come: Callable[..., Any]) -> None:
    page = come("/console/rules/edit", java_script_enabled=False)
    page.get_by_label("规则文件").fill(BOOK.replace('"P4"', '"P0"'))
    page.get_by_role("button", name="检查").click()
    note = page.locator(".notes li").inner_text()
    assert "priority 是 'P0'" in note
    assert 'then.priority = "P0"' in note  # the line itself, where nothing can stand beside it
    page.get_by_role("button", name="用近期案件试算").click()
    assert "文件有误" in page.locator("#dry-run").inner_text()
    page.get_by_label("规则文件").fill(TO_OPERATIONS)
    page.get_by_role("button", name="用近期案件试算").click()
    assert "3 件会不一样" in page.locator("#dry-run").inner_text()
    page.get_by_label("为什么切换").fill("试行")
    page.get_by_role("button", name="切换到以上规则").click()
    assert [row["text"] for row in own.app.state.rules.history()] == [TO_OPERATIONS]


def test_a_version_that_does_not_fit_any_more_can_still_be_read(own: Site, come: Callable[..., Any]) -> None:
    with own.database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO rulebooks (version, text, taken_at, taken_by, reason) "
            "VALUES ('v', 'format = 1', '2026-11-24 00:00:00', '李', '旧分类')"
        )
    page = come("/console/rules/versions/1")
    assert "只能看文件" in page.locator("main").inner_text()
    page.goto("/console/rules")
    assert "没有启用" in page.locator("main").inner_text()


@pytest.mark.parametrize(("width", "language"), [(360, "zh"), (1_920, "en")])
def test_it_is_readable_in_any_window(
    own: Site, come: Callable[..., Any], axe: Callable[[Any], None], width: int, language: str
) -> None:
    switch(own, TO_OPERATIONS)
    page = come(f"/console/rules?lang={language}", width)
    assert fits(page)
    axe(page)
    page.goto("/console/rules/versions/1")
    assert fits(page)
    axe(page)
    page.goto("/console/rules/edit")
    page.locator("#text").fill(BOOK.replace('"P2"', '"P0"'))
    page.locator(".notes li").first.wait_for()
    assert fits(page)
    axe(page)
    page.locator("#text").fill(BOOK)
    page.locator(".notice.sure code").wait_for()
    axe(page)
    page.locator('[formaction$="dry-run"]').click()
    page.locator(".moved").wait_for()
    assert fits(page)
    axe(page)


def test_an_analyst_looks_and_tries_and_only_an_administrator_switches(console: Console) -> None:
    client = console.sign_in("analyst")
    assert client.get("/console/rules").status_code == 200
    assert 'formaction="/console/rules/switch"' not in client.get("/console/rules/edit").text
    fields = {"text": BOOK, "base": "0", "reason": "试行"}
    assert console.post("/console/rules/check", **fields).status_code == 200
    assert console.post("/console/rules/dry-run", **fields).status_code == 200
    assert console.post("/console/rules/switch", **fields).status_code == 403
    console.sign_in("admin")
    assert console.post("/console/rules/switch", **fields).status_code == 303


@pytest.mark.parametrize("scope", ["intake", "review"])
def test_others_see_nothing_of_it(console: Console, scope: str) -> None:
    client = console.sign_in(scope)
    assert client.get("/console/rules").status_code == 403
    assert "/console/rules" not in client.get("/console/try").text


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/console/rules/check", {"text": "x" * 500_001, "base": "0"}, 422),
        ("/console/rules/switch", {"text": BOOK, "reason": "试行"}, 422),
        ("/console/rules/switch", {"text": BOOK, "reason": "试行", "base": "²"}, 422),
        ("/console/rules/switch", {"text": "format = 2", "reason": "试行", "base": "0"}, 422),
        ("/console/rules/switch", {"text": BOOK, "reason": "一\n二", "base": "0"}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(console: Console, path: str, fields: dict[str, str], status: int) -> None:
    console.sign_in("admin")
    assert console.post(path, **fields).status_code == status
    assert console.client.get("/console/rules/versions/7").status_code == 404
    assert console.client.get("/console/rules/edit?start=7").status_code == 404


def test_a_file_may_be_taken_along_for_somebody_who_may_switch(console: Console) -> None:
    console.sign_in("analyst")
    answer = console.post("/console/rules/download", text="format = 1\r\n", base="0")
    assert answer.text == "format = 1\n"
    assert "rules.toml" in answer.headers["content-disposition"]
    console.sign_in("review")
    assert console.post("/console/rules/download", text="format = 1", base="0").status_code == 403


def test_after_switching_it_says_so(keyless: Console) -> None:
    answer = keyless.post("/console/rules/switch", text=f"{BOOK}\n# 改过", reason="试行", base="0")
    assert answer.status_code == 303
    assert "已切换" in keyless.client.get(answer.headers["location"]).text
    assert "已切换" not in keyless.client.get("/console/rules").text
