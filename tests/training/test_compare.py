"""The verdict on a new model: what it takes to be better, and what forbids it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from classifier import Taxonomy
from training.compare import FLOOR, MARGIN, Comparison, compared, rows_enough
from training.evaluate import OutOfFold
from training.intervals import mid_p
from training.labelled import Labelled

CODES = ("atm_and_cash", "card_fees", "fraud_and_theft")


def said(labels: list[str], predicted: list[str]) -> OutOfFold:
    """A model that gives 0.8 to what it says."""
    probabilities = np.full((len(labels), len(CODES)), 0.1)
    probabilities[np.arange(len(labels)), [CODES.index(code) for code in predicted]] = 0.8
    ones = np.ones(len(labels))
    return OutOfFold(CODES, np.array(labels), probabilities, ones, ones * 60)


def wrong(labels: list[str], share: float, seed: int, only: str = "") -> list[str]:
    """The labels, about so many of them (of one category) replaced by the next."""
    random = np.random.default_rng(seed)
    return [
        CODES[(CODES.index(label) + 1) % 3] if (not only or label == only) and random.random() < share else label
        for label in labels
    ]


def verdict(labels: list[str], old: list[str], new: list[str]) -> Comparison:
    rows = [Labelled(f"第{n}条", label, place=f"a.csv, line {n}") for n, label in enumerate(labels)]
    names = ("old", "new")
    return compared(names, (said(labels, old), said(labels, new)), rows, Taxonomy.bundled(), seen=0, seed=1)


LABELS = list(CODES) * 400


def test_surely_better_is_better() -> None:
    found = verdict(LABELS, wrong(LABELS, 0.3, 0), wrong(LABELS, 0.1, 1))
    assert found.verdict == "better"
    assert found.p_value < 0.001
    assert found.macro_f1["difference"]["low"] > 0.1
    assert found.zh.startswith("更好：两个模型都没学过的1,200条上，macro-F1相差+0.")
    assert found.en.startswith("better: on 1,200 rows neither has learnt from, macro-F1 differs by +0.")


def test_the_same_answers_are_not_worse() -> None:
    answers = wrong(LABELS, 0.2, 0)
    found = verdict(LABELS, answers, answers)
    assert (found.verdict, found.p_value, found.only_new, found.only_old) == ("not_worse", 1.0, 0, 0)
    assert found.disagreements == []


def test_surely_worse_is_worse() -> None:
    assert verdict(LABELS, wrong(LABELS, 0.1, 0), wrong(LABELS, 0.3, 1)).verdict == "worse"


def test_few_rows_prove_nothing() -> None:
    few = LABELS[:30]
    assert verdict(few, wrong(few, 0.3, 0), wrong(few, 0.3, 1)).verdict == "not_enough_data"


def test_a_model_that_loses_a_critical_category_is_worse_however_much_it_wins() -> None:
    lost = wrong(wrong(LABELS, 0.02, 1), 0.2, 2, only="fraud_and_theft")
    found = verdict(LABELS, wrong(LABELS, 0.3, 0, only="card_fees"), lost)
    (fraud,) = [each for each in found.categories if each["code"] == "fraud_and_theft"]
    assert fraud["critical"]
    assert fraud["below_floor"]
    assert fraud["recall"]["difference"]["value"] < -FLOOR
    assert found.verdict == "worse"
    assert "重点类别召回下降：资金安全与盗刷" in found.zh


def test_the_most_telling_disagreements_are_of_both_kinds() -> None:
    found = verdict(LABELS, wrong(LABELS, 0.3, 0), wrong(LABELS, 0.1, 1))
    assert len(found.disagreements) == 20
    assert {each["new"] == each["label"] for each in found.disagreements} == {True, False}
    assert all((each["new"] == each["label"]) != (each["old"] == each["label"]) for each in found.disagreements)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mid_p_is_symmetric_and_less_than_exact(one: int, other: int) -> None:
    value = mid_p(one, other)
    assert value == pytest.approx(mid_p(other, one))
    assert 0 <= value <= 1
    if one + other:
        tail = float(binom.cdf(min(one, other), one + other, 0.5))
        assert value <= min(1.0, 2 * tail) + 1e-12


def test_a_verdict_of_better_is_rarely_chance() -> None:
    """Of 100 pairs of equally good models, few look better."""
    labels = LABELS[:300]
    found = [verdict(labels, wrong(labels, 0.2, 2 * n), wrong(labels, 0.2, 2 * n + 1)).verdict for n in range(100)]
    assert found.count("better") <= 6


@given(st.integers(20, 100_000), st.floats(-0.009, 0.2), st.floats(0.001, 0.5))
def test_so_many_rows_would_tell_and_hardly_fewer(rows: int, value: float, half: float) -> None:
    enough = rows_enough(rows, {"value": value, "low": value - half, "high": value + half})
    assert value - half * math.sqrt(rows / enough) >= -MARGIN - 1e-9
    if enough >= 10:
        assert value - half * math.sqrt(rows / (0.9 * enough - 1)) <= -MARGIN, "two digits are kept"
