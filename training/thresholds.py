"""When a prediction may stand without a person: chosen on out-of-fold probabilities, never on test data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from classifier.model import Thresholds
from training.evaluate import OutOfFold

PRECISION_TARGET: Final = 0.95
"""Share of automatic decisions that shall be right."""

MARGIN: Final = 0.1
"""Least distance between the first two categories: below it the model is in two minds, however sure it sounds."""


def choose_thresholds(out_of_fold: OutOfFold, secondary: Sequence[tuple[str, ...]]) -> Thresholds:
    """Choose the thresholds of a model.

    Parameters
    ----------
    out_of_fold : OutOfFold
        N texts.
    secondary : sequence of tuple of str, length N
        Their labelled secondary categories.

    Returns
    -------
    Thresholds
        `confidence` is the lowest at which automatic decisions reach `PRECISION_TARGET`, or 1 if none does;
        `secondary` is the best by example-based F1.
    """
    return Thresholds(confidence=_confidence(out_of_fold), margin=MARGIN, secondary=_secondary(out_of_fold, secondary))


def coverage_and_precision(out_of_fold: OutOfFold, thresholds: Thresholds) -> tuple[float, float]:
    """Share of texts decided automatically, and share of those that is right (0 when none is)."""
    first, margin, right = _first(out_of_fold)
    automatic = (first >= thresholds.confidence) & (margin >= thresholds.margin)
    return float(automatic.mean()), float(right[automatic].mean()) if automatic.any() else 0.0


def _first(out_of_fold: OutOfFold) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each text: its first probability, its distance to the second, whether the first is right."""
    two = -np.partition(-out_of_fold.probabilities, 1, axis=1)[:, :2]
    return two[:, 0], two[:, 0] - two[:, 1], out_of_fold.predicted == out_of_fold.labels


def _confidence(out_of_fold: OutOfFold) -> float:
    first, margin, right = _first(out_of_fold)
    first, right = first[margin >= MARGIN], right[margin >= MARGIN]
    order = np.argsort(-first, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(precision >= PRECISION_TARGET)
    return float(first[order[good[-1]]]) if len(good) else 1.0


def _secondary(out_of_fold: OutOfFold, secondary: Sequence[tuple[str, ...]]) -> float:
    truth = np.array([[code in codes for code in out_of_fold.classes] for codes in secondary])
    rest = out_of_fold.probabilities.copy()
    rest[np.arange(len(rest)), rest.argmax(axis=1)] = 0.0

    def f1(threshold: float) -> float:
        said = rest >= threshold
        both, either = (said & truth).sum(axis=1), said.sum(axis=1) + truth.sum(axis=1)
        return float(np.where(either == 0, 1.0, 2 * both / np.maximum(either, 1)).mean())

    candidates: list[float] = np.round(np.arange(0.05, 0.5, 0.01), 2).tolist()
    return max(candidates, key=f1)
