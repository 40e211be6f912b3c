"""How far a figure could be chance: bootstrap intervals, and a test for pairs.

Rows that count alike are one cell: drawing N rows again and again is drawing how many fall into each cell, which takes
as long for a million rows as for a hundred.

References
----------
B. Efron, R. Tibshirani, "An introduction to the bootstrap", 1993, chapter 13 (percentile intervals).
Q. McNemar, "Note on the sampling error of the difference between correlated proportions", 1947.
M. Fagerland, S. Lydersen, P. Laake, "The McNemar test for binary matched-pairs data: mid-p and asymptotic are better
than exact conditional", 2013.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, binomtest

ROUNDS: Final = 1_000
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and between what it lies with confidence `LEVEL`."""

    value: float
    low: float
    high: float


def redrawn(cells: NDArray[np.integer], seed: int, rounds: int = ROUNDS) -> NDArray[np.int64]:
    """How many of N rows fall into each of C cells when they are drawn again, with replacement.

    Parameters
    ----------
    cells : ndarray of int, shape (C,)
        How many of the N rows are in each.
    seed : int
    rounds : int

    Returns
    -------
    ndarray of int, shape (rounds, C)

    Examples
    --------
    >>> drawn = redrawn(np.array([2, 0, 8]), seed=1, rounds=3)
    >>> drawn.shape, drawn.sum(axis=1).tolist(), drawn[:, 1].tolist()
    ((3, 3), [10, 10, 10], [0, 0, 0])
    """
    drawn: NDArray[np.int64] = np.random.default_rng(seed).multinomial(cells.sum(), cells / cells.sum(), rounds)
    return drawn


def interval(value: float, drawn: NDArray[np.float64]) -> Interval:
    """A figure with its percentile interval, from what it was in every round, shape (rounds,); NaN does not count."""
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high))


def f1_of(confusion: NDArray[np.number]) -> NDArray[np.float64]:
    """F1 of each category of one or many confusion matrices, shape (…, K, K) with labels in rows; 0 where undefined.

    Examples
    --------
    >>> f1_of(np.array([[8, 2], [0, 10]])).round(3).tolist()
    [0.889, 0.909]
    """
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    either = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    f1: NDArray[np.float64] = np.divide(2.0 * right, either, out=np.zeros(right.shape), where=either > 0)
    return f1


def mid_p(one: int, other: int) -> float:
    """Two-sided mid-p value of McNemar's test, of the counts of rows that one of two models alone gets right.

    Examples
    --------
    >>> round(mid_p(1, 9), 4), mid_p(5, 5), mid_p(0, 0)
    (0.0117, 0.7539..., 1.0)
    """
    together = one + other
    if not together:
        return 1.0
    exact = float(binomtest(one, together).pvalue)
    return max(exact - float(binom.pmf(one, together, 0.5)), 0.0)
