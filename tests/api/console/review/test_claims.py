"""复核 Review: by two at once; whose a case is, and how long."""

from __future__ import annotations

import time
from datetime import timedelta

from api.storage import now
from tests.api.console.review.conftest import Office, at_hand, begin, press, start


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


def test_skipped_ones_come_again_when_asked_for(office: Office) -> None:
    office.register("a")
    page = office.come("李")
    start(page)
    press(page, "s", "已跳过")
    assert page.get_by_text("只剩您跳过的 1 件").is_visible()
    page.get_by_role("button", name="再看跳过的").click()
    page.locator("#case-title").wait_for()
    assert at_hand(page) == "a"


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
