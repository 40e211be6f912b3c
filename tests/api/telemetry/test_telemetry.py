"""What the service tells of itself: to its callers and to its log; and what it tells nobody."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.service import Service
from api.serving import Serving
from api.settings import Settings
from models import Bundle
from tests.api.serving import Server, environment, made_key, serving
from tests.api.telemetry.conftest import ASKED, ID, JSON, KNOWN, SECRETS, TEXT, send
from tests.conftest import asking

# --- to callers


@pytest.mark.parametrize("sane", ["r-1", "A.b:c_D-9", "0" * 64])
def test_a_request_keeps_the_id_it_comes_with(guarded: TestClient, sane: str) -> None:
    for headers in ({}, {"authorization": ""}):
        answer = guarded.get("/v1/model", headers={"x-request-id": sane, **headers})
        assert answer.headers.get_list("x-request-id") == [sane]


@pytest.mark.parametrize("insane", ["", " ", "a b", "0" * 65, "a\tb", 'a"b', "a/b", "r1, r2", "<b>", "\xe9", "\xb2"])
def test_another_id_is_replaced(guarded: TestClient, insane: str) -> None:
    given = {
        guarded.get("/v1/model", headers={"x-request-id": insane.encode("latin-1")}).headers["x-request-id"]
        for _ in range(2)
    }
    assert len(given) == 2
    assert all(len(one) == 32 and one.isalnum() for one in given)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_answer_keeps_browsers_careful(guarded: TestClient, scheme: str) -> None:
    guarded.base_url = f"{scheme}://127.0.0.1"
    for asked in ASKED:
        headers = send(guarded, asked).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-request-id"]
        assert "server" not in headers
        assert ("strict-transport-security" in headers) is (scheme == "https")


def test_a_refusal_for_lack_of_https_is_careful_too(bundle: Bundle, tmp_path: Path) -> None:
    app = create_app(Service(bundle), Settings(data=tmp_path, host="0.0.0.0"))
    with TestClient(app, "http://complaints.bank.example") as client:
        answer = client.get("/v1/model", headers={"x-request-id": "r1"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (403, "r1")
    assert answer.headers["x-frame-options"] == "DENY"
    assert "strict-transport-security" not in answer.headers


# --- to the log


def test_every_request_is_one_event_without_personal_data(guarded: TestClient) -> None:
    for asked in ASKED:
        status, path, method, route, _ = asked
        with capture_logs() as logs:
            answer = send(guarded, asked)
        (event,) = [event for event in logs if event["event"] == "request"]
        assert set(event) == {*("event", "log_level", "request_id", "method", "route", "status", "ms", "owner")}
        assert (event["method"], event["route"], event["status"]) == (KNOWN.get(method, "other"), route, status)
        assert event["request_id"] == answer.headers["x-request-id"]
        assert event["owner"] == (None if status == 401 or path.startswith("/health/") else "管")
        assert event["ms"] >= 0
        for secret in SECRETS:
            assert secret not in str(logs)


def test_a_defect_is_told_and_its_request_is_one_event_too(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Serving, "answer", lambda *_: 1 / 0)
    with asking(create_app(Service(bundle), Settings(data=tmp_path))) as client, capture_logs() as logs:
        client.post("/v1/classify", json={"text": TEXT}, headers={"x-request-id": "r1"})
    defect, event = logs
    assert (defect["event"], defect["exc_info"]) == ("defect", True)
    assert (event["status"], event["route"], event["request_id"]) == (500, "/v1/classify", "r1")


def test_a_servers_log_is_json_and_tells_of_nobody(store: Path, tmp_path: Path) -> None:
    env = environment(tmp_path, store, classify_max_bytes="5000")
    key = made_key(env, "管", "admin")
    with serving(tmp_path, env) as server:
        _send_all_kinds(server, key)
        _upload(server, key)
        broken = sqlite3.connect(tmp_path / "data" / "cases.db", isolation_level=None)
        broken.execute("DROP VIEW case_states")
        broken.execute("ALTER TABLE predictions RENAME TO gone")
        body = json.dumps({"text": f"{TEXT}又一次"}).encode()
        assert server.ask("/v1/complaints", key, body=body, X_Request_ID="r-broken").status == 503
        broken.execute("ALTER TABLE gone RENAME TO predictions")
        broken.execute("DROP TRIGGER complaints_no_update")
        broken.execute("UPDATE complaints SET answer = ?", [TEXT])
        body = json.dumps({"complaint_id": ID, "text": TEXT}).encode()
        answer = server.ask("/v1/complaints", key, body=body, X_Request_ID="r-defect")
        assert (answer.status, answer.headers["x-request-id"]) == (500, "r-defect")
        assert answer.headers["x-content-type-options"] == "nosniff"
        broken.close()
    log = server.log.read_text(encoding="utf-8")
    for secret in (*SECRETS, key):
        assert secret not in log
    lines = log.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("{"))
    assert [line.split()[0] for line in lines if line.startswith(("模型", "案件库"))] == ["模型", "案件库"]
    events = [json.loads(line) for line in lines[begin:]]
    assert all({"event", "level", "timestamp"} <= set(event) for event in events)
    requests = {event["request_id"]: event["status"] for event in events if event["event"] == "request"}
    assert (requests["r-broken"], requests["r-defect"]) == (503, 500)
    (cause,) = [event for event in events if event["event"] == "storage"]
    assert (cause["request_id"], cause["level"]) == ("r-broken", "error")
    assert "case_states" in cause["cause"]
    (defect,) = [event for event in events if "exception" in event]
    assert "JSONDecodeError" in defect["exception"]
    assert defect["request_id"] == "r-defect"


def _send_all_kinds(server: Server, key: str) -> None:
    """Over HTTP what `ASKED` has, and what is no HTTP."""
    for status, path, method, _, more in ASKED:
        body = more.get("content", json.dumps(more["json"]).encode() if "json" in more else None)
        bearer = key if "authorization" not in more.get("headers", {}) else ID
        query = f"?words={quote('观前街')}" if "params" in more else ""
        content_type = more.get("headers", JSON).get("content-type", "")
        answer = server.ask(quote(path) + query, bearer, method=method, body=body, content_type=content_type)
        assert answer.status == status, answer.body
    place = urlsplit(server.address)
    for junk in (
        f"王小明 /{ID} HTTP/9\r\n\r\n",
        f"GET /{TEXT} HTTP/1.1\r\n\r\n",
        f"POST /{ID} HTTP/1.1\r\n年费\r\n\r\n",
        f"GET /{ID}?words={quote('王小明')} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGVzdA==\r\n\r\n",
    ):
        with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
            connection.sendall(f"{junk}\r\n\r\n".encode())
            connection.recv(1_000)


def _upload(server: Server, key: str) -> None:
    """A file with a good row, one without text, one of a bad moment; worked on to its end."""
    file = f"编号,投诉内容,受理时间\nA-王小明,{TEXT},\nB-1,,\nB-2,{TEXT},年费\n".encode()
    path = f"/v1/jobs?name={quote('王小明.csv')}"
    job = server.ask(path, key, body=file, content_type="text/csv").json()
    while job["status"] not in ("done", "failed"):
        time.sleep(0.05)
        job = server.ask(f"/v1/jobs/{job['job_id']}", key).json()
    assert (job["status"], job["rows_done"]) == ("done", 3)
    assert server.ask(f"/v1/jobs/{job['job_id']}/result", key).status == 200
