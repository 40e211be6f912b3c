"""The console as a whole: who sees what, in which language, and what it says when something is wrong."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from api.access.caller import SCOPES
from api.app import create_app
from api.console.pages import FILES
from api.console.site import PAGES
from api.service import Service
from api.settings import Settings
from models import Bundle
from tests.api.console.conftest import Console
from tests.conftest import asking

ENGLISH = {"lang": "en"}


def test_what_a_scope_may_not_do_is_neither_shown_nor_allowed(console: Console) -> None:
    for scope in SCOPES:
        client = console.sign_in(scope)
        shown = set(re.findall(r'<a href="(/console/\w+)"', client.get("/console/try").text))
        for page in (module.PAGE for module in PAGES):
            allowed = scope in (*page.scopes, "admin")
            assert (page.path in shown) is allowed, (scope, page.path)
            assert client.get(page.path).status_code == (200 if allowed else 403), (scope, page.path)


def test_the_page_one_is_on_is_marked(console: Console) -> None:
    for page in (module.PAGE for module in PAGES):
        marked = re.findall(r'<a href="([^"]+)" aria-current="page"', console.sign_in("admin").get(page.path).text)
        assert marked == [page.path]


def test_a_key_that_opens_no_page_is_told_so(console: Console, bundle: Bundle) -> None:
    console.keys["none"] = console.keys["admin"]
    client = console.sign_in("admin")
    with console.database.begin() as connection:
        connection.exec_driver_sql("UPDATE api_keys SET scopes = '[]' WHERE owner = 'admin的人'")
    answer = client.get("/console/")
    assert answer.status_code == 403
    assert "密钥权限不足" in answer.text


# --- two languages


def test_the_language_stays_as_it_was_chosen(keyless: Console) -> None:
    client = keyless.client
    assert '<html lang="zh-CN"' in client.get("/console/try").text
    page = client.get("/console/try", params={"example": "1", **ENGLISH}).text
    assert '<html lang="en"' in page
    assert "Nothing typed here is kept" in page
    assert 'href="/console/try?example=1&amp;lang=zh"' in page, "the switch keeps the address"
    assert '<html lang="en"' in client.get("/console/try").text
    assert '<html lang="zh-CN"' in client.get("/console/try", params={"lang": "zh"}).text


def test_the_language_is_kept_on_the_way_to_a_page(console: Console) -> None:
    assert "Sign in" in console.client.get("/console/", params=ENGLISH).text
    client = console.sign_in("intake")
    assert "Nothing typed here is kept" in client.get("/console/", params=ENGLISH).text


@pytest.mark.parametrize(("theme", "written"), [("dark", ' data-theme="dark"'), ("auto", ""), ('"><b>', "")])
def test_light_or_dark_is_written_by_the_server(keyless: Console, theme: str, written: str) -> None:
    page = keyless.client.get("/console/try", headers={"cookie": f"complaints_theme={theme}"}).text
    assert f'<html lang="zh-CN"{written}>' in page


# --- headers and files


def test_pages_run_nothing_but_our_own_files_and_are_not_kept(keyless: Console) -> None:
    for path in ("/console/try", "/console/nothing"):
        answer = keyless.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", answer.text), "nothing inline"
        assert set(re.findall(r'(?:src|href)="([^"#?]+)', answer.text)) == {
            place for place in re.findall(r'(?:src|href)="([^"#?]+)', answer.text) if place.startswith("/console/")
        }


def test_files_are_kept_as_long_as_their_address_names_their_content(keyless: Console) -> None:
    page = keyless.client.get("/console/try").text
    addresses = re.findall(r'"(/console/static/[^"]+)"', page)
    assert len(addresses) >= 5
    for address in addresses:
        answer = keyless.client.get(address)
        name, _, mark = address.removeprefix("/console/static/").partition("?v=")
        assert hashlib.sha256((FILES / name).read_bytes()).hexdigest().startswith(mark)
        assert answer.content == (FILES / name).read_bytes()
        assert "immutable" in answer.headers["cache-control"]
        assert "set-cookie" not in answer.headers
    assert "cache-control" not in keyless.client.get("/console/static/console.css").headers
    assert keyless.client.get("/console/static/../pages.py").status_code == 404


def test_what_is_not_ours_is_as_its_readme_says() -> None:
    readme = (FILES / "vendor" / "README.md").read_text(encoding="utf-8")
    for name, mark in re.findall(r"^\| (\S+\.(?:js|css)) .* (\w{64}) \|$", readme, re.MULTILINE):
        assert hashlib.sha256((FILES / "vendor" / name).read_bytes()).hexdigest() == mark
    for file in (FILES / "vendor").iterdir():
        assert file.name in readme or file.name == "README.md"


# --- when something is wrong


def test_a_problem_is_a_page_here_and_a_document_elsewhere(keyless: Console) -> None:
    page = keyless.client.get("/console/nothing")
    assert page.status_code == 404
    assert "没有这个地址" in page.text
    assert 'href="/console/"' in page.text
    assert "Not found" in keyless.client.get("/console/nothing", params=ENGLISH).text
    assert keyless.client.get("/nothing").json()["type"] == "urn:complaints:not-found"
    assert keyless.client.get("/consoles").json()["type"] == "urn:complaints:not-found"


def test_a_part_of_a_page_gets_a_problem_of_its_size(keyless: Console) -> None:
    answer = keyless.client.get("/console/nothing", headers={"hx-request": "true"})
    assert answer.status_code == 404
    assert "没有这个地址" in answer.text
    assert "<html" not in answer.text


def test_an_address_says_which_methods_it_knows(keyless: Console) -> None:
    answer = keyless.client.put("/console/try", headers={"x-csrf-token": keyless.csrf()})
    assert answer.status_code == 405
    assert answer.headers["allow"]
    assert "不支持这个方法" in answer.text


def test_while_the_database_is_away_a_page_says_so(console: Console) -> None:
    client = console.sign_in("intake")
    with console.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE sessions RENAME TO gone")
    answer = client.get("/console/try")
    assert answer.status_code == 503
    assert "案件库暂时没有回应" in answer.text
    assert answer.headers["retry-after"]


def test_a_defect_is_a_page_too(keyless: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("api.console.trying._reading", broken)
    answer = keyless.client.get("/console/try")
    assert answer.status_code == 500
    assert "程序出错了" in answer.text
    assert answer.headers["x-request-id"] in answer.text


def test_forms_have_limits(bundle: Bundle, tmp_path: Path) -> None:
    with asking(create_app(Service(bundle), Settings(data=tmp_path, classify_max_bytes=10_000))) as client:
        token = Console(client, client.app.state.database, {}).csrf()  # type: ignore[attr-defined]
        headers = {"x-csrf-token": token}
        long = client.post("/console/try", data={"text": "费" * 2_000}, headers=headers)
        assert long.status_code == 413
        assert "请求体过大" in long.text
        typed = client.post("/console/try", json={"text": "费"}, headers=headers)
        assert typed.status_code == 415
        many = client.post("/console/try", data={f"f{n}": "" for n in range(1_200)}, headers=headers)
        assert many.status_code == 422
        bad = client.post(
            "/console/try",
            content=b"text=\xff",
            headers={**headers, "content-type": "application/x-www-form-urlencoded"},
        )
        assert bad.status_code == 422


def test_over_http_from_elsewhere_nothing_is_served(bundle: Bundle, tmp_path: Path) -> None:
    app = create_app(Service(bundle), Settings(data=tmp_path, host="10.0.0.1"))
    with asking(app) as client:
        answer = client.get("/console/sign-in")
        assert answer.status_code == 403
        assert "请改用https打开" in answer.text
