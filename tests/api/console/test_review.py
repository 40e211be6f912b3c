"""复核 Review: by a browser, by two at once, and by one without JavaScript."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.app import create_app
from api.cases import IntakeRequest
from api.service import Service
from api.settings import Settings
from api.storage import now
from models import Bundle
from tests.api.console.conftest import Console, Site, fits, serving_here

UNSURE = "你们这个事情到底怎么说，我很不满意"
SURE = "信用卡年费说好刷满六次就免，现在又扣了我300元，要求退还年费。"


@dataclass
class Office:
    """A service of its own with cases that wait, and a key for each of its people."""

    site: Site
    keys: dict[str, str]
    open_page: Callable[..., Any]

    def register(self, *names: str, words: str = UNSURE) -> None:
        service = self.site.app.state

        for number, name in enumerate(names):
            request = IntakeRequest(text=f"{words}（{number}）", complaint_id=name)
            service.intake.register(service.intake.read(request, "热线"))

    def come(self, who: str, width: int = 1_200, **options: Any) -> Any:
        """Somebody signs in and opens the page."""
        page = self.open_page(width, address=self.site.address, **options)
        page.goto("/console/sign-in")
        page.locator("input[type=password]").fill(self.keys[who])
        page.locator("article button, main button").first.click()
        page.wait_for_load_state()
        page.goto("/console/review")
        return page

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        with self.site.database.begin() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result.all()] if result.returns_rows else []

    def end_claims(self) -> None:
        self.run(f"UPDATE open_cases SET held_until = '{now() - timedelta(minutes=1)}'")

    @property
    def judged(self) -> list[tuple[Any, ...]]:
        asked = "SELECT complaint_id, label, labelled_by FROM labelled_history ORDER BY complaint_id"
        return self.run(asked)


@pytest.fixture
def make_office(
    bundle: Bundle, tmp_path: Path, make_key: Callable[..., str], open_page: Callable[..., Any]
) -> Iterator[Callable[..., Office]]:
    running = []

    def make(sample: float = 0) -> Office:
        app = create_app(Service(bundle), Settings(data=tmp_path, review_sample=sample))
        server = serving_here(app)
        site = server.__enter__()
        running.append(server)
        keys = {who: make_key(site.database, who, "review") for who in ("李", "王")}
        return Office(site, keys, open_page)

    yield make
    for server in running:
        server.__exit__()


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    return make_office()


def start(page: Any) -> str:
    """Take the first case; its id."""
    begin(page)
    return at_hand(page)


def begin(page: Any) -> None:
    page.locator(".start button:focus").wait_for()
    page.keyboard.press("Enter")


def at_hand(page: Any) -> str:
    return str(page.locator("#case-title code").inner_text())


def press(page: Any, key: str, told: str) -> None:
    """Press a key, and wait until the page has told what became of it."""
    page.keyboard.press(key)
    page.locator("#told", has_text=told).wait_for(state="attached")


def test_a_case_is_confirmed_and_the_next_one_comes(office: Office) -> None:
    office.register("a", "b")
    page = office.come("李")
    first = start(page)
    assert page.locator("mark").count() > 0
    likely = page.locator(".candidates button").first
    code = likely.get_attribute("value")
    likely.click()
    page.locator("#told", has_text=first).wait_for(state="attached")
    assert office.judged == [(first, code, "李")]
    assert {first, at_hand(page)} == {"a", "b"}


def test_another_candidate_or_any_category_corrects_it(office: Office) -> None:
    office.register("a", "b")
    page = office.come("李")
    start(page)
    second = page.locator('[data-key="2"]').get_attribute("value")
    press(page, "2", "已判为")
    page.keyboard.press("/")
    page.keyboard.type("催收")
    assert page.locator("#found").inner_text().endswith("催收行为")
    press(page, "Enter", at_hand(page))
    assert sorted(label for _, label, _ in office.judged) == sorted([second, "debt_collection"])
    assert page.get_by_text("没有等待复核的案件").is_visible()


def test_it_can_all_be_done_by_keyboard(office: Office) -> None:
    office.register("a", "b", "c")
    page = office.come("李")
    first = start(page)
    assert page.evaluate("document.activeElement.id") == "case-title"
    press(page, "s", "已跳过")
    page.keyboard.press("d")
    page.keyboard.press("Tab")  # from the kind to the business channel
    page.keyboard.press("Tab")
    page.keyboard.type("服务态度")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "case-title"
    page.keyboard.press("r")
    page.keyboard.type("不归我们办s1u")  # letters in a field are letters
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    press(page, "Enter", "已退单")
    press(page, "u", "已撤销")
    press(page, "1", "已判为")
    assert len(office.judged) == 1
    assert first not in [name for name, _, _ in office.judged]


def test_what_is_said_under_details_is_kept(office: Office) -> None:
    office.register("a")
    page = office.come("李")
    start(page)
    page.keyboard.press("d")
    page.get_by_label("类别", exact=True).select_option("service_attitude")
    page.get_by_label("投诉业务类别").select_option("借记卡")
    page.get_by_label("性质").select_option("enquiry")
    page.get_by_label("业务办理渠道").select_option("电话")
    page.get_by_label("备注").fill("客户来电咨询")
    page.get_by_role("button", name="按以上内容保存").click()
    page.get_by_text("没有等待复核的案件").wait_for()
    (said,) = office.run("SELECT category, business, kind, business_channel, note FROM corrections")
    assert said == ("service_attitude", "借记卡", "enquiry", "电话", "客户来电咨询")


def test_a_facet_that_the_category_settles_is_not_asked_and_comes_back_as_it_was(office: Office) -> None:
    office.register("a")
    page = office.come("李")
    start(page)
    page.keyboard.press("d")
    category, business = page.get_by_label("类别", exact=True), page.get_by_label("投诉业务类别")
    category.select_option("service_attitude")
    business.select_option("借记卡")
    category.select_option("card_limit")
    assert not business.is_visible()
    category.select_option("service_attitude")
    assert business.input_value() == "借记卡"


def test_facets_that_do_not_fit_are_refused_and_nothing_typed_is_lost(office: Office) -> None:
    office.register("a")
    page = office.come("李")
    start(page)
    page.keyboard.press("d")
    page.get_by_label("类别", exact=True).select_option("service_attitude")
    page.get_by_label("投诉业务类别").select_option("借记卡")
    page.get_by_label("备注").fill("问过客户")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("信用卡额度")
    page.keyboard.press("Enter")
    page.locator("#fault", has_text="业务类别与所选类别不符").wait_for()
    assert page.get_by_label("备注").input_value() == "问过客户"
    assert office.judged == []


def test_two_reviewers_at_once_do_every_case_once(office: Office) -> None:
    names = [f"c{number:02}" for number in range(12)]
    office.register(*names)
    pages = [office.come("李"), office.come("王")]
    seen: list[list[str]] = [[], []]
    for page in pages:
        begin(page)
        page.locator("#case-title").wait_for()
    while any(page.locator("#case-title").count() for page in pages):
        for page, mine in zip(pages, seen, strict=True):  # both have a case while either judges
            if page.locator("#case-title").count():
                mine.append(at_hand(page))
                page.keyboard.press("1")
        for page, mine in zip(pages, seen, strict=True):
            if mine:
                page.locator("#told", has_text=mine[-1]).wait_for(state="attached")
    assert sorted(seen[0] + seen[1]) == names
    assert seen[0]
    assert seen[1]
    assert [name for name, _, _ in office.judged] == names
    assert office.run("SELECT COUNT(*) FROM corrections") == [(12,)]


def test_a_claim_that_has_run_out_is_told_and_nothing_is_overwritten_or_lost(office: Office) -> None:
    office.register("a")
    page = office.come("李")
    start(page)
    page.keyboard.press("d")
    page.get_by_label("备注").fill("问过客户")
    office.end_claims()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.locator("#fault", has_text="领取已到期").wait_for()
    assert office.judged == []
    page.get_by_role("button", name="重新领取这件").click()
    page.locator("#case-title:focus").wait_for()
    assert page.locator("#fault").inner_text() == ""
    assert page.get_by_label("备注").input_value() == "问过客户"
    press(page, "1", "已判为")
    assert office.run("SELECT note FROM corrections") == [("问过客户",)]


def test_who_took_it_meanwhile_keeps_it(office: Office) -> None:
    office.register("a")
    page = office.come("李")
    start(page)
    office.end_claims()
    other = office.come("王")
    assert start(other) == "a"
    page.keyboard.press("1")
    page.locator("#fault", has_text="王正在看这件案件").wait_for()
    press(other, "2", "已判为")
    page.locator("#case-title").focus()
    page.keyboard.press("1")
    page.locator("#fault", has_text="已经有人复核过").wait_for()
    assert [by for _, _, by in office.judged] == ["王"]


def test_a_page_that_stays_open_keeps_its_case(office: Office) -> None:
    office.register("a")
    page = office.come("李")
    start(page)
    office.run(f"UPDATE open_cases SET held_until = '{now() + timedelta(minutes=1)}'")
    assert page.locator("#hold").get_attribute("hx-trigger") == "every 240s"
    with page.expect_response("**/keep"):
        page.evaluate("htmx.ajax('POST', document.getElementById('hold').getAttribute('hx-post'), '#hold')")
    ((until,),) = office.run("SELECT held_until FROM open_cases")
    assert str(until) > str(now() + timedelta(minutes=10))


def test_leaving_the_page_lets_the_case_go_and_loading_it_again_does_not_lose_it(office: Office) -> None:
    office.register("a")
    page, other = office.come("李"), office.come("王")
    start(page)
    page.goto("/console/try")
    while office.run("SELECT COUNT(*) FROM open_cases WHERE holder IS NOT NULL") != [(0,)]:
        time.sleep(0.05)  # the page says so while it goes
    other.reload()
    assert start(other) == "a"


def test_a_judgement_is_taken_back(office: Office) -> None:
    office.register("a", "b")
    page = office.come("李")
    first = start(page)
    press(page, "1", first)
    press(page, "u", "已撤销")
    assert at_hand(page) == first
    assert office.judged == []
    assert page.locator(".taken-back", has_text="已撤销").count() == 1
    assert office.run("SELECT COUNT(*) FROM open_cases WHERE holder IS NOT NULL") == [(1,)]  # the next was let go
    press(page, "2", "已判为")
    assert len(office.judged) == 1


def test_what_cannot_be_taken_back_any_more_says_why(office: Office) -> None:
    office.register("a")
    page = office.come("李")
    start(page)
    press(page, "s", "已跳过")
    other = office.come("王")
    start(other)
    page.keyboard.press("u")
    page.locator("#fault", has_text="王正在看这件案件").wait_for()


def test_skipped_ones_come_again_when_asked_for(office: Office) -> None:
    office.register("a")
    page = office.come("李")
    start(page)
    press(page, "s", "已跳过")
    assert page.get_by_text("只剩您跳过的 1 件").is_visible()
    page.get_by_role("button", name="再看跳过的").click()
    page.locator("#case-title").wait_for()
    assert at_hand(page) == "a"


def test_a_blind_case_shows_nothing_of_what_the_model_thinks(make_office: Callable[..., Office]) -> None:
    office = make_office(sample=1)
    office.register("a", words=SURE)
    page = office.come("李")
    start(page)
    assert page.locator(".candidates, mark, .history, .priority").count() == 0
    codes = page.locator("#all-categories button").evaluate_all("all => all.map(one => one.value)")
    assert codes == list(office.site.app.state.service.serving.taxonomy)
    assert page.get_by_label("类别", exact=True).input_value() == ""
    words = page.locator("main").inner_text()
    assert not re.search(r"信用卡中心|\d%", words)
    page.get_by_role("button", name="信用卡额度").click()
    page.get_by_text("没有等待复核的案件").wait_for()
    assert page.locator(".figures div", has_text="盲检一致").inner_text().split()[1] == "—"
    assert office.run("SELECT selection FROM corrections") == [("sample",)]


def test_how_it_goes_is_shown(office: Office) -> None:
    office.register("a", "b", "c")
    page = office.come("李")
    start(page)
    press(page, "1", "已判为")
    page.keyboard.press("2")
    page.locator(".figures div", has_text="今天 1/2").wait_for()
    assert "每小时" in page.locator(".figures div", has_text="今天").first.inner_text()


def test_when_the_server_is_away_what_was_typed_stays(office: Office) -> None:
    office.register("a")
    page = office.come("李")
    start(page)
    page.keyboard.press("d")
    page.get_by_label("备注").fill("问过客户")
    page.route("**/judge", lambda route: route.abort())
    page.get_by_role("button", name="按以上内容保存").click()
    page.locator("#fault", has_text="连不上服务器").wait_for()
    assert page.get_by_label("备注").input_value() == "问过客户"


def test_without_javascript_it_works_too(office: Office) -> None:
    office.register("a", "b")
    page = office.come("李", java_script_enabled=False)
    page.get_by_role("button", name="开始复核").click()
    first = at_hand(page)
    page.locator(".candidates button").first.click()
    assert at_hand(page) != first
    page.get_by_role("button", name="撤销").click()
    assert at_hand(page) == first
    office.end_claims()
    page.locator(".more textarea[name=note]").first.evaluate("one => one.closest('details').open = true")
    page.locator("#judge textarea[name=note]").fill("问过客户")
    page.locator(".candidates button").first.click()
    assert "领取已到期" in page.locator("#fault").inner_text()
    assert page.get_by_label("您写的备注").input_value() == "问过客户"


@pytest.mark.parametrize(("width", "language"), [(360, "zh"), (1_920, "en")])
def test_it_is_readable_in_any_window(
    make_office: Callable[..., Office], axe: Callable[[Any], None], width: int, language: str
) -> None:
    office = make_office()
    office.register("a", "b")
    page = office.come("李", width)
    page.goto(f"/console/review?lang={language}")
    assert fits(page)
    axe(page)
    start(page)
    page.keyboard.press("d")
    page.locator("#all-categories summary").click()
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language]
    assert fits(page)
    axe(page)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/console/review/next", {}),
        ("/console/review/a/judge", {"pick": "card_fees"}),
        ("/console/review/a/return", {"note": "不是我们的"}),
        ("/console/review/a/skip", {}),
        ("/console/review/a/undo", {"number": "1"}),
        ("/console/review/a/keep", {}),
        ("/console/review/a/retake", {}),
        ("/console/review/a/leave", {"until": "2026-11-24T00:00:00"}),
    ],
)
def test_who_may_not_review_can_do_none_of_it(console: Console, path: str, fields: dict[str, str]) -> None:
    client = console.sign_in("intake")
    assert client.get("/console/review").status_code == 403
    assert console.post(path, **fields).status_code == 403
    console.sign_in("review")
    refused = console.client.post(path, data={"csrf": "", **fields}, follow_redirects=False)
    assert refused.status_code == 403  # without the token of a page


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/console/review/none/judge", {"pick": "card_fees"}, 404),
        ("/console/review/none/judge", {"pick": "no_such"}, 422),
        ("/console/review/none/judge", {}, 422),
        ("/console/review/none/return", {"note": ""}, 422),
        ("/console/review/none/undo", {"number": "²"}, 422),
        ("/console/review/none/undo", {"number": "1"}, 404),
        ("/console/review/none/leave", {"until": "soon"}, 422),
        ("/console/review/none/keep", {}, 200),
    ],
)
def test_what_makes_no_sense_is_refused_and_said(
    console: Console, path: str, fields: dict[str, str], status: int
) -> None:
    console.sign_in("review")
    answer = console.post(path, headers={"hx-request": "true"}, **fields)
    assert answer.status_code == status
    assert answer.text
