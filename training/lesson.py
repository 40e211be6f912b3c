"""What a run learns from, what it is judged on, and how these were parted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier.errors import CorpusError
from classifier.pipeline import REGULARIZATIONS, Regularization
from training.bundled import VOICES
from training.evaluate import FOLDS
from training.history import LEAST
from training.labelled import Labelled
from training.split import How, fold_numbers, part_for_test
from training.weights import selection_weights

ENOUGH: Final = 1_000
"""Rows of a history from which it alone decides thresholds and regularization; with fewer, the bundled texts do too."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Labelled texts, parted.

    Attributes
    ----------
    rows : sequence of Labelled, length N
        To learn from.
    folds : ndarray of int, shape (N,)
        For cross-validation: rows of one number are left out together.
    counted : ndarray of bool, shape (N,)
        The rows whose judgement out of fold decides what is chosen.
    weights : ndarray, shape (N,)
        How much each counts.
    test : sequence of Labelled
        To judge the fitted model on; may be empty.
    method : str
        How they were parted, for whoever reads a figure.
    choice : sequence of Regularization
        From what cross-validation chooses.
    data : mapping
        What is known of the data (`training.findings.DataReport.document`).
    """

    rows: Sequence[Labelled]
    folds: NDArray[np.intp]
    counted: NDArray[np.bool_]
    weights: NDArray[np.float64]
    test: Sequence[Labelled]
    method: str
    choice: Sequence[Regularization]
    data: Mapping[str, Any] = field(default_factory=dict)


def by_voice(rows: Sequence[Labelled]) -> Lesson:
    """The bundled corpus: one voice is left out at a time, nothing is kept back."""
    return Lesson(
        rows,
        _voices(rows),
        np.ones(len(rows), np.bool_),
        np.ones(len(rows)),
        (),
        "one voice left out at a time",
        REGULARIZATIONS[:1],
    )


def from_history(
    rows: Sequence[Labelled],
    groups: NDArray[np.intp],
    bundled: Sequence[Labelled],
    *,
    how: How,
    share: float,
    seed: int,
    data: Mapping[str, Any],
) -> Lesson:
    """A bank's history, perhaps with the bundled corpus to learn from too.

    Parameters
    ----------
    rows : sequence of Labelled
        From `training.history.make_ready`.
    groups : ndarray of int, shape (N,)
        From `training.split.together`.
    bundled : sequence of Labelled
        Never judged on; may be empty.
    how : {'random', 'time'}
        How the test part is chosen.
    share : float
        About so much of `rows` is the test part.
    seed : int
    data : mapping

    Raises
    ------
    CorpusError
        If there are fewer than two categories, no row, or rows without a moment for a split by time.
    """
    if not rows:
        raise CorpusError("no row is left to learn from", remedy="See what was left out, and why, in the findings.")
    test = part_for_test(rows, groups, how, share, seed)
    inside = Counter(row.category for row, out in zip(rows, test, strict=True) if not out)
    inside.update(row.category for row in bundled)
    # A category that would be left with too few to learn from is not judged.
    test &= np.array([inside[row.category] >= LEAST for row in rows])
    lesson = [row for row, out in zip(rows, test, strict=True) if not out]
    folds = fold_numbers(lesson, groups[~test], FOLDS, seed)
    counted = np.concatenate([_spread(lesson, folds), np.full(len(bundled), len(lesson) < ENOUGH)])
    return Lesson(
        [*lesson, *bundled],
        # The sixth voice joins the first fold: voices and folds are left out together.
        np.concatenate([folds, _voices(bundled) % FOLDS]) if bundled else folds,
        counted,
        np.concatenate([selection_weights(lesson), np.ones(len(bundled))]),
        [row for row, out in zip(rows, test, strict=True) if out],
        f"test part: {'the latest' if how == 'time' else 'random'}, seed {seed}" if test.any() else f"{FOLDS} folds",
        REGULARIZATIONS,
        data,
    )


def _spread(rows: Sequence[Labelled], folds: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which rows are of a category that stands in several folds: others are learnt, but cannot be judged."""
    places = {(row.category, fold) for row, fold in zip(rows, folds.tolist(), strict=True)}
    several = Counter(category for category, _ in places)
    return np.array([several[row.category] > 1 for row in rows], np.bool_)


def _voices(rows: Sequence[Labelled]) -> NDArray[np.intp]:
    return np.array([VOICES.index(row.voice) for row in rows], np.intp)
