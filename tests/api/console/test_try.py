"""试一试 Try, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.console.trying import EXAMPLES
from tests.api.console.conftest import fits

FEE, FRAUD = EXAMPLES[0][1], EXAMPLES[1][1]


def test_what_is_typed_is_read_and_read_again_as_it_changes(page: Any) -> None:
    page.goto("/console/try")
    page.get_by_label("投诉内容").fill(FEE)
    result = page.locator("#result")
    result.locator(".verdict-line", has_text="card_fees").wait_for()
    assert result.locator("mark", has_text="年费").count() >= 1
    page.get_by_label("投诉内容").fill(FRAUD)
    result.locator(".signal", has_text="资金正在受损").wait_for()
    assert page.locator("#said").inner_text().startswith(result.locator(".category strong").inner_text())


def test_it_can_be_done_by_keyboard_alone(page: Any) -> None:
    page.goto("/console/try")
    page.keyboard.type("信用卡年费扣了三百元")  # the text has the focus
    page.locator("#result .verdict-line").wait_for()
    page.keyboard.press("Tab")
    for _ in EXAMPLES:
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_label("地区").fill("苏州")
    page.goto("/console/try")
    page.keyboard.press("Shift+Tab")
    page.locator("body").press("Tab")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [360, 1_920])
def test_it_is_readable_in_any_window(
    open_page: Callable[..., Any], axe: Callable[[Any], None], width: int, language: str
) -> None:
    page = open_page(width)
    page.goto(f"/console/try?example=2&lang={language}")
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language]
    assert fits(page)
    axe(page)
