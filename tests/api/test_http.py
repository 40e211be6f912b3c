"""The HTTP service, asked as intake systems ask it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.http_problems import MEDIA_TYPE
from api.problems import TITLES
from api.service import Service
from api.serving import Serving
from api.settings import Settings
from models import Bundle
from tests.conftest import asking

TEXT = "信用卡年费说好刷满六次就免，现在又扣了我300元年费，打客服说系统自动扣的，要求退还年费。"


def refused(answer: Any, kind: str) -> dict[str, Any]:
    """Check that an answer is a problem document of a kind."""
    assert answer.headers["content-type"] == MEDIA_TYPE, answer.text
    document: dict[str, Any] = answer.json()
    assert set(document) == {"type", "title", "status", "detail", "instance", "errors"}
    assert document["type"] == f"urn:complaints:{kind}"
    assert document["status"] == answer.status_code == TITLES[kind][0]
    assert document["detail"]
    return document


# --- one complaint


def test_a_complaint_in_its_category_and_department_out(client: TestClient, bundle: Bundle) -> None:
    answer = client.post("/v1/classify", json={"text": TEXT})
    assert answer.status_code == 200
    body = answer.json()
    prediction = bundle.model.predict([TEXT])[0]
    assert body["model"] == bundle.manifest.version
    assert body["category"] == {"code": "card_fees", "zh": "信用卡费用与利息", "en": "Credit card fees and interest"}
    assert body["group"]["code"] == "credit_card"
    assert body["confidence"] == pytest.approx(prediction.confidence, abs=1e-4)
    assert body["decision"] == prediction.decision
    assert body["department"]["code"] in ("credit_card_center", "triage")
    assert body["trace"]
    assert [c["code"] for c in body["candidates"]] == [c.category for c in prediction.candidates]
    assert body["evidence"] is None


def test_everything_an_intake_system_may_say(client: TestClient) -> None:
    body = {
        "text": TEXT,
        "channel": "hotline",
        "region": "苏州",
        "branch": "观前支行",
        "received_at": "2026-11-24T09:30:00+08:00",
        "top_k": 5,
        "explain": True,
        "metadata": {
            "segment": "个人",
            "product": "金卡",
            "amount": 300,
            "customer_key": "k-1",
            "business_channel": "电话",
            "referral_no": "R1",
        },
    }
    answer = client.post("/v1/classify", json=body)
    assert answer.status_code == 200
    assert len(answer.json()["candidates"]) == 5
    evidence = answer.json()["evidence"]
    assert [TEXT[p["start"] : p["end"]] for e in evidence if e["term"] == "年费" for p in e["places"]] == ["年费"] * 3


@pytest.mark.parametrize(
    ("body", "kind", "pointer"),
    [
        ({"text": ""}, "empty-text", "/text"),
        ({"text": " \n\u200b"}, "empty-text", "/text"),
        ({"text": "长" * 20_001}, "text-too-long", "/text"),
        ({}, "invalid-field", "/text"),
        ({"text": 5}, "invalid-field", "/text"),
        ({"text": None}, "invalid-field", "/text"),
        ({"text": TEXT, "colour": "red"}, "unknown-field", "/colour"),
        ({"text": TEXT, "metadata": {"name": "王"}}, "unknown-field", "/metadata/name"),
        ({"text": TEXT, "metadata": {"amount": "many"}}, "invalid-field", "/metadata/amount"),
        ({"text": TEXT, "channel": "fax"}, "invalid-field", "/channel"),
        ({"text": TEXT, "top_k": 0}, "invalid-field", "/top_k"),
        ({"text": TEXT, "top_k": "3"}, "invalid-field", "/top_k"),
        ({"text": TEXT, "explain": "yes"}, "invalid-field", "/explain"),
        ({"text": TEXT, "received_at": "gestern"}, "invalid-field", "/received_at"),
        ([TEXT], "invalid-field", ""),
        ("text", "invalid-field", ""),
    ],
)
def test_what_does_not_fit_is_named(client: TestClient, body: Any, kind: str, pointer: str) -> None:
    document = refused(client.post("/v1/classify", json=body), kind)
    assert document["errors"][0]["pointer"] == pointer
    assert document["instance"] == "/v1/classify"


def test_pointers_are_escaped(client: TestClient) -> None:
    document = refused(client.post("/v1/classify", json={"text": TEXT, "a/b~c": 1}), "unknown-field")
    assert document["errors"][0]["pointer"] == "/a~1b~0c"


def test_a_problem_never_repeats_what_was_sent(client: TestClient) -> None:
    answer = client.post("/v1/classify", json={"text": 5, "channel": "王小明13800138000"})
    assert "王小明" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"text": "a"',
        b"\xff\xfe",
        b'{"text": NaN}',
        b"[" * 100_000,
        b'{"text": "\\ud800"}',
        b'{"metadata": {"amount": 1e999}, "text": "a"}',
        b'{"text": "a", "top_k": 999999999999999999999999}',
        b"null",
    ],
)
def test_a_hostile_body_is_a_client_error(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/classify", content=body, headers={"content-type": "application/json"})
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
def test_another_content_type_is_refused(client: TestClient, content_type: str) -> None:
    answer = client.post("/v1/classify", content=b'{"text": "x"}', headers={"content-type": content_type})
    refused(answer, "wrong-content-type")


def test_a_content_type_may_have_parameters(client: TestClient) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert client.post("/v1/classify", content=json.dumps({"text": TEXT}), headers=headers).status_code == 200


@pytest.mark.parametrize(("path", "limit"), [("/v1/classify", 100_000), ("/v1/classify/batch", 200_000)])
def test_a_body_over_the_limit_is_refused_declared_or_not(client: TestClient, path: str, limit: int) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"text": "'
        for _ in range(limit // 1_000 + 1):
            yield b"x" * 1_000

    headers = {"content-type": "application/json"}
    refused(client.post(path, content=b"x" * (limit + 1), headers=headers), "body-too-large")
    refused(client.post(path, content=chunks(), headers=headers), "body-too-large")


def test_another_path_or_method_is_a_problem_document(client: TestClient) -> None:
    refused(client.get("/v2/anything"), "not-found")
    answer = client.get("/v1/classify")
    refused(answer, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


def test_a_defect_of_ours_is_a_problem_document_that_tells_nothing(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Serving, "answer", lambda *_: 1 / 0)
    with asking(create_app(Service(bundle), Settings(data=tmp_path))) as client:
        assert "division" not in json.dumps(refused(client.post("/v1/classify", json={"text": TEXT}), "internal"))


# --- many


def test_a_bad_item_spoils_no_other(client: TestClient, bundle: Bundle) -> None:
    case = {"text": TEXT, "received_at": "2026-11-24T09:30:00"}
    items = [case, {"text": ""}, {"txt": TEXT}, "text", None, {"text": TEXT, "top_k": 1}]
    answer = client.post("/v1/classify/batch", json={"items": items})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["model"], body["succeeded"], body["failed"]) == (bundle.manifest.version, 2, 4)
    assert [item["index"] for item in body["items"]] == list(range(6))
    assert [item["result"] is not None for item in body["items"]] == [True, False, False, False, False, True]
    problem = body["items"][1]["problem"]
    assert problem["type"] == "urn:complaints:empty-text"
    assert problem["instance"] == "/v1/classify/batch#/items/1"
    assert body["items"][2]["problem"]["errors"][0]["pointer"] in ("/text", "/txt")
    single = client.post("/v1/classify", json=case).json()
    assert body["items"][0]["result"] == single


@pytest.mark.parametrize("body", [{}, {"items": []}, {"items": "x"}, {"items": [{"text": "a"}], "more": 1}, []])
def test_only_a_malformed_envelope_is_an_error(client: TestClient, body: Any) -> None:
    answer = client.post("/v1/classify/batch", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == MEDIA_TYPE


def test_a_thousand_are_answered_and_one_more_is_not(client: TestClient) -> None:
    answer = client.post("/v1/classify/batch", json={"items": [{"text": f"年费{i}"} for i in range(1_000)]})
    assert answer.json()["succeeded"] == 1_000
    refused(client.post("/v1/classify/batch", json={"items": [{"text": "年费"}] * 1_001}), "invalid-field")


# --- what it knows, how it is


def test_categories(client: TestClient) -> None:
    body = client.get("/v1/categories").json()
    assert len(body["categories"]) == 28
    limit = next(c for c in body["categories"] if c["code"] == "card_limit")
    assert limit["department"]["zh"] == "信用卡中心"
    assert (limit["business"], limit["cause"]) == ("信用卡", "管理制度、业务规则与流程")


def test_model(client: TestClient, bundle: Bundle) -> None:
    body = client.get("/v1/model").json()
    assert body["version"] == bundle.manifest.version
    assert body["classes"] == list(bundle.model.classes_)
    assert body["metrics"]["accuracy"] > 0.5


def test_health(client: TestClient, bundle: Bundle) -> None:
    assert client.get("/health/live").json() == {"status": "live", "model": bundle.manifest.version, "refused": None}
    assert client.get("/health/ready").json() == {"status": "ready", "model": bundle.manifest.version, "refused": None}


def test_every_answer_carries_the_model_version(client: TestClient, bundle: Bundle) -> None:
    for path in ("/v1/categories", "/health/live", "/health/ready"):
        assert client.get(path).json()["model"] == bundle.manifest.version


def test_openapi_is_complete_and_clean(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    operations = {
        operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()
    }
    assert set(operations) == {
        *("classify", "classify_batch", "list_categories", "show_model", "live", "ready"),
        *("register_complaint", "list_complaints", "show_complaint", "correct_complaint", "erase_complaint"),
        *("return_complaint", "add_event", "list_reviews", "claim_review", "release_review", "show_precision"),
        *("show_rules", "switch_rules", "upload_file", "list_jobs", "show_job", "download_result", "metrics"),
    }
    for name, operation in operations.items():
        assert operation["summary"]
        assert operation["description"]
        for status, answer in operation["responses"].items():
            success = {"metrics": "text/plain", "download_result": "text/csv"}.get(name, "application/json")
            expected = [] if status == "204" else [success if status < "3" else MEDIA_TYPE]
            assert list(answer.get("content", {})) == expected
    assert set(operations["classify"]["responses"]) == {
        *("200", "400", "401", "403", "408", "413", "415", "422", "429")
    }
    properties = document["components"]["schemas"]["ClassifyRequest"]["properties"]
    assert properties["text"]["examples"]
    assert all(field.get("description") or "$ref" in str(field) for field in properties.values())
    assert set(document["components"]["schemas"]["Metadata"]["properties"]) == {
        *("segment", "product", "amount", "customer_key", "business_channel", "referral_no")
    }


def test_the_banks_own_names_and_departments(bundle: Bundle, tmp_path: Path) -> None:
    from classifier.taxonomy import BUNDLED

    path = tmp_path / "bank.toml"
    path.write_text(BUNDLED.read_text(encoding="utf-8").replace("信用卡中心", "卡部"), encoding="utf-8")
    with asking(create_app(Service(bundle, path), Settings(data=tmp_path))) as client:
        body = client.get("/v1/categories").json()
    assert next(c for c in body["categories"] if c["code"] == "card_limit")["department"]["zh"] == "卡部"
