"""From what is known of a case to its department, priority, due dates and trace."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Prediction, Router, Taxonomy
from classifier.deadlines import CHINA, WorkCalendar
from classifier.model import Probabilities, Ranked
from classifier.routing import BUNDLED, CHANNELS, Decision, Facts, in_china, read_rules
from classifier.signals import SIGNALS, Signal

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=CHINA)
BOOK = BUNDLED.read_text(encoding="utf-8")
TAXONOMY = Taxonomy.bundled()
ROUTER = Router(TAXONOMY)


def said(
    category: str,
    signals: tuple[Signal, ...],
    decision: Literal["auto", "review"] = "auto",
    secondary: tuple[str, ...] = (),
    confidence: float = 0.9,
    text: str = "",
) -> Prediction:
    candidates = (Ranked(category, confidence),)
    return Prediction(
        category, confidence, secondary, decision, candidates, Probabilities((category,), (confidence,)), signals, text
    )


def facts(category: str = "card_fees", *signals: str, arrived: datetime = MONDAY, **known: Any) -> Facts:
    """A case; what `said` takes goes there."""
    of_prediction = {name: known.pop(name) for name in ("decision", "secondary", "confidence", "text") if name in known}
    found = tuple(Signal(code, f"说明{SIGNALS[code][0]}的话", 0, 3) for code in signals)
    return Facts(said(category, found, **of_prediction), arrived, **known)


def routed(rules: str, case: Facts, taxonomy: Taxonomy) -> Decision:
    """What a case becomes with rules before those of the program."""
    head, first, rest = BOOK.partition("[[rule]]")
    book = read_rules(f"{head}{rules}\n{first}{rest}", taxonomy, source="test.toml")
    return Router(taxonomy, book).route(case)


@pytest.mark.parametrize("code", TAXONOMY)
def test_a_sure_case_goes_to_its_categorys_department(router: Router, taxonomy: Taxonomy, code: str) -> None:
    decision = router.route(facts(code))
    assert decision.department == taxonomy[code].department
    assert decision.priority == {"fraud_and_theft": "P1", "other": "P4"}.get(code, "P3")


@pytest.mark.parametrize("code", TAXONOMY)
def test_an_unsure_case_goes_to_triage_whatever_its_category(router: Router, code: str) -> None:
    decision = router.route(facts(code, decision="review"))
    assert decision.department.code == "triage"
    assert any(line.startswith("【把握不足】系统把握不足，由投诉受理中心人工复核") for line in decision.trace)


def test_fraud_is_first_in_line_even_unsure_or_secondary(router: Router) -> None:
    assert router.route(facts("fraud_and_theft", decision="review")).priority == "P1"
    decision = router.route(facts("information_security", secondary=("fraud_and_theft",)))
    assert (decision.priority, decision.department.code) == ("P1", "consumer_protection")
    assert [department.code for department in decision.co_departments] == ["fraud_desk"]


@pytest.mark.parametrize("signal", ["money_at_risk", "self_harm"])
def test_life_and_money_in_danger_go_to_the_urgent_lane_with_their_evidence(router: Router, signal: str) -> None:
    decision = router.route(facts("card_limit", signal, decision="review"))
    assert (decision.priority, decision.queue, decision.department.code) == ("P1", "urgent", "triage")
    assert in_china(decision.first_response.at) == "2026-11-23 10:00"
    name = SIGNALS[signal][0]
    assert f"（信号“{name}”，原文第1至3字）" in decision.trace[0]


def test_what_retail_sold_and_wealth_management_keeps_is_a_case_of_two_departments(router: Router) -> None:
    decision = router.route(facts("wealth_returns"))
    assert decision.department.code == "wealth_management"
    assert [department.code for department in decision.co_departments] == ["personal_banking"]


def test_every_rule_is_told_of_as_fired_or_with_what_it_missed(router: Router) -> None:
    decision = router.route(facts("card_fees", channel="regulator_referral"))
    told = [line.partition("】")[0].lstrip("【") for line in (*decision.trace, *decision.tried)]
    assert {rule.name for rule in router.book.rules} <= set(told)
    assert "【媒体来件】未触发，它要求投诉渠道为“媒体”" in decision.tried
    assert decision.rules == router.book.version


def test_the_first_rule_that_names_an_outcome_decides_it(taxonomy: Taxonomy) -> None:
    rules = """
[[rule]]
name = "先"
why = "先到先得"
when.words = ["退款"]
then.priority = "P4"
then.co_departments = ["operations"]
[[rule]]
name = "后"
why = "后来补充"
when.words = ["退"]
then.priority = "P2"
then.queue = "late"
then.co_departments = ["settlement"]
"""
    decision = routed(rules, facts(text="要求退款"), taxonomy)
    assert (decision.priority, decision.queue) == ("P4", "late")
    assert [department.code for department in decision.co_departments] == ["operations", "settlement"]
    assert decision.trace[0] == "【先】先到先得（文字中有“退款”）：优先级P4、协办运营管理部"


@pytest.mark.parametrize(
    ("condition", "case", "holds"),
    [
        ('category = "card_fees"', facts("card_fees"), True),
        ('category = "card_fees"', facts("card_limit"), False),
        ('group = ["loan", "credit_card"]', facts("card_limit"), True),
        ('group = "loan"', facts("card_limit"), False),
        ('secondary = "debt_collection"', facts(secondary=("card_limit", "debt_collection")), True),
        ('secondary = "debt_collection"', facts("debt_collection"), False),
        ("confidence = { below = 0.6 }", facts(confidence=0.599), True),
        ("confidence = { below = 0.6 }", facts(confidence=0.6), False),
        ("confidence = { at_least = 0.6 }", facts(confidence=0.6), True),
        ('decision = "review"', facts(decision="review"), True),
        ('decision = "review"', facts(), False),
        ('signals = ["legal", "media"]', facts("card_fees", "media"), True),
        ('signals = ["legal", "media"]', facts("card_fees", "group"), False),
        ('channel = "letter"', facts(channel="letter"), True),
        ('channel = "letter"', facts(), False),
        ('region = "苏州"', facts(region="苏州"), True),
        ('branch = "观前支行"', facts(branch="观前支行"), True),
        ('branch = "观前支行"', facts(branch="城中支行"), False),
        ('metadata.segment = "私人银行"', facts(metadata={"segment": "私人银行"}), True),
        ('metadata.product = "金卡"', facts(metadata={"segment": "金卡"}), False),
        ("metadata.amount = { at_least = 50000 }", facts(metadata={"amount": Decimal(50000)}), True),
        ("metadata.amount = { at_least = 50000 }", facts(metadata={"amount": Decimal("49999.99")}), False),
        ("metadata.amount = { below = 50000 }", facts(), False),
        ('words = ["退款", "ＡＰＰ"]', facts(text="app打不开"), True),
        ('words = ["退款"]', facts(text="退一下款"), False),
        ('time = { from = "22:00", to = "06:00" }', facts(arrived=MONDAY.replace(hour=23)), True),
        ('time = { from = "22:00", to = "06:00" }', facts(arrived=MONDAY.replace(hour=5, minute=59)), True),
        ('time = { from = "22:00", to = "06:00" }', facts(arrived=MONDAY.replace(hour=6, minute=0)), False),
        ("time = { from = 08:00:00, to = 17:30:00 }", facts(), True),
    ],
)
def test_each_condition_holds_when_it_says(taxonomy: Taxonomy, condition: str, case: Facts, holds: bool) -> None:
    rules = f'[[rule]]\nname = "问"\nwhy = "看看"\nwhen.{condition}\nthen.queue = "met"'
    decision = routed(rules, case, taxonomy)
    assert (decision.queue == "met") == holds
    assert (decision.trace if holds else decision.tried)[0].startswith("【问】")


@pytest.mark.parametrize("branch", ["信用卡中心", "credit_card_center", "CREDIT CARD CENTRE"])
def test_the_complained_about_unit_never_gets_the_case(router: Router, branch: str) -> None:
    decision = router.route(facts("card_fees", branch=branch))
    assert decision.department.code == "consumer_protection"
    assert "【利益回避】被投诉的是信用卡中心，改由消费者权益保护部办理" in decision.trace


def test_nor_does_it_help_with_it(router: Router) -> None:
    decision = router.route(facts("wealth_returns", branch="个人金融部"))
    assert (decision.department.code, decision.co_departments) == ("wealth_management", ())


def test_above_the_highest_there_is_still_somebody(router: Router) -> None:
    assert router.route(facts("marketing_disturbance", branch="消费者权益保护部")).department.code == "triage"


def test_a_rule_may_name_who_gets_a_case_instead(taxonomy: Taxonomy) -> None:
    rules = '[[rule]]\nname = "纪检"\nwhy = "x"\nwhen.signals = "staff_misconduct"\n'
    rules += 'then.conflict_of_interest = "operations"'
    case = facts("card_fees", "staff_misconduct", branch="信用卡中心")
    assert routed(rules, case, taxonomy).department.code == "operations"


def test_the_house_promises_15_working_days_and_the_law_comes_first(router: Router) -> None:
    decision = router.route(facts())
    assert in_china(decision.first_response.at) == "2026-11-24 09:30"
    assert in_china(decision.resolution.at) == "2026-12-08 24:00"
    assert decision.resolution.at == decision.statutory
    assert "【法定时限】《银行业保险业消费投诉处理管理办法》15个自然日早于承诺时限，以此为准" in decision.trace


def test_before_the_law_there_was_the_promise_alone(router: Router) -> None:
    decision = router.route(facts(arrived=datetime(2020, 2, 29, 23, 59, tzinfo=CHINA)))
    assert decision.statutory is None
    assert in_china(decision.resolution.at) == "2020-03-20 24:00"
    assert router.route(facts(arrived=datetime(2020, 3, 1, 0, 0, tzinfo=CHINA))).statutory is not None


def test_the_law_allows_two_extensions(router: Router) -> None:
    limits = [router.statutory(MONDAY, extensions) for extensions in range(3)]
    assert [in_china(limit) for limit in limits if limit] == [
        "2026-12-08 24:00",
        "2026-12-23 24:00",
        "2027-01-22 24:00",
    ]
    with pytest.raises(ValueError, match="2 extensions at most"):
        router.statutory(MONDAY, 3)


def test_a_deadline_in_an_unpublished_year_is_provisional_until_the_calendar_arrives(taxonomy: Taxonomy) -> None:
    text = BOOK.replace("calendar_days = [15, 30, 60]", "calendar_days = [90]")
    book = read_rules(text, taxonomy, source="test.toml")
    case = facts(arrived=datetime(2031, 1, 27, 9, 0, tzinfo=CHINA))
    decision = Router(taxonomy, book).route(case)
    assert decision.resolution.provisional
    assert decision.trace[-1].startswith("【暂定时限】")
    spring = {date(2031, 1, 28) + timedelta(days): False for days in range(7)}
    arrived = Router(taxonomy, book, WorkCalendar(spring, complete=frozenset({2031}))).route(case)
    assert not arrived.resolution.provisional
    assert arrived.resolution.at > decision.resolution.at


COMBINATIONS = list(product(TAXONOMY, [None, *CHANNELS], [None, *SIGNALS]))


def check(decision: Decision, taxonomy: Taxonomy) -> None:
    """The law of every decision: one owner, who does not help himself, and nothing due after the statutory limit."""
    assert taxonomy.departments[decision.department.code] == decision.department
    assert decision.department not in decision.co_departments
    assert len(set(decision.co_departments)) == len(decision.co_departments)
    assert decision.statutory is not None
    assert decision.first_response.at <= decision.resolution.at <= decision.statutory
    assert decision.trace


def test_every_category_channel_and_signal_has_one_owner_in_legal_time(router: Router, taxonomy: Taxonomy) -> None:
    assert len(COMBINATIONS) == 28 * 8 * 10
    for category, channel, signal in COMBINATIONS:
        for decision in ("auto", "review"):
            case = facts(category, *[signal] * (signal is not None), decision=decision, channel=channel)
            check(router.route(case), taxonomy)


@given(
    st.sampled_from(sorted(TAXONOMY)),
    st.sets(st.sampled_from(sorted(SIGNALS))),
    st.sets(st.sampled_from(sorted(TAXONOMY)), max_size=2),
    st.sampled_from(["auto", "review"]),
    st.none() | st.sampled_from(sorted(CHANNELS)),
    st.none() | st.sampled_from(sorted(named.zh for named in TAXONOMY.departments.values())),
    st.datetimes(datetime(2020, 3, 1), datetime(2040, 12, 31), timezones=st.just(CHINA)),
)
def test_whatever_a_case_is(
    category: str,
    signals: set[str],
    secondary: set[str],
    decision: Literal["auto", "review"],
    channel: str | None,
    branch: str | None,
    arrived: datetime,
) -> None:
    case = facts(
        category,
        *sorted(signals),
        arrived=arrived,
        decision=decision,
        secondary=tuple(sorted(secondary - {category})),
        channel=channel,
        branch=branch,
    )
    decided = ROUTER.route(case)
    check(decided, TAXONOMY)
    if branch is not None:
        assert branch not in [department.zh for department in (decided.department, *decided.co_departments)]


def test_a_category_of_an_earlier_taxonomy_goes_one_level_up_and_says_so(router: Router) -> None:
    decision = router.route(facts("closed_long_ago"))
    assert decision.department.code == router.book.above("*")
    assert any(line.startswith("【类别停用】现行分类没有closed_long_ago") for line in decision.trace)
