"""The rules in force: switched by people who say why, taken up by every process, kept."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from api.dryrun import compare, of_database
from api.problems import RefusedError
from api.rules import Rules
from api.service import Service
from api.settings import Settings
from api.storage import Act
from api.watch import Watch
from classifier.errors import CalendarError
from classifier.routing import BUNDLED
from models import Bundle
from tests.conftest import asking

BOOK = BUNDLED.read_text(encoding="utf-8")
TEXT = "信用卡年费说好刷满六次就免，现在又扣了我300元，要求退还年费。"
ALL_TO_OPERATIONS = BOOK.replace('then.department = "@category"', 'then.department = "operations"')


def switch(client: TestClient, rules: str, reason: str = "试行") -> Any:
    return client.post("/v1/rules", json={"text": rules, "reason": reason})


def owner(client: TestClient) -> str:
    return str(client.post("/v1/classify", json={"text": TEXT}).json()["department"]["code"])


def test_switched_rules_are_in_force_with_who_and_why(desk: TestClient) -> None:
    assert desk.get("/v1/rules").json()["history"] == []
    assert owner(desk) == "credit_card_center"
    answer = switch(desk, ALL_TO_OPERATIONS, "运营部集中处理")
    assert answer.status_code == 201
    assert owner(desk) == "operations"
    now = desk.get("/v1/rules").json()
    assert (now["text"], now["version"]) == (ALL_TO_OPERATIONS, answer.json()["version"])
    (entry,) = now["history"]
    assert (entry["taken_by"], entry["reason"], entry["version"]) == (
        "本机 this machine",
        "运营部集中处理",
        now["version"],
    )
    desk.post("/v1/complaints", json={"text": TEXT, "complaint_id": "c1"})
    assert desk.get("/v1/complaints/c1").json()["decisions"][0]["rules"] == now["version"]


def test_back_is_one_more_switch(desk: TestClient) -> None:
    switch(desk, ALL_TO_OPERATIONS)
    switch(desk, BOOK, "恢复")
    assert owner(desk) == "credit_card_center"
    assert [entry["reason"] for entry in desk.get("/v1/rules").json()["history"]] == ["恢复", "试行"]


def test_rules_with_a_fault_are_refused_with_all_lines_and_those_in_force_stay(desk: TestClient) -> None:
    answer = switch(desk, BOOK.replace('"P1"', '"P0"', 2))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:complaints:invalid-rules")
    assert answer.json()["detail"].count("priority is 'P0'. Use one of: P1, P2, P3, P4.") == 2
    assert desk.get("/v1/rules").json()["history"] == []


def test_another_process_takes_them_up_within_5_seconds(
    desk: TestClient, bundle: Bundle, database_url: str, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path, database_url=database_url)
    with asking(create_app(Service(bundle), settings)) as other:
        assert owner(other) == "credit_card_center"
        switch(desk, ALL_TO_OPERATIONS)
        until = time.monotonic() + 5
        while owner(other) != "operations":
            assert time.monotonic() < until
            time.sleep(0.1)


def test_what_got_into_the_database_with_a_fault_is_not_taken_up(desk: TestClient) -> None:
    app: Any = desk.app
    switch(desk, ALL_TO_OPERATIONS)
    with app.state.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO rulebooks (version, text, taken_at, taken_by, reason) "
                "VALUES ('v', 'format = 1', '2026-11-24 00:00:00', '?', '?')"
            )
        )
    app.state.rules.refresh()
    assert owner(desk) == "operations"


def test_a_dry_run_says_how_many_would_go_where_and_moves_nothing(desk: TestClient) -> None:
    app: Any = desk.app
    for number in range(5):
        desk.post("/v1/complaints", json={"text": f"{TEXT}第{number}次", "complaint_id": f"c{number}"})
    desk.post("/v1/complaints/c4/correction", json={"category": "mobile_banking"})
    rules: Rules = app.state.rules
    new = BOOK.replace('when.category = ["other"]', 'when.category = ["card_fees"]').replace('"P4"', '"P1"')
    found = compare(
        of_database(app.state.database), app.state.service.serving.router, rules.routing(rules.read(new, "new.toml"))
    )
    assert (found.cases, found.changed) == (5, 4)
    ((what, before, after), move), *_ = found.most()
    assert (what, before, after, move.cases) == ("优先级 priority", "P3", "P1", 4)
    assert move.examples[0] == ("c3", f"{TEXT}第3次"[:40])
    assert desk.get("/v1/complaints/c0").json()["decisions"][-1]["priority"] == "P3"


def test_a_dry_run_names_the_cases_the_newest_first(desk: TestClient) -> None:
    app: Any = desk.app
    for number in range(3):
        desk.post("/v1/complaints", json={"text": f"{TEXT}第{number}次", "complaint_id": f"c{number}"})
    rules: Rules = app.state.rules
    then = rules.routing(rules.read(ALL_TO_OPERATIONS, "new.toml"))
    found = compare(of_database(app.state.database, limit=2), app.state.service.serving.router, then)
    assert (found.cases, found.changed) == (2, 2)
    assert [(case.name, case.changes) for case in found.first] == [
        (name, {"部门 department": ("信用卡中心", "运营管理部")}) for name in ("c2", "c1")
    ]


def test_what_somebody_has_switched_meanwhile_is_not_overwritten(desk: TestClient) -> None:
    app: Any = desk.app
    rules: Rules = app.state.rules
    rules.switch(ALL_TO_OPERATIONS, "text", "运营部集中处理", Act("李", "switch rules"), after=0)
    (first,) = rules.history()
    with pytest.raises(RefusedError, match="李 has switched the rules"):
        rules.switch(BOOK, "text", "恢复", Act("王", "switch rules"), after=0)
    assert owner(desk) == "operations"
    rules.switch(BOOK, "text", "恢复", Act("王", "switch rules"), after=first["number"])
    assert owner(desk) == "credit_card_center"


def test_of_two_who_switch_at_once_one_is_told(desk: TestClient) -> None:
    app: Any = desk.app
    rules: Rules = app.state.rules

    def take(name: str) -> bool:
        try:
            rules.switch(BOOK, "text", "试行", Act(name, "switch rules"), after=0)
        except RefusedError:
            return False
        return True

    with ThreadPoolExecutor(4) as crowd:
        assert sum(crowd.map(take, "李王张赵")) == 1
    assert len(rules.history()) == 1


def test_a_banks_own_calendar_settles_provisional_deadlines(bundle: Bundle, database_url: str, tmp_path: Path) -> None:
    long = BOOK.replace("calendar_days = [15, 30, 60]", "calendar_days = [400]").replace(
        "{ working_days = 15 }", "{ working_days = 60 }"
    )
    own = tmp_path / "calendar.toml"
    settings = Settings(data=tmp_path, database_url=database_url, review_sample=0)
    with asking(create_app(Service(bundle), settings)) as client:
        switch(client, long)
        client.post("/v1/complaints", json={"text": TEXT, "complaint_id": "c1"})
        before = client.get("/v1/complaints/c1").json()
        assert before["decisions"][0]["provisional"]
        year = int(before["resolution"]["due"][:4])
        app: Any = client.app
        Watch(app.state.database, app.state.rules.router).tick()
        assert len(client.get("/v1/complaints/c1").json()["decisions"]) == 1
    holiday = date(year, 1, 5) if date(year, 1, 5).weekday() < 5 else date(year, 1, 7)
    own.write_text(f"complete = [{year}, {year + 1}]\nholidays = [{holiday}]\n", encoding="utf-8")
    settings = Settings(data=tmp_path, database_url=database_url, calendar=own, review_sample=0)
    with asking(create_app(Service(bundle), settings)) as client:
        app = client.app
        Watch(app.state.database, app.state.rules.router).tick()
        after = client.get("/v1/complaints/c1").json()
    assert [decision["reason"] for decision in after["decisions"]] == ["intake", "calendar"]
    assert not after["decisions"][1]["provisional"]
    assert after["decisions"][1]["trace"][-1].startswith("【重算时限】")
    assert after["resolution"]["due"] > before["resolution"]["due"]


def test_a_calendar_that_cannot_be_read_is_named(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(CalendarError, match="cannot be read"):
        create_app(Service(bundle), Settings(data=tmp_path, calendar=tmp_path / "none.toml"))
