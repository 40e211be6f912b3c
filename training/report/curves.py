"""The curves of the report: how honest confidence is, what automatic decisions cost, what more data would bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier.thresholds import Thresholds, trust
from training.calibration import calibration_error, reliability
from training.evaluate import OutOfFold
from training.report.figures import figure, lines_of, ratio
from training.thresholds import automatic

POINTS: Final = 200
"""Points of a curve that a page draws."""


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """What a fit on part of the training rows reaches on the test rows.

    Attributes
    ----------
    rows : int
        Training rows.
    macro_f1, accuracy : float
        On the same test rows for every point.
    """

    rows: int
    macro_f1: float
    accuracy: float


def reliability_of(judged: OutOfFold) -> dict[str, Any]:
    """The reliability curve and the expected calibration error."""
    return {
        "error": calibration_error(judged.confidence, judged.right),
        "points": [asdict(point) for point in reliability(judged.confidence, judged.right)],
    }


def automatic_of(judged: OutOfFold, thresholds: Thresholds, seed: int) -> dict[str, Any]:
    """What is decided without a person at the chosen threshold of confidence, and would be at every other.

    The other thresholds stay as chosen: a strange text, or one between two categories, goes to a person on all of the
    curve.
    """
    decided, right = automatic(judged, thresholds), judged.right
    lines = lines_of(np.array([(decided & right).sum(), (decided & ~right).sum(), (~decided).sum()]), seed)
    taken = lines[:, 0] + lines[:, 1]
    return {
        "threshold": thresholds.confidence,
        "coverage": figure(ratio(taken, lines.sum(axis=1))),
        "precision": figure(ratio(lines[:, 0], taken)),
        "points": _coverage_curve(judged, thresholds),
    }


def _coverage_curve(judged: OutOfFold, thresholds: Thresholds) -> list[dict[str, float]]:
    """Coverage and precision at every threshold of confidence, from the most covering to the least; thinned out."""
    eligible = automatic(judged, replace(thresholds, confidence=0.0))
    trusted = trust(judged.confidence, judged.characters, thresholds.length)[eligible]
    order = np.argsort(-trusted, kind="stable")
    trusted, right = trusted[order], np.cumsum(judged.right[eligible][order])
    last = np.flatnonzero(np.diff(trusted, append=-1.0))  # equal confidence is decided alike
    kept = last[np.unique(np.linspace(0, len(last) - 1, min(POINTS, len(last))).astype(int))][::-1]
    return [
        {
            "threshold": float(trusted[n]),
            "coverage": float((n + 1) / len(judged.labels)),
            "precision": float(right[n] / (n + 1)),
        }
        for n in kept.tolist()
    ]


def learning_of(points: Sequence[LearningPoint]) -> dict[str, Any] | None:
    """The learning curve, and what its power law foretells for twice the rows; None without points."""
    if not points:
        return None
    rows = np.array([point.rows for point in points], dtype=float)
    twice = 2 * int(rows.max())
    laws = {}
    for name in ("macro_f1", "accuracy"):
        law = power_law(rows, 1 - np.array([getattr(point, name) for point in points]))
        laws[name] = law and {"scale": law[0], "exponent": law[1], "twice": 1 - law[0] * twice ** -law[1]}
    return {"points": [asdict(point) for point in points], "twice": twice, "laws": laws}


def power_law(rows: NDArray[np.float64], error: NDArray[np.float64]) -> tuple[float, float] | None:
    """The a and b of ``error = a · rows ** -b``, by least squares of the logarithms.

    None with fewer than three different numbers of rows, with a point without error, and if the error does not fall.

    References
    ----------
    C. Cortes et al., "Learning curves: asymptotic values and rate of convergence", NIPS 1993.

    Examples
    --------
    >>> law = power_law(np.array([100.0, 400.0, 900.0]), np.array([0.3, 0.15, 0.1]))
    >>> [round(part, 3) for part in law]
    [3.0, 0.5]
    """
    if len(np.unique(rows)) < 3 or error.min() <= 0:
        return None
    slope, height = np.polyfit(np.log(rows), np.log(error), 1)
    return (float(np.exp(height)), float(-slope)) if slope < -1e-9 else None
