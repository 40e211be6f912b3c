"""Figures with their intervals, as they stand in the report's document.

Every figure is computed for many lines of counts at once: line 0 holds the rows as they were counted, the others the
rows as they were drawn again. Rows weigh the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from training.intervals import interval, redrawn

FEW: Final = 20
"""With fewer rows than this a figure says little, whatever its interval."""


def lines_of(cells: NDArray[np.integer], seed: int) -> NDArray[np.int64]:
    """Counts of C cells as they are, and as they were when drawn again, shape (1 + rounds, C)."""
    return np.vstack([cells, redrawn(cells, seed)])


def figure(lines: NDArray[np.float64]) -> dict[str, float | None]:
    """A figure that was computed for every line, with its interval; all are None where it is undefined.

    A percentile interval of a figure that few rows bend can miss the figure itself: it is widened to hold it.

    Examples
    --------
    >>> figure(np.array([0.5, 0.4, 0.6]))
    {'value': 0.5, 'low': 0.405, 'high': 0.595}
    """
    value = float(lines[0])
    if np.isnan(value):
        return {"value": None, "low": None, "high": None}
    found = interval(value, lines[1:])
    if np.isnan(found.low):
        return {"value": value, "low": None, "high": None}
    return {"value": value, "low": min(found.low, value), "high": max(found.high, value)}


def ratio(part: NDArray[np.number], whole: NDArray[np.number]) -> NDArray[np.float64]:
    """Part of whole, NaN where there is no whole."""
    shape = np.broadcast_shapes(part.shape, whole.shape)
    found: NDArray[np.float64] = np.divide(part, whole, out=np.full(shape, np.nan), where=whole > 0)
    return found


def share(part: int, whole: int, seed: int) -> dict[str, float | None]:
    """Share of some of the rows, with its interval."""
    lines = lines_of(np.array([part, whole - part]), seed)
    return figure(ratio(lines[:, 0], lines.sum(axis=1)))


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows of each of K categories, in each line of counts.

    Attributes
    ----------
    support, said, right : ndarray of int, shape (lines, K)
        How many have the category, were said to have it, and both.
    """

    support: NDArray[np.int64]
    said: NDArray[np.int64]
    right: NDArray[np.int64]

    @classmethod
    def of(
        cls, labels: NDArray[np.integer], said: NDArray[np.integer], lines: NDArray[np.int64], categories: int
    ) -> Tally:
        """Count.

        Parameters
        ----------
        labels, said : ndarray of int, shape (C,)
            Column of the category that the rows of each cell have, and are said to have.
        lines : ndarray of int, shape (lines, C)
        categories : int
            K.
        """

        def by(columns: NDArray[np.integer], among: NDArray[np.bool_]) -> NDArray[np.int64]:
            cells = np.flatnonzero(among)
            picks = csr_matrix(
                (np.ones(len(cells), dtype=np.int64), (columns[cells], cells)), shape=(categories, len(columns))
            )
            counted: NDArray[np.int64] = np.asarray(picks @ lines.T).T
            return counted

        every = np.ones(len(labels), dtype=bool)
        return cls(by(labels, every), by(said, every), by(labels, labels == said))

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Share of rows said rightly, shape (lines,)."""
        return ratio(self.right.sum(axis=1), self.support.sum(axis=1))

    @property
    def precision(self) -> NDArray[np.float64]:
        """Shape (lines, K); NaN where a category was never said."""
        return ratio(self.right, self.said)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Shape (lines, K); NaN where no row has a category."""
        return ratio(self.right, self.support)

    @property
    def f1(self) -> NDArray[np.float64]:
        """Shape (lines, K); NaN where no row has a category nor was said to."""
        return ratio(2 * self.right, self.support + self.said)

    @property
    def macro_f1(self) -> NDArray[np.float64]:
        """Mean F1 of the categories that rows have, shape (lines,).

        A category nobody asked about costs a model what it takes from the others, and no more: so models that know
        different categories can be compared.
        """
        mean: NDArray[np.float64] = np.nanmean(np.where(self.support > 0, self.f1, np.nan), axis=1)
        return mean


def alike(columns: Sequence[NDArray[Any]]) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Rows that count alike as cells: the columns of the C cells, each of shape (C,), and how many rows each holds.

    Examples
    --------
    >>> columns, counts = alike([np.array([0, 1, 0]), np.array([1, 1, 1])])
    >>> [column.tolist() for column in columns], counts.tolist()
    ([[0, 1], [1, 1]], [2, 1])
    """
    cells, counts = np.unique(np.column_stack(columns).astype(np.int64), axis=0, return_counts=True)
    return list(cells.T), counts
