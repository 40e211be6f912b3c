"""What a key of each scope opens; on SQLite and on PostgreSQL."""

from __future__ import annotations

import re
from typing import Any

from fastapi.testclient import TestClient

from api.access.caller import SCOPES
from tests.api.access.conftest import Bearer, Make
from tests.api.test_complaints import refused

OPEN = {"live", "ready"}
MAY: dict[str, set[str]] = {
    "classify": {"intake", "review", "analyst"},
    "classify_batch": {"intake", "review", "analyst"},
    "register_complaint": {"intake"},
    "upload_file": {"intake"},
    "list_jobs": {"intake"},
    "show_job": {"intake"},
    "download_result": {"intake"},
    "list_complaints": {"review", "analyst"},
    "show_complaint": {"review", "analyst"},
    "correct_complaint": {"review", "analyst"},
    "return_complaint": {"review", "analyst"},
    "add_event": {"review", "analyst"},
    "list_reviews": {"review", "analyst"},
    "claim_review": {"review", "analyst"},
    "release_review": {"review", "analyst"},
    "show_precision": {"review", "analyst"},
    "show_rules": {"intake", "review", "analyst"},
    "switch_rules": set(),
    "erase_complaint": set(),
    "list_categories": {"intake", "review", "analyst"},
    "show_model": {"intake", "review", "analyst"},
    "metrics": {"intake", "review", "analyst"},
}
"""Which scopes may what, besides admin, who may all."""


def operations(desk: TestClient, bearer: Bearer) -> dict[str, tuple[str, str]]:
    """Method and an address of every operation there is."""
    paths = desk.get("/openapi.json", headers=bearer).json()["paths"]
    return {
        operation["operationId"]: (method.upper(), re.sub(r"\{\w+\}", "0" * 32, path))
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def ask(desk: TestClient, method: str, path: str, bearer: Bearer | None = None) -> Any:
    body = {"json": {}} if method == "POST" else {}
    return desk.request(method, path, headers=bearer or {}, **body)


def test_each_scope_opens_what_it_should_and_nothing_else(desk: TestClient, key: Make) -> None:
    bearers = {scope: key(scope, scope) for scope in SCOPES}
    all_of_them = operations(desk, bearers["review"])
    assert set(all_of_them) == {*MAY, *OPEN}
    for name, (method, path) in all_of_them.items():
        for scope, bearer in bearers.items():
            answer = ask(desk, method, path, bearer)
            if name in OPEN or scope in MAY[name] or scope == "admin":
                assert answer.status_code not in (401, 403), (name, scope)
            else:
                refused(answer, "not-allowed", 403)
                assert "admin" in answer.json()["detail"], "the remedy is named"


def test_scopes_add_up(desk: TestClient, key: Make) -> None:
    bearer = key("甲", "intake", "review")
    assert desk.post("/v1/complaints", json={"complaint_id": "c1", "text": "年费"}, headers=bearer).status_code == 201
    assert desk.get("/v1/complaints/c1", headers=bearer).json()["registered_by"] == "甲"
    refused(desk.delete("/v1/complaints/c1", headers=bearer), "not-allowed", 403)


def test_an_intake_key_sees_its_own_jobs_and_an_admin_all(desk: TestClient, key: Make) -> None:
    own, other, admin = key("甲", "intake"), key("乙", "intake"), key("管", "admin")

    def listed(bearer: Bearer) -> list[str]:
        return [job["owner"] for job in desk.get("/v1/jobs", headers=bearer).json()]

    file = "投诉内容\n年费太高\n".encode()
    first, second = (desk.post("/v1/jobs", content=file, headers=bearer).json()["job_id"] for bearer in (own, other))
    assert first != second, "the same file of two senders is two jobs"
    assert listed(own) == ["甲"]
    assert listed(other) == ["乙"]
    assert listed(admin) == ["乙", "甲"]
    for path in (f"/v1/jobs/{first}", f"/v1/jobs/{first}/result"):
        refused(desk.get(path, headers=other), "no-such-job", 404)
    for bearer in (own, admin, key("甲", "intake")):
        assert desk.get(f"/v1/jobs/{first}", headers=bearer).json()["owner"] == "甲"
        refused(desk.get(f"/v1/jobs/{first}/result", headers=bearer), "unfinished-job", 409)
