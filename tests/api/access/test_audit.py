"""The audit log, as an auditor reads it: who did what to which complaint; on SQLite and on PostgreSQL."""

from __future__ import annotations

import getpass
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from api.jobs.worker import LEASE
from api.storage import Database, Jobs, Keys, Lease, now
from cli.main import app
from tests.api.access.conftest import Bearer, Make
from tests.api.test_complaints import refused


def lines(database: Database) -> list[dict[str, Any]]:
    """The audit log, but for the keys the tests make."""
    with database.connect() as connection:
        log = connection.exec_driver_sql("SELECT at, owner, act, subject, request_id FROM audit_log").mappings()
        return [dict(line) for line in log if line["owner"] != "tests"]


def acts(database: Database) -> Counter[tuple[str, ...]]:
    return Counter((line["owner"], line["act"], line["subject"], line["request_id"]) for line in lines(database))


def finished(database: Database, job_id: str) -> None:
    """Let a job be at its end."""
    lease, job = Lease(LEASE), Jobs(database).find(job_id)
    assert job is not None
    assert lease.take(database)
    Jobs(database).finish(job["number"], lease, "nothing in it")


def test_every_act_leaves_one_line_with_owner_and_request(desk: TestClient, key: Make, database: Database) -> None:
    sender, reviewer, admin = key("热线系统", "intake"), key("李", "review"), key("管", "admin")
    begun = now()

    def said(owner: Bearer, request_id: str) -> Bearer:
        return {**owner, "x-request-id": request_id}

    desk.post("/v1/complaints", json={"complaint_id": "c1", "text": "年费"}, headers=said(sender, "r-register"))
    desk.get("/v1/complaints/c1", headers=said(reviewer, "r-show"))
    desk.get("/v1/complaints", params={"words": "年费"}, headers=said(reviewer, "r-list"))
    correction = {"json": {"category": "card_limit"}, "headers": said(reviewer, "r-correct")}
    assert desk.post("/v1/complaints/c1/correction", **correction).status_code == 201
    assert desk.delete("/v1/complaints/c1", headers=said(admin, "r-erase")).status_code == 204
    job = desk.post("/v1/jobs", content="投诉\n年费".encode(), headers=said(sender, "r-upload")).json()["job_id"]
    finished(database, job)
    assert desk.get(f"/v1/jobs/{job}/result", headers=said(sender, "r-download")).status_code == 200

    log = lines(database)
    told = {line["act"]: (line["owner"], line["subject"], line["request_id"]) for line in log}
    assert told == {
        "register": ("热线系统", "c1", "r-register"),
        "show": ("李", "c1", "r-show"),
        "list": ("李", None, "r-list"),
        "correct": ("李", "c1", "r-correct"),
        "erase": ("管", "c1", "r-erase"),
        "upload": ("热线系统", job, "r-upload"),
        "download": ("热线系统", job, "r-download"),
    }
    assert len(log) == len(told)
    assert all(begun <= moment(line["at"]) <= now() + timedelta(seconds=1) for line in log)


def moment(at: Any) -> Any:
    """A moment of the log; SQLite gives its text."""
    return type(now()).fromisoformat(at) if isinstance(at, str) else at


def test_whoever_makes_and_revokes_keys_is_told(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPLAINTS_DATABASE_URL", database_url)
    for arguments in (["add", "热线系统", "--scope", "intake"], ["revoke", "{}"], ["revoke", "nobody"]):
        known = [row["key_id"] for row in Keys(database).all()]
        CliRunner().invoke(app, ["keys", *(argument.format(*known) for argument in arguments)])
    (row,) = Keys(database).all()
    person = f"本机 {getpass.getuser()}"
    assert acts(database) == {
        (person, "add key", row["key_id"], None): 1,
        (person, "revoke key", row["key_id"], None): 1,
    }


def test_without_keys_the_machine_is_named(desk: TestClient, database: Database) -> None:
    desk.post("/v1/complaints", json={"complaint_id": "c1", "text": "年费"})
    answer = desk.get("/v1/complaints/c1")
    local = answer.json()["registered_by"]
    assert "this machine" in local
    assert acts(database)[(local, "show", "c1", answer.headers["x-request-id"])] == 1


def test_a_repeat_is_no_new_act(desk: TestClient, key: Make, database: Database) -> None:
    body = {"complaint_id": "c1", "text": "年费"}
    statuses = [desk.post("/v1/complaints", json=body, headers=key(o, "intake")).status_code for o in ("甲", "乙")]
    assert statuses == [201, 200]
    assert [(line["owner"], line["act"]) for line in lines(database)] == [("甲", "register")]


def test_looking_for_what_is_not_there_is_an_act_and_what_is_refused_is_none(
    desk: TestClient, key: Make, database: Database
) -> None:
    reviewer, sender = key("李", "review"), key("甲", "intake")
    headers = {**reviewer, "x-request-id": "r1"}
    refused(desk.get("/v1/complaints/nobody", headers=headers), "no-such-complaint", 404)
    path = "/v1/complaints/nobody/correction"
    refused(desk.post(path, json={"category": "card_fees"}, headers=reviewer), "no-such-complaint", 404)
    refused(desk.delete("/v1/complaints/nobody", headers=key("管", "admin")), "no-such-complaint", 404)
    refused(desk.get("/v1/complaints/nobody", headers=sender), "not-allowed", 403)
    refused(desk.get("/v1/complaints", headers=sender), "not-allowed", 403)
    refused(desk.get("/v1/complaints/nobody"), "no-key", 401)
    assert acts(database) == {("李", "show", "nobody", "r1"): 1}


def test_a_correction_is_the_key_owners_unless_it_names_another(
    desk: TestClient, key: Make, database: Database
) -> None:
    desk.post("/v1/complaints", json={"complaint_id": "c1", "text": "年费"}, headers=key("甲", "intake"))
    reviewer = key("复核系统", "review")
    for by in ({}, {"by": "复核员 李"}):
        body = {"category": "card_limit", **by}
        desk.post("/v1/complaints/c1/correction", json=body, headers=reviewer)
        with database.connect() as connection:
            (labelled_by,) = connection.exec_driver_sql("SELECT labelled_by FROM labelled_history").scalars()
        assert labelled_by == by.get("by", "复核系统")
    corrected = [(line["owner"], line["act"]) for line in lines(database) if line["act"] == "correct"]
    assert corrected == [("复核系统", "correct")] * 2, "the audit log has the key's owner, whoever is named"


@pytest.mark.parametrize("table", ["acts", "audit_log"])
@pytest.mark.parametrize("change", ["UPDATE {} SET owner = 'nobody'", "DELETE FROM {}"])
def test_the_log_cannot_be_changed(desk: TestClient, database: Database, table: str, change: str) -> None:
    desk.get("/v1/complaints/c1")
    before = lines(database)
    assert before
    with pytest.raises(DBAPIError), database.begin() as connection:
        connection.exec_driver_sql(change.format(table))
    assert lines(database) == before


def test_what_cannot_be_logged_is_not_shown(desk: TestClient, database: Database) -> None:
    desk.post("/v1/complaints", json={"complaint_id": "c1", "text": "年费"})
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE acts RENAME COLUMN act TO gone")
    for answer in (desk.get("/v1/complaints/c1"), desk.get("/v1/complaints"), desk.delete("/v1/complaints/c1")):
        assert answer.status_code >= 500
        assert "年费" not in answer.text
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE acts RENAME COLUMN gone TO act")
    assert desk.get("/v1/complaints/c1").json()["text"] == "年费"
