"""One request of every kind, for the tests of what is told of requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.service import Service
from api.settings import Settings
from api.storage import Keys, open_database
from models import Bundle
from tests.conftest import asking

TEXT = "我叫王小明，电话13800138000，住苏州市观前街8号。信用卡年费说好刷满六次就免，又扣了300元。"
ID = "HL-20261124-000381"
JSON = {"content-type": "application/json"}

ASKED: list[tuple[int, str, str, str, dict[str, Any]]] = [
    (200, "/v1/model", "GET", "/v1/model", {}),
    (200, "/v1/complaints", "GET", "/v1/complaints", {"params": {"words": "观前街"}}),
    (201, "/v1/complaints", "POST", "/v1/complaints", {"json": {"complaint_id": ID, "text": TEXT}}),
    (200, "/v1/complaints", "POST", "/v1/complaints", {"json": {"complaint_id": ID, "text": TEXT}}),
    (409, "/v1/complaints", "POST", "/v1/complaints", {"json": {"complaint_id": ID, "text": "别的"}}),
    (400, "/v1/complaints", "POST", "/v1/complaints", {"content": f'{{"text": "{TEXT}'.encode(), "headers": JSON}),
    (422, "/v1/complaints", "POST", "/v1/complaints", {"json": {"text": TEXT, "channel": "王小明"}}),
    (200, f"/v1/complaints/{ID}", "GET", "/v1/complaints/{complaint_id}", {}),
    (404, "/v1/complaints/nobody", "GET", "/v1/complaints/{complaint_id}", {}),
    (204, f"/v1/complaints/{ID}", "DELETE", "/v1/complaints/{complaint_id}", {}),
    (404, "/v2/王小明", "GET", "none", {}),
    (405, "/v1/classify", "GET", "/v1/classify", {}),
    (405, "/v1/classify", "PURGE", "/v1/classify", {}),
    (413, "/v1/classify", "POST", "none", {"json": {"text": TEXT * 100}}),
    (415, "/v1/classify", "POST", "none", {"content": TEXT.encode(), "headers": {"content-type": "text/plain"}}),
    (401, "/v1/complaints", "GET", "none", {"headers": {"authorization": f"Bearer {ID}"}}),
    (200, "/health/live", "GET", "/health/live", {"headers": {"authorization": ""}}),
]
"""Requests: the status of the answer, the path, the method, the route, and what else is sent."""
KNOWN = {method: method for method in ("GET", "POST", "DELETE")}
SECRETS = ("王小明", "13800138000", "观前街", "年费", ID, "nobody", quote("王小明"), quote("观前街"))


@pytest.fixture
def guarded(bundle: Bundle, tmp_path: Path) -> Iterator[TestClient]:
    """A service that needs a key, asked by who has an admin's."""
    settings = Settings(data=tmp_path, classify_max_bytes=5_000)
    database = open_database(settings.cases)
    key = Keys(database).add("管", ["admin"], 1_000_000, None, "tests")
    database.dispose()
    with asking(create_app(Service(bundle), settings)) as client:
        client.headers["authorization"] = f"Bearer {key}"
        yield client


def send(client: TestClient, asked: tuple[int, str, str, str, dict[str, Any]]) -> Any:
    status, path, method, _, more = asked
    answer = client.request(method, path, **more)
    assert answer.status_code == status, answer.text
    return answer
