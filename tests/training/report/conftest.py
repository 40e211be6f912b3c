"""A report on made-up rows: what the model says of them is drawn, its evidence comes from a scorer made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from classifier.features import ANALYZERS
from classifier.model import ComplaintModel
from classifier.scorer import Scorer
from classifier.taxonomy import Taxonomy
from classifier.thesaurus import Thesaurus
from classifier.thresholds import Thresholds
from classifier.tokenizer import Tokenizer
from training.evaluate import OutOfFold
from training.labelled import Labelled
from training.report import assess

THRESHOLDS = Thresholds(confidence=0.8, margin=0.1, secondary=0.3)
CODES = ("card_fees", "card_limit", "card_repayment", "other")


def drawn(codes: Sequence[str], rows: int, seed: int, skill: float = 2.0) -> OutOfFold:
    """Labels and probabilities drawn at random; the right category gets a push of `skill`."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, len(codes), rows)
    scores = random.normal(0, 1.5, (rows, len(codes)))
    scores[np.arange(rows), labels] += skill
    odds = np.exp(scores)
    return OutOfFold(
        tuple(codes),
        np.asarray(codes)[labels],
        odds / odds.sum(axis=1, keepdims=True),
        np.ones(rows),
        random.integers(1, 600, rows).astype(float),
    )


def labelled(judged: OutOfFold, texts: Sequence[str] = ("年费乱收",), **fields: Any) -> list[Labelled]:
    """Rows with these labels, the texts in turn."""
    return [Labelled(texts[i % len(texts)], label, **fields) for i, label in enumerate(judged.labels.tolist())]


def in_months(judged: OutOfFold) -> list[Labelled]:
    """Rows of four months and two channels, a fifth of which is not known."""
    rows = []
    for i, label in enumerate(judged.labels.tolist()):
        at = datetime(2025, i % 4 + 9, 1) if i % 5 else None
        rows.append(Labelled(f"第{i}张卡的年费乱收", label, channel=("hotline", "app", "app", "")[i % 4], at=at))
    return rows


@pytest.fixture(scope="session")
def by_hand() -> Callable[[Sequence[str]], ComplaintModel]:
    """A model of any categories: 年费 speaks for the first, 额度 for the second, nothing for the others."""
    analyzer = ANALYZERS["tfidf-linear.v1"](Tokenizer(), Thesaurus())

    def make(codes: Sequence[str]) -> ComplaintModel:
        weights = np.zeros((2, len(codes)), dtype=np.float32)
        weights[0, 0] = weights[1, 1] = 5.0
        scorer = Scorer(
            ["年费", "额度"], np.ones(2, dtype=np.float32), weights, np.zeros(len(codes), dtype=np.float32), analyzer
        )
        return ComplaintModel(codes, scorer, THRESHOLDS, "by-hand")

    return make


@pytest.fixture(scope="session")
def document(by_hand: Callable[[Sequence[str]], ComplaintModel], taxonomy: Taxonomy) -> Callable[..., dict[str, Any]]:
    """The document of what a model said; whatever is not given is left out."""

    def make(judged: OutOfFold, rows: Sequence[Labelled] | None = None, **given: Any) -> dict[str, Any]:
        parts: dict[str, Any] = {"method": "drawn", "learning": [], "champion": None, "data": {}, "seed": 1, **given}
        model = by_hand(judged.classes)
        return assess(judged, labelled(judged) if rows is None else rows, THRESHOLDS, model, taxonomy, **parts)

    return make
