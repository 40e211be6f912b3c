"""Signing in, in a real browser: by keyboard, in both languages, and back to where one was when a session has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.app import create_app
from api.service import Service
from api.settings import Settings
from api.storage import Keys
from models import Bundle
from tests.api.console.conftest import Site, fits, serving_here


@pytest.fixture
def keyed(
    bundle: Bundle, tmp_path_factory: pytest.TempPathFactory, make_key: Callable[..., str]
) -> Iterator[tuple[Site, str]]:
    """A server with a key, and the key."""
    app = create_app(Service(bundle), Settings(data=tmp_path_factory.mktemp("keyed")))
    key = make_key(app.state.database, "投诉受理中心热线二组值班员欧阳小红", "intake")
    with serving_here(app) as site:
        yield site, key


def test_one_signs_in_by_keyboard_and_out_again(open_page: Callable[..., Any], keyed: tuple[Site, str]) -> None:
    site, key = keyed
    page = open_page(address=site.address)
    page.goto("/console/try?example=1")
    page.keyboard.type("cpl_wrong")
    page.keyboard.press("Enter")
    page.get_by_text("这把密钥无效").wait_for()
    page.keyboard.type(key)
    page.keyboard.press("Enter")
    page.locator("#result .verdict-line", has_text="card_fees").wait_for()
    assert "欧阳小红" in page.locator(".owner").inner_text()
    page.get_by_role("button", name="退出").click()
    page.get_by_label("API密钥").wait_for()
    page.go_back()
    page.get_by_label("API密钥").wait_for()


def test_when_the_session_has_ended_one_signs_in_and_is_back(
    open_page: Callable[..., Any], keyed: tuple[Site, str], make_key: Callable[..., str]
) -> None:
    site, key = keyed
    page = open_page(address=site.address)
    page.goto("/console/try?example=1")
    page.get_by_label("API密钥").fill(key)
    page.get_by_role("button", name="登录").click()
    page.locator("#result .verdict-line").wait_for()
    Keys(site.database).revoke(key.split("_")[1], "管")
    page.get_by_label("投诉内容").fill("信用卡年费")
    page.get_by_label("API密钥").fill(make_key(site.database, "新", "intake"))
    page.get_by_role("button", name="登录").click()
    page.locator("#result .verdict-line", has_text="card_fees").wait_for()


@pytest.mark.parametrize("width", [360, 1_920])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_readable_in_any_window(
    open_page: Callable[..., Any],
    axe: Callable[[Any], None],
    keyed: tuple[Site, str],
    width: int,
    language: str,
) -> None:
    site, key = keyed
    page = open_page(width, address=site.address)
    page.goto(f"/console/?lang={language}")
    assert fits(page)
    axe(page)
    page.locator("[name=key]").fill("cpl_wrong")
    page.keyboard.press("Enter")
    page.locator(".fault").wait_for()
    axe(page)
    page.locator("[name=key]").fill(key)
    page.keyboard.press("Enter")
    page.locator(".owner").wait_for()
    assert fits(page)
    axe(page)
