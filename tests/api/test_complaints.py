"""Complaints that are kept, as intake systems, analysts and auditors meet them; on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.http_problems import MEDIA_TYPE
from api.service import Service
from api.settings import Settings
from api.storage import Database
from models import Bundle
from tests.conftest import asking

TEXT = "我叫王小明，电话13800138000。信用卡年费说好刷满六次就免，现在又扣了我300元年费，要求退还年费。"
MASKED = "我叫***，电话***********。信用卡年费说好刷满六次就免，现在又扣了我300元年费，要求退还年费。"
WHOLE = {
    "complaint_id": "HL-20261124-000381",
    "text": TEXT,
    "channel": "hotline",
    "region": "苏州",
    "branch": "观前支行",
    "received_at": "2026-11-24T09:30:00+08:00",
    "metadata": {"segment": "个人", "product": "金卡", "amount": "300.50", "customer_key": "C-1", "referral_no": "R-7"},
}


def refused(answer: Any, kind: str, status: int) -> None:
    assert answer.headers["content-type"] == MEDIA_TYPE, answer.text
    assert (answer.json()["type"], answer.status_code) == (f"urn:complaints:{kind}", status)


def test_a_complaint_is_answered_as_classified_and_found_again(desk: TestClient) -> None:
    answer = desk.post("/v1/complaints", json=WHOLE)
    assert answer.status_code == 201
    registered = answer.json()
    sent = {name: value for name, value in WHOLE.items() if name != "complaint_id"}
    classified = desk.post("/v1/classify", json=sent).json()
    for name in ("evidence", "tried", "doubts"):
        del classified[name], registered[name]
    assert registered.pop("complaint_id") == "HL-20261124-000381"
    assert registered.pop("registered_at").endswith("Z")
    assert (registered.pop("standing"), registered.pop("related")) == ("new", [])
    assert registered == classified

    case = desk.get("/v1/complaints/HL-20261124-000381").json()
    assert case["text"] == MASKED
    assert case["raw_text"] is None
    assert case["received_at"] == "2026-11-24T01:30:00Z"
    assert (case["channel"], case["region"], case["branch"], case["amount"]) == (
        "hotline",
        "苏州",
        "观前支行",
        "300.50",
    )
    assert len(case["customer_key"]) == 64
    (prediction,) = case["predictions"]
    assert prediction["model"] == classified["model"]
    assert prediction["category"] == "card_fees"
    (decision,) = case["decisions"]
    assert any("未触发" in line for line in decision["tried"])
    assert (decision["trace"], decision["queue"]) == (classified["trace"], classified["queue"])
    assert decision["rules"]
    assert case["corrections"] == []


def test_an_id_is_made_where_none_is_sent(desk: TestClient) -> None:
    first, second = (desk.post("/v1/complaints", json={"text": TEXT}).json()["complaint_id"] for _ in range(2))
    assert first != second
    assert desk.get(f"/v1/complaints/{first}").status_code == 200


@pytest.mark.parametrize("by", ["complaint_id", "Idempotency-Key"])
def test_a_repeat_is_answered_as_the_first_time_and_another_body_is_refused(desk: TestClient, by: str) -> None:
    headers = {"Idempotency-Key": "k-1"} if by == "Idempotency-Key" else {}
    body = WHOLE if by == "complaint_id" else {"text": TEXT}
    for other in ("o1", "o2"):
        desk.post("/v1/complaints", json={"complaint_id": other, "text": TEXT})
    first = desk.post("/v1/complaints", json=body, headers=headers)
    again = desk.post("/v1/complaints", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    refused(desk.post("/v1/complaints", json={**body, "region": "南京"}, headers=headers), "known-complaint", 409)
    assert len(desk.get("/v1/complaints").json()["items"]) == 3


def test_one_key_never_swallows_another_id(desk: TestClient) -> None:
    key = {"Idempotency-Key": "7"}
    first = desk.post("/v1/complaints", json={"complaint_id": "HL-1", "text": TEXT}, headers=key)
    assert first.status_code == 201
    other = desk.post("/v1/complaints", json={"complaint_id": "HL-2", "text": TEXT}, headers=key)
    refused(other, "known-complaint", 409)
    assert "Idempotency-Key" in other.json()["detail"]
    assert desk.post("/v1/complaints", json={"text": TEXT}, headers=key).json() == first.json()
    again = desk.post("/v1/complaints", json={"complaint_id": "HL-2", "text": TEXT}, headers={"Idempotency-Key": "8"})
    assert again.status_code == 201
    both = desk.post("/v1/complaints", json={"complaint_id": "HL-1", "text": TEXT}, headers={"Idempotency-Key": "8"})
    refused(both, "known-complaint", 409)


def test_the_same_complaint_from_many_at_once_is_kept_once(desk: TestClient) -> None:
    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda _: desk.post("/v1/complaints", json=WHOLE), range(16)))
    assert sorted(a.status_code for a in answers) == [200] * 15 + [201]
    assert len({a.text for a in answers}) == 1
    assert len(desk.get("/v1/complaints").json()["items"]) == 1


def test_a_correction_is_added_and_nothing_is_overwritten(desk: TestClient, database: Database) -> None:
    desk.post("/v1/complaints", json=WHOLE)
    before = desk.get("/v1/complaints/HL-20261124-000381").json()
    path = "/v1/complaints/HL-20261124-000381/correction"
    corrected = desk.post(path, json={"category": "card_services", "by": "李", "note": "打13800138000核实过"})
    assert corrected.status_code == 201
    desk.post(path, json={"category": "card_limit", "by": "王"})
    case = desk.get("/v1/complaints/HL-20261124-000381").json()
    assert [(c["category"], c["corrected_by"]) for c in case["corrections"]] == [
        ("card_services", "李"),
        ("card_limit", "王"),
    ]
    assert case["corrections"][0]["note"] == "打***********核实过"
    assert case["predictions"] == before["predictions"]
    assert desk.get("/v1/complaints", params={"category": "card_limit"}).json()["items"][0]["complaint_id"]
    with database.connect() as connection:
        (label,) = connection.exec_driver_sql("SELECT * FROM labelled_history").mappings().all()
    assert list(label) == [
        *("complaint_id", "text", "label", "labelled_at", "labelled_by", "selection", "channel", "customer_key")
    ]
    assert (label["text"], label["label"], label["labelled_by"]) == (MASKED, "card_limit", "王")


def test_a_correction_needs_a_known_case_and_category(desk: TestClient) -> None:
    desk.post("/v1/complaints", json=WHOLE)
    path = "/v1/complaints/{}/correction"
    refused(desk.post(path.format("nobody"), json={"category": "card_fees", "by": "李"}), "no-such-complaint", 404)
    known = path.format(WHOLE["complaint_id"])
    refused(desk.post(known, json={"category": "fees", "by": "李"}), "invalid-field", 422)


def test_erasing_takes_the_person_and_leaves_the_statistics(desk: TestClient, database: Database) -> None:
    first = desk.post("/v1/complaints", json=WHOLE).json()
    path = "/v1/complaints/HL-20261124-000381"
    desk.post(f"{path}/correction", json={"category": "card_fees", "by": "李"})
    assert desk.delete(path).status_code == 204
    case = desk.get(path).json()
    assert case["text"] == ""
    assert [case[name] for name in ("raw_text", "customer_key", "referral_no", "amount")] == [None] * 4
    assert case["erased_at"]
    assert case["predictions"]
    assert case["channel"] == "hotline"
    assert desk.post("/v1/complaints", json=WHOLE).json() == first
    assert desk.delete(path).status_code == 204
    assert desk.get(path).json()["erased_at"] == case["erased_at"]
    refused(desk.delete("/v1/complaints/nobody"), "no-such-complaint", 404)
    with database.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM labelled_history").all() == []


def test_filters(desk: TestClient) -> None:
    for i, region in enumerate(["苏州", "南京", "苏州"]):
        desk.post("/v1/complaints", json={"text": f"{TEXT}第{i}次，100%_不满", "region": region, "channel": "app"})
    at = [case["registered_at"] for case in desk.get("/v1/complaints").json()["items"]][1]

    def found(**filters: str) -> int:
        return len(desk.get("/v1/complaints", params=filters).json()["items"])

    assert found(region="苏州") == 2
    assert found(category="card_fees", channel="app") == 3
    assert found(category="card_limit") == 0
    assert found(words="年费 第1次") == 1
    assert found(words="100%_") == 3
    assert found(words="年_") == 0
    assert (found(since=at), found(until=at)) == (2, 1)
    verdicts = found(decision="auto"), found(decision="review")
    assert sum(verdicts) == 3
    department = desk.get("/v1/complaints").json()["items"][0]["department"]
    assert found(department=department) == 3


def test_pages_do_not_move_when_more_arrives(desk: TestClient) -> None:
    def send(i: int) -> None:
        desk.post("/v1/complaints", json={"complaint_id": f"c{i}", "text": f"年费太高{i}"})

    for i in range(5):
        send(i)
    seen, before = [], {}
    while True:
        page = desk.get("/v1/complaints", params={"limit": 2, **before}).json()
        seen += [case["complaint_id"] for case in page["items"]]
        send(100 + len(seen))
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert seen == ["c4", "c3", "c2", "c1", "c0"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ({"text": "  "}, "empty-text", 422),
        ({"text": TEXT, "complaint_id": "../etc"}, "invalid-field", 422),
        ({"text": TEXT, "complaint_id": ""}, "invalid-field", 422),
        ({"text": TEXT, "received_at": "0001-01-01T00:00:00+08:00"}, "invalid-field", 422),
        ({"text": TEXT, "top_k": 3}, "unknown-field", 422),
        ({"text": TEXT, "metadata": {"amount": "9" * 70}}, "invalid-field", 422),
        ({"text": "\ud800"}, "invalid-field", 422),
    ],
)
def test_what_is_refused_is_not_kept(desk: TestClient, body: dict[str, Any], kind: str, status: int) -> None:
    sent = desk.post("/v1/complaints", content=json.dumps(body), headers={"content-type": "application/json"})
    refused(sent, kind, status)
    assert desk.get("/v1/complaints").json() == {"items": [], "next": None}


def test_characters_no_database_keeps(desk: TestClient) -> None:
    answer = desk.post("/v1/complaints", json={"text": "年\0费太高"})
    assert desk.get(f"/v1/complaints/{answer.json()['complaint_id']}").json()["text"] == "年\ufffd费太高"
    refused(desk.post("/v1/complaints", json={"text": TEXT, "region": "苏\0州"}), "invalid-field", 422)
    refused(desk.get("/v1/complaints/a%00b"), "invalid-field", 422)
    refused(desk.get("/v1/complaints", params={"region": "\0"}), "invalid-field", 422)
    refused(desk.post("/v1/complaints", json=WHOLE, headers={"idempotency-key": "\0"}), "invalid-field", 422)


def test_raw_text_is_kept_only_if_the_setting_says_so(bundle: Bundle, tmp_path: Path) -> None:
    with asking(create_app(Service(bundle), Settings(data=tmp_path, keep_raw_text=True))) as client:
        client.post("/v1/complaints", json=WHOLE)
        case = client.get("/v1/complaints/HL-20261124-000381").json()
    assert (case["text"], case["raw_text"]) == (MASKED, TEXT)


def test_nothing_personal_is_on_disk(bundle: Bundle, tmp_path: Path) -> None:
    with asking(create_app(Service(bundle), Settings(data=tmp_path))) as client:
        client.post("/v1/complaints", json=WHOLE)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for piece in ("13800138000", "王小明", "C-1"):
        assert piece.encode() not in kept


def test_notes_go_with_the_person_and_no_new_ones_come(desk: TestClient, database: Database) -> None:
    desk.post("/v1/complaints", json=WHOLE)
    path = f"/v1/complaints/{WHOLE['complaint_id']}"
    note = {"category": "card_limit", "by": "李13800138000", "note": "客户住在观前街"}
    assert desk.post(f"{path}/correction", json=note).status_code == 201
    assert desk.delete(path).status_code == 204
    (correction,) = desk.get(path).json()["corrections"]
    assert (correction["category"], correction["corrected_by"]) == ("card_limit", "李***********")
    assert correction["note"] is None
    refused(desk.post(f"{path}/correction", json=note), "erased-complaint", 409)
    assert desk.delete(path).status_code == 204


def test_a_list_refuses_a_filter_it_does_not_have(desk: TestClient) -> None:
    for name in ("priority", "verdict", "Category"):
        answer = desk.get("/v1/complaints", params={name: "P1"})
        refused(answer, "unknown-field", 422)
        assert "decision" in answer.json()["detail"]
    refused(desk.get("/v1/jobs", params={"before": "1"}), "unknown-field", 422)


def test_erased_text_is_gone_from_the_disk(bundle: Bundle, tmp_path: Path) -> None:
    with asking(create_app(Service(bundle), Settings(data=tmp_path, keep_raw_text=True))) as client:
        client.post("/v1/complaints", json=WHOLE)
        client.delete("/v1/complaints/HL-20261124-000381")
        kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert "说好刷满六次".encode() not in kept
    assert stat.S_IMODE((tmp_path / "cases.db").stat().st_mode) == 0o600


def test_without_a_database_intake_says_so_and_returns_with_it(bundle: Bundle, tmp_path: Path) -> None:
    app = create_app(Service(bundle), Settings(data=tmp_path))
    with asking(app) as client, capture_logs() as logs:
        lock = sqlite3.connect(tmp_path / "cases.db", isolation_level=None)
        lock.execute("DROP VIEW case_states")
        lock.execute("ALTER TABLE complaints RENAME TO gone")
        answer = client.post("/v1/complaints", json=WHOLE)
        refused(answer, "storage-unavailable", 503)
        assert answer.headers["retry-after"]
        assert {"event": "storage", "cause": "no such table: complaints", "log_level": "error"} in logs
        assert "年费" not in str(logs)
        assert client.get("/health/live").status_code == 200
        lock.execute("ALTER TABLE gone RENAME TO complaints")
        assert client.post("/v1/complaints", json=WHOLE).status_code == 201
        lock.close()
