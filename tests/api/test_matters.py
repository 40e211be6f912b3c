"""New or repeat, and which earlier cases belong with it: the rule itself, and as callers meet it on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from api.matters import ENOUGH, LISTED, NEARLY, WINDOW, Matter, Related, judge
from api.storage import Database, Earlier, now
from api.storage.schema import COMPLAINTS
from classifier.fingerprint import shingles, similarity

FEE = (
    "我在贵行办的信用卡，当时业务员说刷满六次就免年费，结果十月账单还是扣了300元年费，打客服说不符合条件，"
    "要求退还年费并道歉。联系电话13800138000。"
)
EDITED = (
    "我在贵行办的信用卡，当时业务员说刷满六次就免年费，结果这个月账单还是扣了300元年费，打客服说不符合条件，"
    "请退还年费并道歉。联系电话13912345678。"
)
OTHER_FEE = "办卡时没人说过第二年要收年费，今天一看账单多了480块，打电话让我找网点，网点又让我打电话，来回踢皮球。"
THEFT = "我的储蓄卡昨天夜里被人在境外盗刷了两笔共4800元，我人在苏州卡在身上，要求银行先行赔付并配合报案。"
SHORT = "手机银行登录不上"


def test_the_examples_are_what_they_are_taken_for() -> None:
    assert NEARLY <= similarity(shingles(FEE), shingles(EDITED)) < 1
    assert max(similarity(shingles(FEE), shingles(other)) for other in (OTHER_FEE, THEFT, SHORT)) < 0.1
    assert len(shingles(SHORT)) < ENOUGH <= len(shingles(FEE))


# --- the rule


@pytest.mark.parametrize(
    ("text", "customer", "category", "before", "standing", "relation"),
    [
        (FEE, "C", "card_fees", (EDITED, "C", "card_fees"), "repeat", "same_customer"),
        (FEE, "C", "card_fees", (OTHER_FEE, "C", "card_fees"), "repeat", "same_customer"),
        (FEE, "C", "card_fees", (THEFT, "C", "fraud_and_theft"), "new", "same_customer"),
        (FEE, "C", "card_fees", (EDITED, "C", "card_services"), "repeat", "same_customer"),
        (SHORT, "C", "app", (SHORT, "C", "card_fees"), "repeat", "same_customer"),
        (FEE, None, "card_fees", (EDITED, None, "card_services"), "repeat", "same_text"),
        (FEE, "C", "card_fees", (EDITED, None, "card_fees"), "repeat", "same_text"),
        (FEE, None, "card_fees", (EDITED, "C", "card_fees"), "repeat", "same_text"),
        (SHORT, None, "app", (SHORT, None, "app"), "new", "same_text"),
        (SHORT, "C", "app", (SHORT, None, "app"), "new", "same_text"),
        (FEE, None, "card_fees", (OTHER_FEE, None, "card_fees"), "new", None),
        (FEE, "C", "card_fees", (EDITED, "D", "card_fees"), "new", "parallel"),
        (FEE, "C", "card_fees", (FEE, "D", "card_fees"), "new", "parallel"),
        (FEE, "C", "card_fees", (OTHER_FEE, "D", "card_fees"), "new", None),
        (FEE, None, "card_fees", ("", None, "card_fees"), "new", None),
        ("退", "C", "card_fees", ("退", "C", "card_fees"), "repeat", "same_customer"),
    ],
)
def test_the_rule(
    text: str,
    customer: str | None,
    category: str,
    before: tuple[str, str | None, str],
    standing: str,
    relation: str | None,
) -> None:
    matter = judge(shingles(text), customer, category, [Earlier("A-1", *before)])
    assert matter.standing == standing
    assert [(r.complaint_id, r.relation) for r in matter.related] == ([("A-1", relation)] if relation else [])


def test_the_first_case_of_all_is_new() -> None:
    assert judge(shingles(FEE), "C", "card_fees", []) == Matter("new", ())


def test_one_case_that_makes_it_a_repeat_is_enough() -> None:
    before = [Earlier("A-1", FEE, "D", "card_fees"), Earlier("A-2", OTHER_FEE, "C", "card_fees")]
    matter = judge(shingles(FEE), "C", "card_fees", before)
    assert matter == Matter("repeat", (Related("A-2", "same_customer", 0.0), Related("A-1", "parallel", 1.0)))


def test_the_likeliest_are_listed_first_and_no_more_than_ten() -> None:
    def cut(length: int) -> Earlier:
        return Earlier(f"A-{length}", FEE[:length], "C", "card_fees")

    matter = judge(shingles(FEE), "C", "card_fees", [cut(length) for length in range(10, 54, 3)])
    assert [case.complaint_id for case in matter.related] == [f"A-{length}" for length in range(52, 22, -3)]


def test_strangers_push_out_neither_the_customers_own_case_nor_one_without_a_name() -> None:
    """A wave of copies once filled the list: it was sorted by likeness alone."""
    parallel = [Earlier(f"P-{n}", FEE, f"D{n}", "card_fees") for n in range(2 * LISTED)]
    own, nameless = Earlier("A-1", OTHER_FEE, "C", "card_fees"), Earlier("A-2", FEE + "快", None, "card_fees")
    matter = judge(shingles(FEE), "C", "card_fees", [*parallel, nameless, own])
    assert matter.standing == "repeat"
    assert [case.complaint_id for case in matter.related[:3]] == ["A-1", "A-2", "P-0"]
    assert len(matter.related) == LISTED


def test_what_makes_it_a_repeat_counts_even_where_it_is_not_listed() -> None:
    own = [Earlier(f"A-{n}", FEE, "C", "card_limit") for n in range(LISTED)]
    matter = judge(shingles(OTHER_FEE), "C", "card_fees", [*own, Earlier("B-1", "年费", "C", "card_fees")])
    assert matter.standing == "repeat"
    assert "B-1" not in {case.complaint_id for case in matter.related}


# --- over HTTP


def send(desk: TestClient, complaint_id: str, text: str, customer: str | None = None) -> Any:
    metadata = {"customer_key": customer} if customer else {}
    answer = desk.post("/v1/complaints", json={"complaint_id": complaint_id, "text": text, "metadata": metadata})
    assert answer.status_code == 201, answer.text
    return answer.json()


def matter(answer: Any) -> tuple[str, list[tuple[str, str]]]:
    return answer["standing"], [(case["complaint_id"], case["relation"]) for case in answer["related"]]


def register_before(database: Database, complaint_id: str, age: timedelta) -> None:
    """Make a case older than it is; what guards the table is put aside for it."""
    aside = {"sqlite": "DROP TRIGGER IF EXISTS complaints_no_update"}
    with database.begin() as connection:
        connection.exec_driver_sql(aside.get(database.dialect.name, "SET LOCAL session_replication_role = replica"))
        changed = update(COMPLAINTS).where(COMPLAINTS.c.complaint_id == complaint_id)
        assert connection.execute(changed.values(registered_at=now() - age)).rowcount == 1


def test_an_edited_copy_is_a_repeat_and_its_record_says_of_what(desk: TestClient) -> None:
    assert matter(send(desk, "A-1", FEE)) == ("new", [])
    answer = send(desk, "A-2", EDITED)
    assert matter(answer) == ("repeat", [("A-1", "same_text")])
    assert NEARLY <= answer["related"][0]["similarity"] < 1
    (decision,) = desk.get("/v1/complaints/A-2").json()["decisions"]
    assert (decision["standing"], decision["related"]) == ("repeat", answer["related"])
    (decision,) = desk.get("/v1/complaints/A-1").json()["decisions"]
    assert (decision["standing"], decision["related"]) == ("new", [])


def test_a_customer_who_comes_again_with_the_same_matter_is_a_repeat(desk: TestClient) -> None:
    send(desk, "A-1", FEE, "C-1")
    assert matter(send(desk, "A-2", OTHER_FEE, "C-1")) == ("repeat", [("A-1", "same_customer")])
    assert matter(send(desk, "A-3", THEFT, "C-1")) == ("new", [("A-2", "same_customer"), ("A-1", "same_customer")])


def test_another_customers_copy_is_new_and_parallel(desk: TestClient) -> None:
    send(desk, "A-1", FEE, "C-1")
    assert matter(send(desk, "A-2", EDITED, "C-2")) == ("new", [("A-1", "parallel")])


def test_what_many_people_write_is_listed_and_new(desk: TestClient) -> None:
    send(desk, "A-1", SHORT)
    assert matter(send(desk, "A-2", SHORT)) == ("new", [("A-1", "same_text")])


def test_the_category_counts_as_it_was_corrected(desk: TestClient) -> None:
    send(desk, "A-1", THEFT, "C-1")
    desk.post("/v1/complaints/A-1/correction", json={"category": "card_fees", "by": "李"})
    assert matter(send(desk, "A-2", FEE, "C-1")) == ("repeat", [("A-1", "same_customer")])


def test_the_same_complaint_sent_again_is_not_its_own_repeat(desk: TestClient) -> None:
    first = send(desk, "A-1", FEE, "C-1")
    again = desk.post("/v1/complaints", json={"complaint_id": "A-1", "text": FEE, "metadata": {"customer_key": "C-1"}})
    assert (again.status_code, again.json()) == (200, first)


def test_an_erased_case_is_related_to_nothing(desk: TestClient) -> None:
    send(desk, "A-1", FEE, "C-1")
    assert desk.delete("/v1/complaints/A-1").status_code == 204
    assert matter(send(desk, "A-2", FEE, "C-1")) == ("new", [])
    assert matter(send(desk, "A-3", FEE)) == ("repeat", [("A-2", "same_text")])


def test_only_the_last_ninety_days_count(desk: TestClient, database: Database) -> None:
    assert timedelta(days=90) == WINDOW
    send(desk, "A-1", FEE, "C-1")
    register_before(database, "A-1", WINDOW + timedelta(hours=1))
    assert matter(send(desk, "A-2", FEE, "C-1")) == ("new", [])
    register_before(database, "A-2", WINDOW - timedelta(hours=1))
    assert matter(send(desk, "A-3", FEE, "C-1")) == ("repeat", [("A-2", "same_customer")])


def test_a_wave_of_copies_is_listed_no_further_than_ten(desk: TestClient) -> None:
    answers = [send(desk, f"W-{number}", FEE) for number in range(200)]
    assert [answer["standing"] for answer in answers] == ["new", *["repeat"] * 199]
    assert [len(answer["related"]) for answer in answers] == [*range(LISTED), *[LISTED] * 190]
    listed = [case["complaint_id"] for case in answers[-1]["related"]]
    assert listed == [f"W-{number}" for number in range(198, 188, -1)]
