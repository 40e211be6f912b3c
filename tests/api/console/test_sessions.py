"""Signing in at the console: who is in, for how long, and what nobody else can make a browser do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from api.console.sessions import COOKIE
from api.storage import Keys, now
from api.storage.schema import SESSIONS
from tests.api.console.conftest import Console

TRY = "/console/try"
PAGES = ("/console/", "/console", TRY)


def told(console: Console, *acts: str) -> list[tuple[str, str, str | None]]:
    """Owner, act and subject of these acts, as the audit log has them."""
    with console.database.connect() as connection:
        log = connection.exec_driver_sql("SELECT owner, act, subject FROM audit_log ORDER BY at").all()
    return [(owner, act, subject) for owner, act, subject in log if act in acts]


def asked_to_sign_in(answer: Any) -> bool:
    return answer.status_code == 303 and urlsplit(answer.headers["location"]).path == "/console/sign-in"


def get(client: TestClient, path: str, **headers: str) -> Any:
    return client.get(path, headers=headers, follow_redirects=False)


def cookie_of(answer: Any) -> Morsel[str]:
    return SimpleCookie(answer.headers["set-cookie"])[COOKIE]


# --- coming in


@pytest.mark.parametrize("path", PAGES)
def test_who_is_not_signed_in_is_asked_to(console: Console, path: str) -> None:
    answer = get(console.client, f"{path}?example=1")
    assert asked_to_sign_in(answer)
    assert "text/html" in console.client.get(answer.headers["location"]).headers["content-type"]


def test_after_signing_in_one_is_where_one_wanted_to_be(console: Console) -> None:
    location = get(console.client, f"{TRY}?example=1").headers["location"]
    back = parse_qs(urlsplit(location).query)["next"][0]
    page = console.client.get(location).text
    assert f'value="{back}"' in page
    answer = console.post("/console/sign-in", key=console.keys["intake"], next=back)
    assert answer.headers["location"] == f"{TRY}?example=1"
    assert "card_fees" in console.client.get(answer.headers["location"]).text


def test_a_key_comes_in_with_the_white_space_it_was_copied_with(console: Console) -> None:
    assert console.post("/console/sign-in", key=f" {console.keys['intake']}\n").status_code == 303
    assert get(console.client, TRY).status_code == 200


@pytest.mark.parametrize("wrong", ["", "cpl_0000_guess", "键"])
def test_a_wrong_key_is_said_to_be_wrong(console: Console, wrong: str) -> None:
    answer = console.post("/console/sign-in", key=wrong)
    assert answer.status_code == 403
    assert "这把密钥无效" in answer.text
    assert asked_to_sign_in(get(console.client, TRY))
    assert told(console, "sign in") == []


def test_who_tries_too_often_must_wait(console: Console) -> None:
    tries = [console.post("/console/sign-in", key="cpl_0000_guess").status_code for _ in range(15)]
    assert tries[0] == 403
    assert 429 in tries
    assert get(console.client, "/console/sign-in").status_code == 200, "asking for the page is no try"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://bank.example/",
        "//bank.example/",
        "/v1/model",
        "/console/\\\\bank.example",
        "/console//x",
        "console/try",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(console: Console, elsewhere: str) -> None:
    answer = console.post("/console/sign-in", key=console.keys["intake"], next=elsewhere)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    assert get(console.client, f"/console/sign-in?next={elsewhere}").headers["location"] == "/console/"


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(console: Console) -> None:
    csrf = console.csrf()
    answer = console.client.post(
        TRY,
        data={"csrf": csrf, "text": "年费"},
        headers={"hx-request": "true", "hx-current-url": f"http://127.0.0.1{TRY}?lang=en"},
        follow_redirects=False,
    )
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/console/sign-in?next=%2Fconsole%2Ftry%3Flang%3Den"


# --- the cookie


def test_the_cookie_is_for_the_console_alone_and_scripts_cannot_read_it(console: Console) -> None:
    cookie = cookie_of(console.post("/console/sign-in", key=console.keys["intake"]))
    assert cookie["path"] == "/console"
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert not cookie["secure"]
    assert int(cookie["max-age"]) == 12 * 3_600


def test_over_https_the_cookie_never_goes_unencrypted(console: Console) -> None:
    console.client.base_url = console.client.base_url.copy_with(scheme="https")
    assert cookie_of(console.post("/console/sign-in", key=console.keys["intake"]))["secure"]


def test_a_session_does_not_go_by_a_token_from_before(console: Console) -> None:
    console.client.get("/console/sign-in")
    before = console.client.cookies[COOKIE]
    console.sign_in("intake")
    assert console.client.cookies[COOKIE] != before


def test_the_database_holds_nothing_one_could_come_in_with(console: Console) -> None:
    token = console.sign_in("intake").cookies[COOKIE]
    with console.database.connect() as connection:
        (row,) = connection.exec_driver_sql("SELECT * FROM sessions").all()
    assert token not in map(str, row)


def test_programs_are_not_let_in_by_cookie(console: Console) -> None:
    client = console.sign_in("admin")
    cookie = f"{COOKIE}={client.cookies[COOKIE]}"
    for path in ("/v1/model", "/metrics", "/openapi.json", "/v1/complaints"):
        assert client.get(path, headers={"cookie": cookie}).status_code == 401
    bearer = {"authorization": f"Bearer {console.keys['admin']}"}
    client.cookies.clear()
    assert client.get("/v1/model", headers=bearer).status_code == 200
    assert asked_to_sign_in(get(client, TRY, **bearer)), "nor browsers by a header"


# --- the end of it


def test_signing_out_ends_the_session_on_the_server(console: Console) -> None:
    client = console.sign_in("review")
    kept = client.cookies[COOKIE]
    assert asked_to_sign_in(console.post("/console/sign-out"))
    assert COOKIE not in client.cookies
    assert asked_to_sign_in(get(client, TRY, cookie=f"{COOKIE}={kept}"))
    key_id = console.keys["review"].split("_")[1]
    assert told(console, "sign in", "sign out") == [
        ("review的人", "sign in", key_id),
        ("review的人", "sign out", None),
    ]


def test_a_session_ends_with_its_key(console: Console) -> None:
    client = console.sign_in("intake")
    assert get(client, TRY).status_code == 200
    Keys(console.database).revoke(console.keys["intake"].split("_")[1], "管")
    assert asked_to_sign_in(get(client, TRY))
    assert console.post("/console/sign-in", key=console.keys["intake"]).status_code == 403


def test_a_session_ends_when_its_key_expires(console: Console, make_key: Callable[..., str]) -> None:
    console.keys["short"] = make_key(console.database, "短", "intake", expires=now() + timedelta(hours=1))
    client = console.sign_in("short")
    assert get(client, TRY).status_code == 200
    with console.database.begin() as connection:
        connection.exec_driver_sql("UPDATE api_keys SET expires_at = '2020-01-01 00:00:00' WHERE owner = '短'")
    assert asked_to_sign_in(get(client, TRY))


def test_a_session_ends_after_twelve_hours_whatever_the_browser_keeps(console: Console) -> None:
    client = console.sign_in("intake")
    with console.database.begin() as connection:
        (row,) = connection.execute(select(SESSIONS.c.created_at, SESSIONS.c.expires_at)).all()
        assert row.expires_at - row.created_at < timedelta(hours=12, seconds=1)
        connection.execute(update(SESSIONS).values(expires_at=now()))
    assert asked_to_sign_in(get(client, TRY))
    console.sign_in("intake")
    with console.database.connect() as connection:
        assert len(connection.execute(select(SESSIONS)).all()) == 1, "what is over is not kept"


def test_signing_in_again_ends_the_session_before(console: Console) -> None:
    client = console.sign_in("intake")
    first = client.cookies[COOKIE]
    assert console.post("/console/sign-in", key=console.keys["review"]).status_code == 303
    assert "review的人" in client.get(TRY).text
    client.cookies.clear()
    assert asked_to_sign_in(get(client, TRY, cookie=f"{COOKIE}={first}"))


def test_a_key_has_its_rate_here_too_and_files_do_not_count(console: Console, make_key: Callable[..., str]) -> None:
    console.keys["slow"] = make_key(console.database, "慢", "intake", rate=1 / 3_600)
    client = console.sign_in("slow")
    files = [get(client, "/console/static/console.css").status_code for _ in range(3)]
    assert files == [200, 200, 200]
    assert [get(client, TRY).status_code for _ in range(2)] == [200, 429]
    assert "请求过于频繁" in get(client, TRY).text


# --- changes


@pytest.mark.parametrize("sent", [{}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "键"}])
@pytest.mark.parametrize("path", ["/console/sign-in", "/console/sign-out", TRY])
def test_a_change_without_the_token_is_refused_and_said_so(console: Console, path: str, sent: dict[str, str]) -> None:
    client = console.sign_in("admin")
    answer = client.post(path, data={"text": "年费", **sent}, follow_redirects=False)
    assert answer.status_code == 403
    assert "页面已失效" in answer.text
    assert get(client, TRY).status_code == 200, "one is still signed in"


def test_the_token_of_another_session_opens_nothing(console: Console) -> None:
    console.sign_in("intake")
    theirs = console.csrf()
    client = console.sign_in("review")
    assert client.post(TRY, data={"csrf": theirs, "text": "年费"}).status_code == 403


def test_the_token_may_come_as_a_header(console: Console) -> None:
    client = console.sign_in("intake")
    assert client.post(TRY, data={"text": "年费"}, headers={"x-csrf-token": console.csrf()}).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_what_pages_of_other_sites_post_is_refused(console: Console, site: str) -> None:
    console.sign_in("intake")
    answer = console.post(TRY, headers={"sec-fetch-site": site}, text="年费")
    assert answer.status_code == 403
    assert "来源不允许" in answer.text
    assert console.post(TRY, headers={"sec-fetch-site": "same-origin"}, text="年费").status_code == 200
    assert get(console.client, TRY, **{"sec-fetch-site": "cross-site"}).status_code == 200, "a link may lead here"


# --- without keys


def test_without_keys_this_machine_needs_no_signing_in(keyless: Console) -> None:
    page = keyless.client.get("/console/")
    assert page.url.path == TRY
    assert "本机使用，未设密钥" in page.text
    assert "sign-out" not in page.text
    assert keyless.post(TRY, text="信用卡年费").status_code == 200
    assert get(keyless.client, "/console/sign-in").headers["location"] == "/console/"


def test_without_keys_changes_need_the_token_too(keyless: Console) -> None:
    keyless.client.get(TRY)
    assert keyless.client.post(TRY, data={"text": "信用卡年费"}).status_code == 403
    keyless.client.cookies.clear()
    assert keyless.client.post(TRY, data={"text": "信用卡年费"}).status_code == 403


@pytest.mark.parametrize("headers", [{"host": "bank.example"}, {"origin": "http://127.0.0.1:9000"}])
def test_without_keys_other_machines_and_other_pages_are_refused(keyless: Console, headers: dict[str, str]) -> None:
    answer = get(keyless.client, TRY, **headers)
    assert answer.status_code == 403
    assert "来源不允许" in answer.text


def test_once_there_is_a_key_this_machine_must_sign_in(keyless: Console, make_key: Callable[..., str]) -> None:
    assert get(keyless.client, TRY).status_code == 200
    make_key(keyless.database, "甲", "intake")
    assert asked_to_sign_in(get(keyless.client, TRY))
