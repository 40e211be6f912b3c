"""What happens to a case, in which order it may, and how its deadlines are met or missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.watch import Watch

TEXT = "信用卡年费说好刷满六次就免，现在又扣了我300元，要求退还年费。"


def ago(**length: float) -> str:
    return (datetime.now(UTC) - timedelta(**length)).isoformat()


def register(desk: TestClient, complaint_id: str = "c1", **known: Any) -> dict[str, Any]:
    answer = desk.post("/v1/complaints", json={"text": TEXT, "complaint_id": complaint_id, **known})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def tell(desk: TestClient, event: str, status: int = 201, **said: Any) -> dict[str, Any]:
    answer = desk.post("/v1/complaints/c1/events", json={"event": event, **said})
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def watch(desk: TestClient) -> Watch:
    app: Any = desk.app
    return Watch(app.state.database, app.state.rules.router)


def test_a_case_lives_from_acceptance_to_satisfaction(desk: TestClient) -> None:
    register(desk)
    assert desk.get("/v1/complaints/c1").json()["status"] == "open"
    assert tell(desk, "accepted", by="张经办")["status"] == "accepted"
    answered = tell(desk, "first_response", by="张经办", note="已致电客户13912345678")
    assert (answered["status"], answered["first_response"]["state"]) == ("answered", "met")
    assert answered["events"][1]["note"] == "已致电客户***********"
    resolved = tell(desk, "resolved")
    assert (resolved["status"], resolved["resolution"]["state"]) == ("resolved", "met")
    followed = tell(desk, "followed_up", satisfaction=4)
    assert followed["satisfaction"] == 4
    assert [event["event"] for event in followed["events"]] == ["accepted", "first_response", "resolved", "followed_up"]
    listed = desk.get("/v1/complaints").json()["items"][0]
    assert (listed["first_response_due"], listed["resolution_due"]) == (None, None)


def test_told_again_with_its_moment_it_is_kept_once(desk: TestClient) -> None:
    register(desk)
    at = ago(minutes=1)
    tell(desk, "accepted", at=at)
    assert len(tell(desk, "accepted", status=200, at=at)["events"]) == 1
    assert tell(desk, "accepted", status=409)["type"] == "urn:complaints:out-of-order"


@pytest.mark.parametrize(
    ("before", "event", "says"),
    [
        (["accepted"], "accepted", "has been accepted already"),
        (["first_response"], "first_response", "has been given already"),
        (["resolved"], "resolved", "closed (resolved): reopen it first"),
        (["withdrawn"], "first_response", "closed (withdrawn): reopen it first"),
        ([], "reopened", "is open"),
        ([], "followed_up", "is open"),
    ],
)
def test_what_cannot_happen_now_is_refused(desk: TestClient, before: list[str], event: str, says: str) -> None:
    register(desk)
    for earlier in before:
        tell(desk, earlier)
    said = {"satisfaction": 3} if event == "followed_up" else {}
    assert says in tell(desk, event, status=409, **said)["detail"]


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        ({"event": "extended", "note": "案情复杂"}, "/approver"),
        ({"event": "extended", "approver": "王行长"}, "/note"),
        ({"event": "followed_up"}, "/satisfaction"),
        ({"event": "resolved", "satisfaction": 5}, "/satisfaction"),
        ({"event": "accepted", "approver": "王行长"}, "/approver"),
        ({"event": "accepted", "until": "2030-01-01"}, "/until"),
        ({"event": "accepted", "at": "2199-01-01"}, "/at"),
        ({"event": "followed_up", "satisfaction": 6}, "/satisfaction"),
        ({"event": "breached"}, "/event"),
    ],
)
def test_an_event_that_lacks_something_names_it(desk: TestClient, event: dict[str, Any], pointer: str) -> None:
    register(desk)
    answer = desk.post("/v1/complaints/c1/events", json=event)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_extensions_go_as_far_as_the_law_allows(desk: TestClient) -> None:
    register(desk, received_at="2026-11-23T09:30:00")
    why = {"approver": "王行长", "note": "案情复杂，等待第三方材料"}
    assert tell(desk, "extended", at=ago(minutes=3), **why)["resolution"]["due"] == "2026-12-23T16:00:00Z"
    refused = tell(desk, "extended", status=422, at=ago(minutes=2), until="2027-03-01", **why)
    assert "The law allows it until 2027-01-22 24:00" in refused["detail"]
    promised = tell(desk, "extended", at=ago(minutes=2), until="2027-01-10T00:00:00", **why)
    assert promised["resolution"]["due"] == "2027-01-09T16:00:00Z"
    assert "2 extensions at most" in tell(desk, "extended", status=409, **why)["detail"]


def test_a_reopened_case_is_due_anew(desk: TestClient) -> None:
    first = register(desk, received_at=ago(days=10))
    tell(desk, "resolved")
    again = tell(desk, "reopened", note="客户称仍未退费")
    assert again["status"] == "open"
    assert again["decisions"][-1]["reason"] == "reopened"
    assert again["resolution"]["due"] > first["resolution_due"]
    assert again["resolution"]["state"] == "running"


def test_what_is_decided_after_it_was_reopened_counts_from_then(desk: TestClient) -> None:
    register(desk, received_at=ago(days=30))
    tell(desk, "resolved")
    due = tell(desk, "reopened")["resolution"]["due"]
    case = desk.post("/v1/complaints/c1/correction", json={"category": "mobile_banking"}).json()
    assert (case["decisions"][-1]["reason"], case["resolution"]["due"]) == ("corrected", due)
    assert watch(desk).tick() == 0
    extended = tell(desk, "extended", approver="王行长", note="案情复杂")
    assert extended["resolution"]["due"] > due


def test_a_late_answer_is_a_breach(desk: TestClient) -> None:
    register(desk, received_at=ago(days=2))
    late = tell(desk, "first_response")
    assert late["first_response"]["state"] == "missed"
    assert [event["event"] for event in late["events"]] == ["first_response_breached", "first_response"]


def test_an_answer_told_late_but_given_in_time_is_none(desk: TestClient) -> None:
    register(desk, received_at=ago(days=2))
    told = tell(desk, "first_response", at=ago(days=1.5))
    assert told["first_response"]["state"] == "met"
    assert [event["event"] for event in told["events"]] == ["first_response"]


def test_the_watch_notes_near_breaches_and_breaches_once(desk: TestClient) -> None:
    register(desk, received_at=ago(hours=20))
    assert watch(desk).tick() == 1
    assert watch(desk).tick() == 0
    case = desk.get("/v1/complaints/c1").json()
    assert [(event["event"], event["actor"]) for event in case["events"]] == [("first_response_near", "系统 system")]
    assert case["first_response"]["state"] == "running"
    register(desk, "c2", received_at=ago(days=40))
    assert watch(desk).tick() == 1
    case = desk.get("/v1/complaints/c2").json()
    assert {event["event"] for event in case["events"]} == {
        "first_response_near",
        "first_response_breached",
        "resolution_near",
        "resolution_breached",
    }
    assert (case["first_response"]["state"], case["resolution"]["state"]) == ("missed", "missed")
    assert watch(desk).tick() == 0


def test_the_watch_leaves_closed_and_erased_cases_alone(desk: TestClient) -> None:
    for complaint_id in ("c1", "c2"):
        register(desk, complaint_id, received_at=ago(hours=20))
    tell(desk, "withdrawn")
    desk.delete("/v1/complaints/c2")
    assert watch(desk).tick() == 0


def test_notes_go_with_an_erased_person_and_what_happened_stays(desk: TestClient) -> None:
    register(desk)
    tell(desk, "accepted", note="客户住在人民路")
    desk.delete("/v1/complaints/c1")
    events = desk.get("/v1/complaints/c1").json()["events"]
    assert [(event["event"], event["note"]) for event in events] == [("accepted", None)]
    assert tell(desk, "resolved", status=409)["type"] == "urn:complaints:erased-complaint"


def test_a_case_nobody_knows_has_no_events(desk: TestClient) -> None:
    assert tell(desk, "accepted", status=404)["type"] == "urn:complaints:no-such-complaint"


def test_a_time_before_what_has_happened_since_is_named_as_the_fault(desk: TestClient) -> None:
    register(desk)
    tell(desk, "first_response")
    refused = tell(desk, "resolved", at="2020-01-01T10:00:00", status=409)
    assert "correct the time" in refused["detail"]
    assert refused["errors"][0]["pointer"] == "/at"
