"""The gate: who is let in; on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.access import ring
from api.app import create_app
from api.service import Service
from api.settings import Settings
from api.storage import Database, Keys
from models import Bundle
from tests.api.access.conftest import Make, key_id
from tests.api.access.test_scopes import OPEN, ask, operations
from tests.api.test_complaints import refused

# --- without keys


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "localhost:8000", "[::1]", "[::1]:8000"])
def test_without_keys_this_machine_asks_freely(desk: TestClient, host: str) -> None:
    for method, path in operations(desk, {}).values():
        assert desk.request(method, path, headers={"host": host}).status_code not in (401, 403)
    assert desk.get("/v1/model", headers={"host": host, "origin": f"http://{host}"}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["bank.example", "10.0.0.8:8000", "127.0.0.1.bank.example", "localhost.bank.example:8000", "a:127.0.0.1", "[::2]"],
)
def test_without_keys_a_foreign_name_is_refused(desk: TestClient, host: str) -> None:
    refused(desk.get("/v1/model", headers={"host": host}), "foreign-origin", 403)
    refused(desk.post("/v1/complaints", json={"text": "年费"}, headers={"host": host}), "foreign-origin", 403)
    assert desk.get("/health/live", headers={"host": host}).status_code == 200
    assert desk.get("/v1/complaints").json()["items"] == []


@pytest.mark.parametrize(
    "origin", ["https://bank.example", "http://127.0.0.1:9000", "http://127.0.0.1.bank.example", "null", ""]
)
def test_without_keys_a_page_of_another_origin_is_refused(desk: TestClient, origin: str) -> None:
    headers = {"host": "127.0.0.1:8000", "origin": origin}
    refused(desk.get("/v1/model", headers=headers), "foreign-origin", 403)


# --- with keys


def test_once_there_is_a_key_every_address_needs_one(desk: TestClient, key: Make) -> None:
    assert desk.get("/v1/model").status_code == 200
    all_of_them = operations(desk, key("甲", "admin"))
    for name, (method, path) in {
        **all_of_them,
        "description": ("GET", "/openapi.json"),
        "nothing": ("GET", "/v2/nothing"),
        "slash": ("GET", "/health/live/"),
    }.items():
        answer = ask(desk, method, path)
        if name in OPEN:
            assert answer.status_code == 200
        else:
            refused(answer, "no-key", 401)
            assert answer.headers["www-authenticate"] == "Bearer"


def test_with_a_key_the_service_goes_by_any_name(desk: TestClient, key: Make) -> None:
    names = {"host": "complaints.bank.example", "origin": "https://desk.bank.example"}
    assert desk.get("/v1/model", headers={**key("甲", "review"), **names}).status_code == 200


def test_what_is_no_valid_key_opens_nothing(desk: TestClient, key: Make, database: Database) -> None:
    valid = key("甲", "admin")["authorization"]
    secret = valid.removeprefix("Bearer ")
    (row,) = Keys(database).all()
    for sent in (
        *("", "Bearer", "Bearer ", "Bearer x", "Basic eDp5", "Bearer \x80\xff", f"Basic {secret}", secret),
        *(valid[:-1], f"{valid}x", valid.upper(), f"Bearer {secret} {secret}"),
        *(f"Bearer {row['key_id']}", f"Bearer {row['secret_hash']}", "Bearer cpl_00000000_" + "x" * 43),
    ):
        answer = desk.get("/v1/model", headers={"authorization": sent.encode("latin-1")})
        refused(answer, "no-key", 401)
        assert secret not in answer.text
    assert desk.get("/v1/model", headers={"authorization": f"bearer  {secret}"}).status_code == 200


def test_an_expired_key_opens_nothing(desk: TestClient, key: Make) -> None:
    moment = datetime.now(UTC)
    refused(desk.get("/v1/model", headers=key("甲", "admin", expires=moment - timedelta(seconds=1))), "no-key", 401)
    assert desk.get("/v1/model", headers=key("甲", "admin", expires=moment + timedelta(hours=1))).status_code == 200


def test_a_revoked_key_opens_nothing_also_if_it_was_the_last(desk: TestClient, key: Make, database: Database) -> None:
    one, other = key("甲", "admin"), key("乙", "admin")
    assert desk.get("/v1/model", headers=one).status_code == 200
    Keys(database).revoke(key_id(one), "tests")
    refused(desk.get("/v1/model", headers=one), "no-key", 401)
    assert desk.get("/v1/model", headers=other).status_code == 200
    Keys(database).revoke(key_id(other), "tests")
    refused(desk.get("/v1/model", headers=other), "no-key", 401)
    refused(desk.get("/v1/model"), "no-key", 401)


def test_keys_are_not_asked_for_with_every_request(
    desk: TestClient, key: Make, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer = key("甲", "admin")
    assert desk.get("/v1/model", headers=bearer).status_code == 200
    monkeypatch.setattr(ring, "FRESH", 1e9)
    Keys(database).revoke(key_id(bearer), "tests")
    assert desk.get("/v1/model", headers=bearer).status_code == 200
    monkeypatch.setattr(ring, "FRESH", 0.0)
    refused(desk.get("/v1/model", headers=bearer), "no-key", 401)


def test_the_body_of_a_stranger_is_not_looked_at(bundle: Bundle, database_url: str, tmp_path: Path, key: Make) -> None:
    settings = Settings(data=tmp_path, database_url=database_url, classify_max_bytes=1_000, upload_max_bytes=1_000)
    with TestClient(create_app(Service(bundle), settings)) as desk:
        known = key("甲", "intake")
        for path, content_type in (
            ("/v1/complaints", "application/json"),
            ("/v1/classify", "text/plain"),
            ("/v1/jobs", "text/csv"),
        ):
            sent = {"content": b"x" * 5_000, "headers": {"content-type": content_type}}
            answer = desk.post(path, **sent)
            refused(answer, "no-key", 401)
            assert answer.headers["connection"] == "close"
            sent["headers"] |= known
            assert desk.post(path, **sent).status_code in (413, 415)


def test_open_to_others_it_takes_https_only(bundle: Bundle, database_url: str, tmp_path: Path, key: Make) -> None:
    bearer = key("甲", "intake")
    app = create_app(Service(bundle), Settings(data=tmp_path, database_url=database_url, host="0.0.0.0"))
    with TestClient(app, "http://complaints.bank.example") as client:
        refused(client.get("/v1/model", headers=bearer), "insecure", 403)
        refused(client.post("/v1/complaints", json={"text": "年费"}, headers=bearer), "insecure", 403)
        assert client.get("/health/live").status_code == client.get("/health/ready").status_code == 200
    app = create_app(Service(bundle), Settings(data=tmp_path, database_url=database_url, host="0.0.0.0"))
    with TestClient(app, "https://complaints.bank.example") as client:
        assert client.get("/v1/model", headers=bearer).status_code == 200
        refused(client.get("/v1/model"), "no-key", 401)


@pytest.mark.parametrize(
    ("settings", "secure"),
    [
        ({}, False),
        ({"host": "localhost"}, False),
        ({"host": "::1"}, False),
        ({"host": "10.1.2.3"}, True),
        ({"host": "complaints.bank.example"}, True),
        ({"proxy": "127.0.0.1"}, True),
        ({"host": "10.1.2.3", "plain_http": True}, False),
    ],
)
def test_which_settings_ask_for_https(settings: dict[str, Any], *, secure: bool) -> None:
    assert Settings(**settings).https_only is secure
