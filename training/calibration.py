"""Honest confidence: probabilities that mean what they say, measured on texts the fit had not seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from training.evaluate import OutOfFold

BINS: Final = 15


def fit_temperature(out_of_fold: OutOfFold) -> float:
    """The temperature that makes the right answers most likely: minimum of the mean negative log-likelihood.

    Above 1, the fit was too sure of itself; below, too modest. The order of categories never changes.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural networks", ICML 2017.
    """

    def loss(log_temperature: float) -> float:
        heated = at_temperature(out_of_fold, float(np.exp(log_temperature)))
        return float(-np.log(np.maximum(heated.of_labels, 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-4.0, 4.0), method="bounded").x))


def at_temperature(out_of_fold: OutOfFold, temperature: float) -> OutOfFold:
    """The same predictions with their scores divided by `temperature`."""
    scores = np.log(np.maximum(out_of_fold.probabilities, 1e-12)) / temperature
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return replace(out_of_fold, probabilities=odds / odds.sum(axis=1, keepdims=True))


def fold_in(temperature: float, pipeline: Any) -> None:
    """Divide a fitted pipeline's scores by `temperature`, for good: its probabilities are calibrated from then on."""
    linear = pipeline["linear"]
    linear.coef_ = linear.coef_ / temperature
    linear.intercept_ = linear.intercept_ / temperature


@dataclass(frozen=True, slots=True)
class Reliability:
    """One bin of a reliability curve: how sure its texts' first categories are on average, and how many are right.

    Attributes
    ----------
    confidence, right : float
        Mean confidence and share right; honest if equal.
    texts : int
    """

    confidence: float
    right: float
    texts: int


def reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> list[Reliability]:
    """The reliability curve of N first categories in `BINS` equally wide bins of confidence, empty bins left out.

    Examples
    --------
    >>> reliability(np.array([0.62, 0.64]), np.array([True, False]))
    [Reliability(confidence=0.63, right=0.5, texts=2)]
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        Reliability(float(confidence[bins == b].mean()), float(right[bins == b].mean()), int((bins == b).sum()))
        for b in range(BINS)
        if (bins == b).any()
    ]


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error: mean gap of the reliability curve, weighted by texts. 0 is honest, 1 is a lie."""
    curve = reliability(confidence, right)
    return sum(point.texts * abs(point.confidence - point.right) for point in curve) / len(confidence)
