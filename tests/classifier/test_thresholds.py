"""When a prediction may stand without a person."""

from __future__ import annotations

import dataclasses
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import ComplaintModel, normalize
from classifier.scorer import Reading
from classifier.thresholds import DOUBTS, USUAL_LENGTH, Doubt, Thresholds, trust

LEAST = Thresholds(confidence=0.8, margin=0.1, secondary=0.3, familiarity=0.5, length=0.5)


def said(highest: float, second: float = 0.0, familiarity: float = 1.0) -> Reading:
    return Reading(b"", familiarity, highest, second, [])


@given(st.floats(0.01, 0.99), st.integers(1, 500), st.integers(1, 500))
def test_of_two_equally_sure_texts_the_longer_is_trusted_more(confidence: float, one: int, other: int) -> None:
    short, long = sorted((one, other))
    trusted = trust(np.array([confidence] * 2), np.array([short, long], dtype=float), length=0.5)
    assert trusted[0] <= trusted[1]


@pytest.mark.parametrize(
    ("reading", "characters", "doubts"),
    [
        (said(0.9), USUAL_LENGTH, []),
        (said(0.7), USUAL_LENGTH, ["confidence"]),
        (said(0.7), 10 * USUAL_LENGTH, []),
        (said(0.9), 3, ["length"]),
        (said(0.7), 3, ["confidence"]),
        (said(0.9, second=0.85), USUAL_LENGTH, ["margin"]),
        (said(0.9, familiarity=0.1), USUAL_LENGTH, ["familiarity"]),
        (said(0.3, second=0.25, familiarity=0.1), USUAL_LENGTH, ["confidence", "margin", "familiarity"]),
    ],
)
def test_each_thing_that_is_missed_is_named(reading: Reading, characters: int, doubts: list[Doubt]) -> None:
    assert LEAST.missed(reading, characters) == doubts


@given(st.integers(1, 5_000), st.floats(0.05, 0.99))
def test_what_is_needed_is_what_is_not_missed(characters: int, confidence: float) -> None:
    doubts = LEAST.missed(said(confidence), characters)
    if abs(confidence - LEAST.needed(characters)) > 1e-9:
        assert (confidence >= LEAST.needed(characters)) == (not doubts)


def test_every_doubt_has_words() -> None:
    assert set(DOUBTS) == set(get_args(Doubt))


@given(st.text("信用卡年费贷款还不上催收登录abc12,。客戶😡은", min_size=1, max_size=80).filter(normalize))
def test_a_text_is_automatic_if_nothing_speaks_against_it(model: ComplaintModel, text: str) -> None:
    careful = dataclasses.replace(model.thresholds, margin=0.3)
    explanation = ComplaintModel(model.classes_, model.scorer, careful, "t").explain(text)
    assert (explanation.prediction.decision == "auto") == (not explanation.doubts)
