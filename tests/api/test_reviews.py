"""Review: who gets which case, what people say of it, and what that says of the model."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from api.app import create_app
from api.precision import wilson
from api.service import Service
from api.settings import Settings
from models import Bundle
from tests.conftest import asking

SURE = "信用卡年费说好刷满六次就免，现在又扣了我300元，要求退还年费。"
UNSURE = "你们这个事情到底怎么说，我很不满意"


def register(desk: TestClient, complaint_id: str, words: str = UNSURE, **known: Any) -> dict[str, Any]:
    answer = desk.post("/v1/complaints", json={"text": words, "complaint_id": complaint_id, **known})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def claim(desk: TestClient, by: str, **which: str) -> dict[str, Any] | None:
    answer = desk.post("/v1/reviews/claim", json={"by": by, **which})
    assert answer.status_code in (200, 204), answer.text
    return dict(answer.json()) if answer.status_code == 200 else None


def correct(desk: TestClient, complaint_id: str, category: str, **said: Any) -> dict[str, Any]:
    answer = desk.post(f"/v1/complaints/{complaint_id}/correction", json={"category": category, **said})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.fixture
def sampling(bundle: Bundle, database_url: str, tmp_path: Path) -> Iterator[TestClient]:
    """A service that has every sure case looked at."""
    settings = Settings(data=tmp_path, database_url=database_url, review_sample=1)
    with asking(create_app(Service(bundle), settings)) as client:
        yield client


def test_uncertain_cases_wait_with_candidates_and_evidence(desk: TestClient) -> None:
    register(desk, "c1")
    register(desk, "c2", SURE)
    (waiting,) = desk.get("/v1/reviews").json()
    assert (waiting["complaint_id"], waiting["why"]) == ("c1", "uncertain")
    assert len(waiting["candidates"]) > 1
    assert waiting["evidence"]


def test_the_most_urgent_wait_in_front_and_of_these_the_most_uncertain(desk: TestClient) -> None:
    cases = [register(desk, f"c{number}", words) for number, words in enumerate([UNSURE, "不满意", UNSURE + "，算了"])]
    cases.append(register(desk, "r", channel="regulator_referral"))
    order = sorted(cases, key=lambda case: (case["priority"], case["confidence"]))
    assert [case["complaint_id"] for case in desk.get("/v1/reviews").json()] == [c["complaint_id"] for c in order]


def test_a_claimed_case_is_its_reviewers_until_it_is_let_go(desk: TestClient) -> None:
    for name in ("c1", "c2"):
        register(desk, name)
    first, second = claim(desk, "李"), claim(desk, "王")
    assert first is not None
    assert second is not None
    assert first["holder"] == "李"
    assert first["held_until"] > first["registered_at"]
    assert first["complaint_id"] != second["complaint_id"]
    assert claim(desk, "李", complaint_id=second["complaint_id"]) is None
    again = claim(desk, "李")
    assert again is not None
    assert again["complaint_id"] == first["complaint_id"]
    assert claim(desk, "赵") is None
    assert desk.post(f"/v1/reviews/{first['complaint_id']}/release", json={"by": "王"}).status_code == 409
    assert desk.post(f"/v1/reviews/{first['complaint_id']}/release", json={"by": "李"}).status_code == 204
    third = claim(desk, "赵")
    assert third is not None
    assert third["complaint_id"] == first["complaint_id"]


def test_a_claim_ends_by_itself(desk: TestClient, database_url: str) -> None:
    register(desk, "c1")
    assert claim(desk, "李") is not None
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE open_cases SET held_until = '2026-01-01 00:00:00'"))
    engine.dispose()
    assert claim(desk, "王") is not None


def test_no_two_reviewers_at_once_get_the_same(desk: TestClient) -> None:
    for number in range(8):
        register(desk, f"c{number}")
    with ThreadPoolExecutor(8) as crowd:
        got = list(crowd.map(lambda number: claim(desk, f"复核员{number}"), range(8)))
    assert sorted(case["complaint_id"] for case in got if case) == [f"c{number}" for number in range(8)]


def test_nobody_judges_a_complaint_about_themselves(desk: TestClient) -> None:
    register(desk, "c1", "复核的李明华每次都推三阻四，你们这个事情到底怎么说")
    assert claim(desk, "李明华") is None
    assert claim(desk, "王") is not None


def test_a_reviewed_case_goes_to_its_department_and_waits_no_more(desk: TestClient) -> None:
    assert register(desk, "c1")["department"]["code"] == "triage"
    case = correct(desk, "c1", "service_attitude", by="李", kind="complaint", business_channel="营业现场")
    assert [(d["reason"], d["department"]) for d in case["decisions"]] == [
        ("intake", "triage"),
        ("corrected", "branch_service"),
    ]
    (said,) = case["corrections"]
    assert (said["selection"], said["kind"], said["business_channel"]) == ("uncertain", "complaint", "营业现场")
    assert desk.get("/v1/reviews").json() == []


def test_a_department_returns_what_is_not_its_own(desk: TestClient, database_url: str) -> None:
    assert register(desk, "c1", SURE)["department"]["code"] == "credit_card_center"
    answer = desk.post("/v1/complaints/c1/return", json={"note": "这是借记卡的年费", "by": "卡中心 周"})
    assert answer.status_code == 201
    case = answer.json()
    assert [d["department"] for d in case["decisions"]] == ["credit_card_center", "triage"]
    assert (case["events"][-1]["event"], case["events"][-1]["note"]) == ("returned", "这是借记卡的年费")
    (waiting,) = desk.get("/v1/reviews").json()
    assert (waiting["complaint_id"], waiting["why"]) == ("c1", "returned")
    case = correct(desk, "c1", "fees_and_charges", by="李")
    assert case["decisions"][-1]["department"] == "personal_banking"
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT label, selection, labelled_by FROM labelled_history")).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [("fees_and_charges", "returned", "李")]


def test_returned_with_the_right_category_it_goes_there_at_once(desk: TestClient) -> None:
    register(desk, "c1", SURE)
    body = {"note": "应由零售处理", "category": "fees_and_charges"}
    case = desk.post("/v1/complaints/c1/return", json=body).json()
    assert case["decisions"][-1]["department"] == "personal_banking"
    assert case["corrections"][-1]["selection"] == "returned"
    assert desk.get("/v1/reviews").json() == []


def test_it_never_comes_back_to_who_has_returned_it(desk: TestClient) -> None:
    register(desk, "c1", SURE)
    case = desk.post("/v1/complaints/c1/return", json={"note": "不是我们", "category": "card_fees"}).json()
    assert case["decisions"][-1]["department"] == "consumer_protection"
    assert "【退单】信用卡中心已退回，改由消费者权益保护部办理" in case["decisions"][-1]["trace"]


def test_a_sampled_case_is_shown_blind(sampling: TestClient) -> None:
    register(sampling, "c1", SURE)
    (waiting,) = sampling.get("/v1/reviews").json()
    assert waiting["why"] == "sample"
    assert (waiting["candidates"], waiting["evidence"], waiting["signals"]) == (None, None, None)
    assert not {"category", "confidence", "department"} & waiting.keys()


def test_what_the_sample_says_of_the_model_has_an_interval(sampling: TestClient, bundle: Bundle) -> None:
    for number in range(4):
        register(sampling, f"c{number}", SURE)
        correct(sampling, f"c{number}", "card_fees" if number else "card_services")
    correct(sampling, "c1", "card_services", note="后来又改")  # no longer blind
    (precision,) = sampling.get("/v1/reviews/precision").json()
    assert (precision["looked_at"], precision["right"], precision["precision"]) == (4, 3, 0.75)
    assert precision["interval"] == pytest.approx(wilson(3, 4))
    assert precision["stated"] == bundle.manifest.metrics["auto_precision"]
    assert precision["model"] == bundle.manifest.version


@given(st.integers(1, 10_000).flatmap(lambda looked: st.tuples(st.integers(0, looked), st.just(looked))))
def test_an_interval_holds_the_share_and_lies_within_0_and_1(counts: tuple[int, int]) -> None:
    right, looked_at = counts
    low, high = wilson(right, looked_at)
    assert 0 <= low <= right / looked_at <= high <= 1


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"category": "card_fee"}, "/category"),
        ({"category": "card_fees", "kind": "joke"}, "/kind"),
        ({"category": "card_fees", "business": "贷款"}, "/business"),
        ({"category": "service_attitude", "business": "火星业务"}, "/business"),
        ({"category": "card_fees", "cause": "服务态度及服务质量"}, "/cause"),
        ({"category": "card_fees", "business_channel": "飞鸽"}, "/business_channel"),
    ],
)
def test_what_the_taxonomy_does_not_allow_is_refused(desk: TestClient, said: dict[str, str], pointer: str) -> None:
    register(desk, "c1")
    answer = desk.post("/v1/complaints/c1/correction", json=said)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_an_open_facet_is_set_here(desk: TestClient) -> None:
    register(desk, "c1")
    case = correct(desk, "c1", "service_attitude", business="借记卡", cause="服务态度及服务质量")
    assert (case["corrections"][0]["business"], case["corrections"][0]["cause"]) == ("借记卡", "服务态度及服务质量")
