"""复核 Review: what people say of a case, and take back."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.api.console.review.conftest import SURE, Office, at_hand, press, start


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


def test_of_what_a_search_finds_the_arrows_choose_while_one_types_on(office: Office) -> None:
    office.register("a")
    page = office.come("李")
    start(page)
    page.keyboard.press("/")
    page.keyboard.type("信用卡")
    found = page.locator("#found")
    first = found.inner_text()
    page.keyboard.press("ArrowDown")
    second = found.inner_text()
    page.keyboard.press("ArrowDown")
    assert len({first, second, found.inner_text()}) == 3
    page.keyboard.press("ArrowUp")
    assert found.inner_text() == second
    page.keyboard.type("额度")
    assert found.inner_text().endswith("信用卡额度")
    page.keyboard.press("Enter")
    page.get_by_text("没有等待复核的案件").wait_for()
    assert [label for _, label, _ in office.judged] == ["card_limit"]


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
