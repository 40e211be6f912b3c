"""复核 Review: its page in any window, without JavaScript, and for whom it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.console.conftest import Console, fits
from tests.api.console.review.conftest import Office, at_hand, press, start


def test_how_it_goes_is_shown(office: Office) -> None:
    office.register(*"abcdef")
    page = office.come("李")
    start(page)
    today = page.locator(".figures div", has_text="今天").first
    for n in range(1, 5):
        press(page, "1", "已判为")
        page.locator(".figures div", has_text=f"今天 {n}/{n}").wait_for()
    assert "每小时" not in today.inner_text(), "of four, a pace says nothing"
    page.keyboard.press("2")
    page.locator(".figures div", has_text="今天 4/5").wait_for()
    assert "每小时" in today.inner_text()


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
