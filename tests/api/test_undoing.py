"""Taking back what was said of a case: it stays in the record and counts no more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.access.caller import SCOPES, Caller
from api.app import create_app
from api.desk import Desk, Standing
from api.problems import RefusedError
from api.reviews import ClaimRequest, CorrectionRequest, ReturnRequest, Reviewing, ReviewOut
from api.service import Service
from api.settings import Settings
from models import Bundle
from tests.api.test_reviews import SURE, UNSURE, register
from tests.conftest import asking


class Reviewer:
    """Somebody at the review desk, by the doors that the console uses."""

    def __init__(self, client: TestClient, name: str) -> None:
        self._app: Any = client.app
        self._caller = Caller(name, frozenset(SCOPES))
        self.reviewing: Reviewing = self._app.state.reviewing
        self.desk: Desk = self._app.state.desk

    def take(self, complaint_id: str | None = None, *, passed_over: bool = False) -> ReviewOut | None:
        return self.reviewing.claim(ClaimRequest(complaint_id=complaint_id), self._caller, passed_over=passed_over)

    def judge(self, complaint_id: str, category: str) -> None:
        self.reviewing.correct(complaint_id, CorrectionRequest(category=category), self._caller, holding=True)

    def give_back(self, complaint_id: str, category: str | None = None) -> None:
        request = ReturnRequest(note="不是我们的业务", category=category)
        self.reviewing.give_back(complaint_id, request, self._caller, holding=True)

    def skip(self, complaint_id: str) -> None:
        self.desk.skip(complaint_id, self._caller)

    def undo(self) -> None:
        last = self.standing.recent[0]
        self.desk.undo(last["number"], last["complaint_id"], self._caller)

    @property
    def standing(self) -> Standing:
        return self.desk.standing(self._caller)

    def run(self, statement: str) -> list[Any]:
        with self._app.state.database.begin() as connection:
            result = connection.exec_driver_sql(statement)
            return list(result.all()) if result.returns_rows else []


@pytest.fixture
def li(desk: TestClient) -> Reviewer:
    return Reviewer(desk, "李")


@pytest.fixture
def wang(desk: TestClient) -> Reviewer:
    return Reviewer(desk, "王")


def held(case: ReviewOut | None) -> str | None:
    return case and case.complaint_id


def labels(reviewer: Reviewer) -> list[str]:
    return [label for (label,) in reviewer.run("SELECT label FROM labelled_history ORDER BY complaint_id")]


def test_what_was_taken_back_stays_in_the_record_and_counts_no_more(desk: TestClient, li: Reviewer) -> None:
    register(desk, "c1")
    li.take()
    li.judge("c1", "service_attitude")
    assert labels(li) == ["service_attitude"]
    li.undo()
    assert labels(li) == []
    case = desk.get("/v1/complaints/c1").json()
    (said,) = case["corrections"]
    assert (said["category"], said["corrected_by"]) == ("service_attitude", "李")
    assert said["withdrawn_at"] is not None
    (listed,) = desk.get("/v1/complaints").json()["items"]
    assert (listed["category"], listed["looked_at"]) == (case["predictions"][-1]["category"], False)
    page = desk.get("/console/cases/c1").text
    assert all(words in page for words in ("已撤销", "撤销判定后重新交办"))
    assert "人工确定</span>" not in page
    assert [row.act for row in li.run("SELECT act FROM looks ORDER BY number")] == ["judged", "undone"]


def test_its_reviewer_has_the_case_again_and_judges_it_anew(desk: TestClient, li: Reviewer, wang: Reviewer) -> None:
    register(desk, "c1")
    li.take()
    li.judge("c1", "service_attitude")
    li.undo()
    assert wang.take() is None
    (waiting,) = desk.get("/v1/reviews").json()
    assert (waiting["why"], waiting["holder"]) == ("uncertain", "李")
    li.judge("c1", "mobile_banking")
    assert labels(li) == ["mobile_banking"]
    assert desk.get("/v1/complaints/c1").json()["decisions"][-1]["department"] != "branch_service"


def test_the_case_goes_back_where_it_was_and_departments_are_told_of_that_too(desk: TestClient, li: Reviewer) -> None:
    li.run(
        "INSERT INTO webhooks (webhook_id, department, url, generation, created_at) "
        "VALUES ('1a2b3c4d', 'branch_service', 'https://branch.example', 1, '2026-11-24 00:00:00')"
    )
    register(desk, "c1")
    li.take()
    li.judge("c1", "service_attitude")
    li.undo()
    decisions = desk.get("/v1/complaints/c1").json()["decisions"]
    assert [(d["reason"], d["department"]) for d in decisions] == [
        ("intake", "triage"),
        ("corrected", "branch_service"),
        ("withdrawn", "triage"),
    ]
    assert len(li.run("SELECT number FROM outbox")) == 2  # it is assigned the case, and then is not any more


def test_what_had_been_said_before_counts_again(desk: TestClient, li: Reviewer, wang: Reviewer) -> None:
    register(desk, "c1")
    li.take()
    li.judge("c1", "card_fees")
    desk.post("/v1/complaints/c1/return", json={"note": "不是我们的业务", "by": "卡中心 周"})
    wang.take()
    wang.judge("c1", "fees_and_charges")
    wang.undo()
    assert labels(li) == ["card_fees"]
    case = desk.get("/v1/complaints/c1").json()
    # The card centre had said that it is not its own: it does not get it by this.
    assert (case["decisions"][-1]["reason"], case["decisions"][-1]["department"]) == (
        "withdrawn",
        "consumer_protection",
    )
    assert desk.get("/v1/reviews").json()[0]["why"] == "returned"


def test_a_return_is_taken_back(desk: TestClient, li: Reviewer) -> None:
    register(desk, "c1")
    li.take()
    li.give_back("c1")
    li.undo()
    case = desk.get("/v1/complaints/c1").json()
    assert (case["events"][0]["event"], case["events"][0]["withdrawn_at"] is not None) == ("returned", True)
    (waiting,) = desk.get("/v1/reviews").json()
    assert (waiting["why"], waiting["holder"]) == ("uncertain", "李")
    assert case["decisions"][-1]["department"] == case["decisions"][0]["department"]


def test_a_return_that_named_the_category_is_taken_back_with_it(desk: TestClient, li: Reviewer) -> None:
    register(desk, "c1")
    li.take()
    li.give_back("c1", "fees_and_charges")
    assert labels(li) == ["fees_and_charges"]
    li.undo()
    assert labels(li) == []


@pytest.mark.parametrize("act", ["skip", "give_back"])
def test_what_is_left_to_others_does_not_come_again_soon(
    desk: TestClient, li: Reviewer, wang: Reviewer, act: str
) -> None:
    register(desk, "c1")
    li.take()
    getattr(li, act)("c1")
    assert li.take() is None
    assert (li.standing.free, li.standing.passed_over) == (0, 1)
    assert held(li.take(passed_over=True)) == "c1"
    li.skip("c1")
    assert held(wang.take()) == "c1"


def test_a_skipped_case_is_called_back(desk: TestClient, li: Reviewer, wang: Reviewer) -> None:
    register(desk, "c1")
    li.take()
    li.skip("c1")
    li.undo()
    assert wang.take() is None
    li.judge("c1", "card_fees")
    assert labels(li) == ["card_fees"]


def test_nothing_is_taken_back_from_under_another(desk: TestClient, li: Reviewer, wang: Reviewer) -> None:
    register(desk, "c1")
    li.take()
    li.skip("c1")
    last = li.standing.recent[0]
    wang.take()
    with pytest.raises(RefusedError, match="王 has this case now"):
        li.undo()
    wang.judge("c1", "card_fees")
    with pytest.raises(RefusedError, match="gone on"):
        li.desk.undo(last["number"], "c1", Caller("李", frozenset()))
    assert labels(li) == ["card_fees"]


def test_nothing_is_taken_back_that_was_corrected_since(desk: TestClient, li: Reviewer) -> None:
    register(desk, "c1")
    li.take()
    li.judge("c1", "card_fees")
    desk.post("/v1/complaints/c1/correction", json={"category": "card_limit", "by": "赵"})
    with pytest.raises(RefusedError, match="赵 has corrected"):
        li.undo()


def test_nothing_is_taken_back_twice(desk: TestClient, li: Reviewer) -> None:
    register(desk, "c1")
    li.take()
    li.judge("c1", "card_fees")
    last = li.standing.recent[0]
    li.undo()
    assert li.standing.recent == []
    with pytest.raises(RefusedError, match="gone on"):
        li.desk.undo(last["number"], "c1", Caller("李", frozenset()))


def test_who_does_not_hold_a_case_any_more_changes_nothing(desk: TestClient, li: Reviewer, wang: Reviewer) -> None:
    register(desk, "c1")
    case = li.take()
    assert case is not None
    li.run("UPDATE open_cases SET held_until = '2026-01-01 00:00:00'")
    for act in (li.judge, li.give_back):
        with pytest.raises(RefusedError, match="claim it again"):
            act("c1", "card_fees")
    with pytest.raises(RefusedError, match="claim it again"):
        li.skip("c1")
    wang.take()
    wang.judge("c1", "card_limit")
    with pytest.raises(RefusedError, match="waits no more"):
        li.judge("c1", "card_fees")
    assert labels(li) == ["card_limit"]


def test_a_claim_is_kept_alive_while_it_lasts(desk: TestClient, li: Reviewer) -> None:
    register(desk, "c1")
    case, caller = li.take(), Caller("李", frozenset())
    assert case is not None
    assert case.held_until is not None
    until = li.desk.keep("c1", caller)
    assert until is not None
    assert until > case.held_until.replace(tzinfo=None)
    li.run("UPDATE open_cases SET held_until = '2026-01-01 00:00:00'")
    assert li.desk.keep("c1", caller) is None


def test_a_page_that_is_left_lets_go_only_what_it_had_claimed(desk: TestClient, li: Reviewer, wang: Reviewer) -> None:
    register(desk, "c1")
    caller = Caller("李", frozenset())
    li.take()
    first, later = li.desk.keep("c1", caller), li.desk.keep("c1", caller)
    assert first is not None
    assert later is not None
    assert not li.desk.leave("c1", first - timedelta(seconds=1), caller)
    assert wang.take() is None
    assert li.desk.leave("c1", later, caller)
    assert held(wang.take()) == "c1"


def test_a_desk_says_how_it_goes(desk: TestClient, li: Reviewer, wang: Reviewer) -> None:
    for number in range(3):
        register(desk, f"c{number}", f"{UNSURE}，第{number}次")
    case = li.take()
    assert case is not None
    assert case.candidates is not None
    li.judge(case.complaint_id, case.candidates[0].code)
    case = li.take()
    assert case is not None
    assert case.candidates is not None
    li.judge(case.complaint_id, case.candidates[1].code)
    wang.take()
    standing = li.standing
    assert (standing.today, standing.session) == (2, 2)
    assert standing.hourly is not None
    assert (standing.agreed_today.judged, standing.agreed_today.agreed) == (2, 1)
    assert [(kind.why, kind.cases, kind.held) for kind in standing.waiting] == [("uncertain", 1, 1)]
    assert wang.standing.today == 0
    li.undo()
    assert (li.standing.today, li.standing.agreed_today.judged) == (1, 1)


@pytest.fixture
def sampler(bundle: Bundle, database_url: str, tmp_path: Path) -> Any:
    settings = Settings(data=tmp_path, database_url=database_url, review_sample=1)
    with asking(create_app(Service(bundle), settings)) as client:
        yield client


def test_a_slip_in_a_blind_case_is_no_judgement_of_the_model(sampler: TestClient) -> None:
    li = Reviewer(sampler, "李")
    register(sampler, "c1", SURE)
    li.take()
    li.judge("c1", "mobile_banking")
    li.undo()
    assert sampler.get("/v1/reviews/precision").json() == []
    (waiting,) = sampler.get("/v1/reviews").json()
    assert (waiting["why"], waiting["candidates"]) == ("sample", None)
    li.judge("c1", "card_fees")
    (precision,) = sampler.get("/v1/reviews/precision").json()
    assert (precision["looked_at"], precision["right"]) == (1, 1)


def test_a_blind_case_that_was_looked_up_since_stays_as_it_was_judged(sampler: TestClient, bundle: Bundle) -> None:
    li = Reviewer(sampler, "李")
    register(sampler, "c1", SURE)
    li.take()
    li.judge("c1", "mobile_banking")
    app: Any = sampler.app
    app.state.casework.find("c1", Caller("李", frozenset(SCOPES)))
    with pytest.raises(RefusedError, match="not be blind"):
        li.undo()


def test_how_a_blind_case_was_judged_shows_only_later(sampler: TestClient) -> None:
    li = Reviewer(sampler, "李")
    register(sampler, "c1", SURE)
    li.take()
    li.judge("c1", "card_fees")
    assert (li.standing.today, li.standing.blind.judged, li.standing.agreed_today.judged) == (1, 0, 0)
