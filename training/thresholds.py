"""When a prediction may stand without a person: chosen on out-of-fold probabilities, never on test data.

The guarantee: with probability 1 - `RISK`, automatic decisions are right in `PRECISION_TARGET` of cases or more, and so
are the candidates shown for the other cases (the right category is among them), on texts that are to the training texts
what an unseen voice is to the others. It is no guarantee for a desk whose texts are further away;
`benchmarks/accuracy.py` shows how far it carries.

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
from numpy.typing import NDArray
from scipy.stats import beta

from classifier.thresholds import Thresholds, trust
from training.evaluate import OutOfFold

PRECISION_TARGET: Final = 0.95
"""Share of automatic decisions, and of candidate sets, that shall be right."""

RISK: Final = 0.1
"""Probability, over the draw of the out-of-fold texts, that a chosen threshold misses the target."""

MARGIN: Final = 0.1
"""Least distance between the first two categories: below it the model is in two minds, however sure it sounds."""

LENGTH: Final = 0.5
"""How much surer short texts must be (`classifier.model.trust`); part of the recipe, not fitted (docs/ablation.md)."""

STRANGEST: Final = 0.01
"""Share of the out-of-fold texts that counts as strange: what is less familiar than they goes to a person."""


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
        `confidence` is the lowest at which the target is proven, or 1 if none is; `candidate` the highest at which it
        is proven for the candidates of the other texts, or 0; `secondary` is the best by example-based F1.
    """
    familiarity = float(np.quantile(out_of_fold.familiarity, STRANGEST))
    trusted, eligible = _trusted(out_of_fold, LENGTH), _eligible(out_of_fold, MARGIN, familiarity)
    confidence = _confidence(trusted[eligible], out_of_fold.right[eligible])
    left = ~(eligible & (trusted >= confidence))
    return Thresholds(
        confidence=confidence,
        margin=MARGIN,
        secondary=_secondary(out_of_fold, secondary),
        candidate=_candidate(out_of_fold.of_labels[left]),
        familiarity=familiarity,
        length=LENGTH,
    )


def automatic(out_of_fold: OutOfFold, thresholds: Thresholds) -> NDArray[np.bool_]:
    """Which texts the thresholds would decide without a person, shape (N,)."""
    sure: NDArray[np.bool_] = _trusted(out_of_fold, thresholds.length) >= thresholds.confidence
    return sure & _eligible(out_of_fold, thresholds.margin, thresholds.familiarity)


def coverage_and_precision(out_of_fold: OutOfFold, thresholds: Thresholds) -> tuple[float, float]:
    """Share of texts decided automatically, and share of those that is right (0 when none is)."""
    decided = automatic(out_of_fold, thresholds)
    return float(decided.mean()), float(out_of_fold.right[decided].mean()) if decided.any() else 0.0


def candidates_and_hold(out_of_fold: OutOfFold, thresholds: Thresholds) -> tuple[float, float]:
    """Mean number of candidates of the texts left to a person, and share of them that hold the right category."""
    left = ~automatic(out_of_fold, thresholds)
    if not left.any():
        return 0.0, 0.0
    shown = (out_of_fold.probabilities[left] >= thresholds.candidate).sum(axis=1)
    held = out_of_fold.right[left] | (out_of_fold.of_labels[left] >= thresholds.candidate)
    return float(np.maximum(shown, 1).mean()), float(held.mean())


def _trusted(out_of_fold: OutOfFold, length: float) -> NDArray[np.float64]:
    return trust(out_of_fold.confidence, out_of_fold.characters, length)


def _eligible(out_of_fold: OutOfFold, margin: float, familiarity: float) -> NDArray[np.bool_]:
    """Texts that are familiar and about which the model is not in two minds."""
    two = -np.partition(-out_of_fold.probabilities, 1, axis=1)[:, :2]
    eligible: NDArray[np.bool_] = (two[:, 0] - two[:, 1] >= margin) & (out_of_fold.familiarity >= familiarity)
    return eligible


def _confidence(trusted: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Fixed-sequence testing: from the surest twentieth downwards, as long as the lower bound holds at every step.

    A sequence that began with fewer would fail at the first odd text among the surest, whatever the others prove.
    """
    order = np.argsort(-trusted, kind="stable")
    rights = np.cumsum(right[order])
    threshold = 1.0
    fewest = math.ceil(math.log(RISK) / math.log(PRECISION_TARGET))  # fewer prove nothing, even if all are right
    for n in range(max(fewest, len(order) // 20), len(order) + 1, max(1, len(order) // 100)):
        if precision_bound(int(rights[n - 1]), n) < PRECISION_TARGET:
            break
        threshold = float(trusted[order[n - 1]])
    return threshold


def _candidate(of_labels: NDArray[np.float64]) -> float:
    """The highest least probability at which the right category is proven to be shown, from its probabilities.

    The higher the threshold, the fewer sets hold the right category: the first count of misses that proves too little
    ends the search.
    """
    lowest = np.sort(of_labels)
    threshold = 0.0
    for missed, probability in enumerate(lowest):
        if precision_bound(len(lowest) - missed, len(lowest)) < PRECISION_TARGET:
            break
        threshold = float(probability)
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
    """The threshold with the best example-based F1: of all a text's categories, said and labelled, first and others."""
    pairs = zip(out_of_fold.labels, secondary, strict=True)
    truth = np.array([[code == label or code in codes for code in out_of_fold.classes] for label, codes in pairs])
    probabilities = out_of_fold.probabilities
    first = probabilities == probabilities.max(axis=1, keepdims=True)

    def f1(threshold: float) -> float:
        said = first | (probabilities >= threshold)
        return float((2 * (said & truth).sum(axis=1) / (said.sum(axis=1) + truth.sum(axis=1))).mean())

    candidates: list[float] = np.round(np.arange(0.05, 0.5, 0.01), 2).tolist()
    return max(candidates, key=f1)
