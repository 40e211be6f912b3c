"""Beside the champion: the same rows, in pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tests.training.report.conftest import CODES, drawn

Make = Callable[..., dict[str, Any]]


def test_the_champion_is_judged_on_the_same_rows(document: Make) -> None:
    judged = drawn(CODES, 2_000, seed=3, skill=3.0)
    champion = replace(drawn(CODES, 2_000, seed=9, skill=0.0), labels=judged.labels)
    made = document(judged, champion=champion)["champion"]
    for name in ("accuracy", "macro_f1"):
        assert made[name]["new"]["value"] == pytest.approx(getattr(judged, name))
        assert made[name]["champion"]["value"] == pytest.approx(getattr(champion, name))
        assert made[name]["difference"]["value"] == pytest.approx(getattr(judged, name) - getattr(champion, name))
        assert made[name]["difference"]["low"] > 0
    mcnemar = made["mcnemar"]
    assert mcnemar["both"] + mcnemar["new_only"] == judged.right.sum()
    assert mcnemar["both"] + mcnemar["champion_only"] == champion.right.sum()
    assert mcnemar["neither"] == (~judged.right & ~champion.right).sum()
    assert mcnemar["p"] < 1e-6
    assert {part["code"] for part in made["categories"]["won"]} == set(CODES)
    assert made["categories"]["lost"] == made["unknown"] == []


def test_the_same_model_again_is_no_better_and_no_worse(document: Make) -> None:
    judged = drawn(CODES, 300, seed=3)
    made = document(judged, champion=judged)
    assert made["champion"]["accuracy"]["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert made["champion"]["mcnemar"]["p"] == 1.0
    assert made["champion"]["categories"] == {"won": [], "lost": [], "even": 4, "few": 0}
    assert made["champion"]["accuracy"]["new"] == made["overall"]["accuracy"]
    assert "分不出高下" in made["summary"]["zh"]


def test_paired_rows_tell_more_than_two_intervals(document: Make) -> None:
    """A champion wrong on 20 rows more: the intervals of both overlap, that of the difference is clear."""
    judged = drawn(CODES, 1_000, seed=3)
    worse = judged.probabilities.copy()
    spoilt = np.flatnonzero(judged.right)[:20]
    worse[spoilt] = np.roll(worse[spoilt], 1, axis=1)
    made = document(judged, champion=replace(judged, probabilities=worse))["champion"]["accuracy"]
    assert made["champion"]["high"] > made["new"]["low"]
    assert made["difference"]["low"] > 0


def test_a_champion_of_other_categories(document: Make) -> None:
    judged = drawn(CODES, 200, seed=3)
    other = drawn(("card_fees", "elsewhere"), 200, seed=5)
    made = document(judged, champion=replace(other, labels=judged.labels))
    assert [part["code"] for part in made["champion"]["unknown"]] == ["card_limit", "card_repayment", "other"]
    assert {part["code"] for part in made["categories"]} == set(CODES)
    by_labels = f1_score(judged.labels, other.predicted, labels=CODES, average="macro", zero_division=0.0)
    assert made["champion"]["macro_f1"]["champion"]["value"] == pytest.approx(by_labels)


def test_few_rows_neither_win_nor_lose(document: Make) -> None:
    judged = drawn(CODES, 16, seed=3, skill=30.0)
    wrong = replace(judged, probabilities=np.roll(judged.probabilities, 1, axis=1))
    made = document(judged, champion=wrong)["champion"]["categories"]
    assert made == {"won": [], "lost": [], "even": 0, "few": len(set(judged.labels.tolist()))}
