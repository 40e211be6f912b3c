"""When a prediction may stand without a person: chosen on out-of-fold probabilities, never on test data.

The guarantee: with probability 1 - `RISK`, automatic decisions are right in `PRECISION_TARGET` of cases or more, on
texts that are to the training texts what an unseen voice is to the others. It is no guarantee for a desk whose texts
are further away; `benchmarks/accuracy.py` shows how far it carries.

References
----------
C. Clopper, E. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", 1934.
A. Angelopoulos et al., "Learn then test: calibrating predictive algorithms to achieve risk control", 2021.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.stats import beta

from classifier.model import Thresholds
from training.evaluate import OutOfFold

PRECISION_TARGET: Final = 0.95
"""Share of automatic decisions that shall be right."""

RISK: Final = 0.1
"""Probability, over the draw of the out-of-fold texts, that the chosen threshold misses the target."""

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
        `confidence` is the lowest at which the target is proven, or 1 if none is;
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
    """Fixed-sequence testing: from the surest twentieth downwards, as long as the lower bound holds at every step.

    A sequence that began with fewer would fail at the first odd text among the surest, whatever the others prove.
    """
    first, margin, right = _first(out_of_fold)
    first, right = first[margin >= MARGIN], right[margin >= MARGIN]
    order = np.argsort(-first, kind="stable")
    rights = np.cumsum(right[order])
    threshold = 1.0
    fewest = math.ceil(math.log(RISK) / math.log(PRECISION_TARGET))  # fewer prove nothing, even if all are right
    for n in range(max(fewest, len(order) // 20), len(order) + 1, max(1, len(order) // 100)):
        if precision_bound(int(rights[n - 1]), n) < PRECISION_TARGET:
            break
        threshold = float(first[order[n - 1]])
    return threshold


def precision_bound(right: int, of: int) -> float:
    """The precision that `right` of `of` prove at risk `RISK`: one-sided Clopper–Pearson lower bound.

    Examples
    --------
    >>> round(precision_bound(45, 45), 3), round(precision_bound(90, 100), 3)
    (0.95, 0.85)
    """
    return float(beta.ppf(RISK, right, of - right + 1)) if right else 0.0


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
