"""How good a recipe is, measured on texts it was not fitted on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support
from sklearn.model_selection import StratifiedKFold

from classifier.errors import CorpusError

FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """Precision, recall and F1 of one category, and how many texts have it."""

    category: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """What a recipe says of N texts, each said by a fit that had not seen it.

    Attributes
    ----------
    classes : tuple of str, length K
        Category codes in column order.
    labels : ndarray of str, shape (N,)
        The right answers.
    probabilities : ndarray, shape (N, K)
    """

    classes: tuple[str, ...]
    labels: NDArray[np.str_]
    probabilities: NDArray[np.float64]

    @property
    def predicted(self) -> NDArray[np.str_]:
        """The most probable category of each text, shape (N,)."""
        predicted: NDArray[np.str_] = np.asarray(self.classes)[self.probabilities.argmax(axis=1)]
        return predicted

    @property
    def accuracy(self) -> float:
        """Share of texts whose first category is right."""
        return float(accuracy_score(self.labels, self.predicted))

    @property
    def macro_f1(self) -> float:
        """Mean of the categories' F1."""
        return float(f1_score(self.labels, self.predicted, average="macro", zero_division=0.0))

    @property
    def top3(self) -> float:
        """Share of texts whose right category is among the first three."""
        first = np.asarray(self.classes)[np.argsort(-self.probabilities, axis=1)[:, :3]]
        return float((first == self.labels[:, None]).any(axis=1).mean())

    def by_category(self) -> list[CategoryScore]:
        """Scores of every category, in column order."""
        precision, recall, f1, support = precision_recall_fscore_support(
            self.labels, self.predicted, labels=list(self.classes), zero_division=0.0
        )
        return [
            CategoryScore(code, float(precision[k]), float(recall[k]), float(f1[k]), int(support[k]))
            for k, code in enumerate(self.classes)
        ]


def cross_validate(
    texts: Sequence[str],
    labels: Sequence[str],
    build: Callable[[], Any],
    *,
    seed: int,
    progress: Callable[[int], None],
) -> OutOfFold:
    """Stratified cross-validation in `FOLDS` folds.

    Parameters
    ----------
    texts, labels : sequences of length N
    build : callable
        Makes the unfitted pipeline, once per fold.
    seed : int
        Decides the folds.
    progress : callable
        Told the number of folds done.

    Raises
    ------
    CorpusError
        If a category has fewer texts than there are folds.
    """
    label_array = np.asarray(labels)
    classes, counts = np.unique(label_array, return_counts=True)
    small = [f"{code} ({count})" for code, count in zip(classes, counts, strict=True) if count < FOLDS]
    if small or len(classes) < 2:
        raise CorpusError(
            f"too few texts to judge: {', '.join(small) or 'one category only'}",
            remedy=f"Give every category at least {FOLDS} texts.",
        )
    probabilities = np.empty((len(texts), len(classes)))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for done, (inside, outside) in enumerate(folds.split(label_array, label_array), start=1):
        pipeline = build().fit([texts[i] for i in inside], label_array[inside])
        probabilities[outside] = pipeline.predict_proba([texts[i] for i in outside])
        progress(done)
    return OutOfFold(tuple(classes.tolist()), label_array, probabilities)
