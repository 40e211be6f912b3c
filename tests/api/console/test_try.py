"""试一试 Try: what is typed is read at once, and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.console.trying import EXAMPLES
from tests.api.console.conftest import Console, fits

FEE, FRAUD, FUND = (text for _, text in EXAMPLES)

# --- in a real browser


def test_what_is_typed_is_read_and_read_again_as_it_changes(page: Any) -> None:
    page.goto("/console/try")
    page.get_by_label("投诉内容").fill(FEE)
    result = page.locator("#result")
    result.locator(".verdict-line", has_text="card_fees").wait_for()
    assert result.locator("mark", has_text="年费").count() >= 1
    page.get_by_label("投诉内容").fill(FRAUD)
    result.locator(".signal", has_text="资金正在受损").wait_for()
    result.locator(".verdict-line", has_text="fraud_and_theft").wait_for()
    assert "自动" in page.locator("#said").inner_text(), "whoever hears the page is told in short"
    page.get_by_label("投诉内容").fill("")
    result.get_by_text("结果会出现在这里").wait_for()
    assert page.url.endswith("/console/try")


def test_what_is_known_besides_changes_who_gets_it(page: Any) -> None:
    page.goto("/console/try?example=1")
    assert "监管转办" not in page.locator("#result").inner_text()
    page.get_by_text("渠道、地区、产品").click()
    page.get_by_label("投诉渠道").select_option("regulator_referral")
    page.locator("#result .trace", has_text="监管转办").wait_for()


def test_it_can_be_done_by_keyboard_alone(page: Any) -> None:
    def focused(script: str) -> Any:
        return page.evaluate(f"document.activeElement.{script}")

    page.goto("/console/try")
    assert focused("name") == "text", "one can type at once"
    page.keyboard.insert_text(FEE)
    page.locator("#result .verdict-line", has_text="card_fees").wait_for()
    for _ in range(2):
        page.keyboard.press("Tab")
    assert focused("innerText") == EXAMPLES[1][0].zh
    page.keyboard.press("Enter")
    page.locator("#result .verdict-line", has_text="fraud_and_theft").wait_for()
    for _ in range(len(EXAMPLES) + 1):
        page.keyboard.press("Tab")
    assert focused("tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused("name") == "channel"
    for _ in range(4):
        page.keyboard.press("Tab")
    assert focused("type") == "submit"
    page.keyboard.press("Tab")
    assert focused("innerText").startswith("未触发的规则")


def test_the_first_thing_the_keyboard_reaches_skips_the_navigation(page: Any) -> None:
    page.goto("/console/nothing")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "跳到正文"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [360, 1_920])
@pytest.mark.parametrize("path", ["/console/try", "/console/try?example=2"])
def test_it_is_readable_in_any_window(
    open_page: Callable[..., Any], axe: Callable[[Any], None], width: int, language: str, path: str
) -> None:
    page = open_page(width)
    page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language]
    assert fits(page)
    axe(page)


def test_it_works_without_scripts(open_page: Callable[..., Any]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/console/try")
    page.get_by_label("投诉内容").fill(FEE)
    page.get_by_role("button", name="看结果").click()
    page.locator("#result .verdict-line", has_text="card_fees").wait_for()
    assert page.get_by_label("投诉内容").input_value() == FEE
    page.get_by_role("link", name="English").click()
    page.get_by_role("heading", name="Try").wait_for()


# --- without one


@pytest.mark.parametrize(("example", "said"), [(1, "card_fees"), (2, "fraud_and_theft"), (3, "sales_misconduct")])
def test_the_examples_differ(keyless: Console, example: int, said: str) -> None:
    page = keyless.client.get("/console/try", params={"example": example}).text
    assert said in page
    assert EXAMPLES[example - 1][1] in page


def test_what_it_says_is_what_the_service_says(keyless: Console) -> None:
    page = keyless.post("/console/try", text=FUND, channel="branch", region="苏州").text
    request = {"text": FUND, "channel": "branch", "region": "苏州", "explain": True}
    answer = keyless.client.post("/v1/classify", json=request).json()
    for words in (
        answer["category"]["zh"],
        answer["group"]["zh"],
        answer["department"]["zh"],
        answer["priority"],
        *(one["zh"] for one in (*answer["candidates"], *answer["signals"], *answer["co_departments"])),
        *answer["trace"],
    ):
        assert words in page
    assert page.count("<mark ") >= len(answer["evidence"])


def test_a_part_of_the_page_is_the_result_alone(keyless: Console) -> None:
    answer = keyless.post("/console/try", headers={"hx-request": "true"}, text=FEE)
    assert "card_fees" in answer.text
    assert "<html" not in answer.text
    assert "hx-request" in answer.headers["vary"]


def test_nothing_that_is_typed_is_kept(keyless: Console) -> None:
    keyless.post("/console/try", text=FEE)
    assert keyless.client.get("/v1/complaints").json()["items"] == []


@pytest.mark.parametrize("nothing", ["", "  \n", "\u200b"])
def test_without_a_text_it_says_what_to_do(keyless: Console, nothing: str) -> None:
    answer = keyless.post("/console/try", text=nothing, read="yes")
    assert answer.status_code == 200
    assert "请先输入投诉内容" in answer.text
    assert "结果会出现在这里" in keyless.post("/console/try", text="").text, "nobody asked for it yet"


def test_what_keeps_a_text_from_being_automatic_is_said(keyless: Console) -> None:
    answer = keyless.client.post("/v1/classify", json={"text": "은행 앱이 자꾸 꺼져요", "explain": True}).json()
    assert "familiarity" in answer["doubts"]
    assert "太多词是模型没见过的" in keyless.post("/console/try", text="은행 앱이 자꾸 꺼져요").text
    assert keyless.client.post("/v1/classify", json={"text": FEE, "explain": True}).json()["doubts"] == []
    assert keyless.client.post("/v1/classify", json={"text": FEE}).json()["doubts"] is None


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"text": "费" * 20_001}, "内容太长：最多20,000个字"),
        ({"text": FEE, "region": "苏" * 201}, "这一栏最多200个字"),
        ({"text": FEE, "product": "金\x00卡"}, "这一栏最多200个字"),
        ({"text": FEE, "channel": "pigeon"}, "没有这个渠道"),
    ],
)
def test_what_cannot_be_read_is_said_kindly(keyless: Console, fields: dict[str, str], fault: str) -> None:
    answer = keyless.post("/console/try", **fields)
    assert answer.status_code == 200
    assert fault in answer.text


def test_a_text_is_shown_as_it_was_typed_and_nothing_else(keyless: Console) -> None:
    typed = '\n<script>alert("年费")</script>  信用卡年费 & 利息'
    page = keyless.post("/console/try", text=typed).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(" in page
    assert "\n\n&lt;script" in page, "the first line break of a text area is no part of it"
