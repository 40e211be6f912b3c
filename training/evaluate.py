"""How good a recipe is, measured on texts it was not fitted on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.metrics import f1_score, precision_recall_fscore_support
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold

from classifier.counts import Counts
from classifier.errors import CorpusError
from classifier.linear import fit_each
from classifier.pipeline import Measure, read_terms
from classifier.scorer import Scorer
from classifier.text import normalize

FOLDS: Final = 5

Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows to learn from, and rows to judge."""


def macro_f1(right: NDArray[np.str_], said: NDArray[np.str_]) -> float:
    """Mean F1 of the categories that the texts have."""
    return float(f1_score(right, said, labels=np.unique(right), average="macro", zero_division=0.0))


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
    familiarity : ndarray, shape (N,)
        Share of each text's terms that the fit knew.
    characters : ndarray, shape (N,)
        Length of each text in canonical form.
    """

    classes: tuple[str, ...]
    labels: NDArray[np.str_]
    probabilities: NDArray[np.float64]
    familiarity: NDArray[np.float64]
    characters: NDArray[np.float64]

    @property
    def predicted(self) -> NDArray[np.str_]:
        """The most probable category of each text, shape (N,)."""
        predicted: NDArray[np.str_] = np.asarray(self.classes)[self.probabilities.argmax(axis=1)]
        return predicted

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of each text's first category, shape (N,)."""
        confidence: NDArray[np.float64] = self.probabilities.max(axis=1)
        return confidence

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each text's first category is the right one, shape (N,)."""
        right: NDArray[np.bool_] = self.predicted == self.labels
        return right

    @property
    def of_labels(self) -> NDArray[np.float64]:
        """The probability given to each text's right category, shape (N,)."""
        columns = np.searchsorted(self.classes, self.labels)
        of_labels: NDArray[np.float64] = self.probabilities[np.arange(len(columns)), columns]
        return of_labels

    @property
    def accuracy(self) -> float:
        """Share of texts whose first category is right."""
        return float(self.right.mean())

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the categories that the texts have."""
        return macro_f1(self.labels, self.predicted)

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
    groups: Sequence[str] | None = None,
    folds: Sequence[Fold] | None = None,
    extra: tuple[Sequence[str], Sequence[str]] = ((), ()),
    read: Counts | None = None,
    seed: int,
    progress: Callable[[int, int], None],
) -> OutOfFold:
    """Say of every text what a fit says that had not seen it, nor any text of its group.

    Parameters
    ----------
    texts, labels : sequences of length N
    build : callable
        Makes the unfitted pipeline, once per fold.
    groups : sequence of length N, optional
        One group is left out at a time (for the bundled corpus: one voice, since strangers do not write as we do).
        Without groups: `FOLDS` stratified folds.
    folds : sequence of Fold, optional
        The folds themselves instead; every text is judged in one of them.
    extra : (texts, labels)
        Part of every fold's training, judged in none.
    read : Counts, optional
        What `read_terms` made of the texts and the extra texts behind them, if the caller needs it too.
    seed : int
        Decides the stratified folds.
    progress : callable
        Told folds done and folds in all.

    Raises
    ------
    CorpusError
        Without groups, if a category has fewer texts than there are folds; with them, if one of them has all its texts.
    """
    (judged,) = cross_validate_each(
        texts, labels, [build], groups=groups, folds=folds, extra=extra, read=read, seed=seed, progress=progress
    )
    return judged


def cross_validate_each(
    texts: Sequence[str],
    labels: Sequence[str],
    builds: Sequence[Callable[[], Any]],
    *,
    groups: Sequence[str] | None = None,
    folds: Sequence[Fold] | None = None,
    extra: tuple[Sequence[str], Sequence[str]] = ((), ()),
    read: Counts | None = None,
    weights: Sequence[float] | None = None,
    seed: int,
    progress: Callable[[int, int], None],
) -> list[OutOfFold]:
    """The same for several pipelines that differ in their linear models only, on the same folds.

    Each fold's terms are counted once. `weights` says how much each text counts in a fit; extra texts count 1.
    """
    label_array = np.asarray(labels)
    classes = np.unique([*labels, *extra[1]])
    sizes = Counter(labels)
    small = [f"{code} ({count})" for code, count in sorted(sizes.items()) if count < FOLDS and groups is None]
    if small or len(classes) < 2:
        raise CorpusError(
            f"too few texts to judge: {', '.join(small) or 'one category only'}",
            remedy=f"Give every category at least {FOLDS} texts.",
        )
    if folds is None:
        splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed) if groups is None else LeaveOneGroupOut()
        folds = list(splitter.split(label_array, label_array, groups))
    alone = sorted({str(code) for inside, _ in folds for code in set(classes) - {*label_array[inside], *extra[1]}})
    if alone:
        raise CorpusError(f"all texts of {', '.join(alone)} are in one group", remedy="Spread them.")
    progress(0, len(folds))
    counts = read_terms(builds[0](), [*texts, *extra[0]]) if read is None else read
    every_label = np.array([*labels, *extra[1]])
    each = np.ones(len(counts))
    each[: len(texts)] = 1.0 if weights is None else weights
    always = np.arange(len(texts), len(counts))
    # One process a core, so that judging a recipe takes little longer than fitting it.
    judged = Parallel(n_jobs=-1, return_as="generator")(
        delayed(say)(
            [build()["linear"] for build in builds],
            counts.matrix,
            every_label,
            None if weights is None else each,
            np.concatenate([inside, always]),
            outside,
        )
        for inside, outside in folds
    )
    probabilities, familiarity = np.empty((len(builds), len(texts), len(classes))), np.empty(len(texts))
    for done, ((_, outside), (said, known)) in enumerate(zip(folds, judged, strict=True), start=1):
        probabilities[:, outside], familiarity[outside] = said, known
        progress(done, len(folds))
    characters = counts.characters[: len(texts)].astype(float)
    names = tuple(classes.tolist())
    return [OutOfFold(names, label_array, each_said, familiarity, characters) for each_said in probabilities]


def say(
    linears: Sequence[Any],
    counts: csr_matrix,
    labels: NDArray[np.str_],
    weights: NDArray[np.float64] | None,
    inside: NDArray[np.intp],
    outside: NDArray[np.intp],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What several linear models say of texts they have not learnt from.

    Parameters
    ----------
    linears : sequence of M LinearAverage
        Unfitted.
    counts : csr_matrix
        `classifier.counts.Counts` of all texts, those to be judged too.
    labels, weights : ndarrays
        Of the rows that are learnt from, at least.
    inside, outside : ndarrays of int
        Rows to learn from, and the N rows to judge.

    Returns
    -------
    probabilities : ndarray, shape (M, N, K)
    familiarity : ndarray, shape (N,)
        Share of each text's terms that the fits know.
    """
    learnt, unseen = counts[inside], counts[outside]
    measure = Measure(learnt)
    vectors, own = measure.vectors(learnt), None if weights is None else weights[inside]
    fit_each(linears, vectors, labels[inside], own)
    known = measure.vectors(unseen)
    said = np.array([linear.predict_proba(known) for linear in linears])
    return said, np.diff(known.indptr) / np.maximum(np.diff(unseen.indptr), 1)


def judge(scorer: Scorer, classes: Sequence[str], texts: Sequence[str], labels: Sequence[str]) -> OutOfFold:
    """What a fitted model says of N texts it has not learnt from.

    Parameters
    ----------
    scorer : Scorer
    classes : sequence of str, length K
        In the scorer's column order.
    texts, labels : sequences of length N
        A label that is none of the classes counts as said wrongly.
    """
    canonical = [normalize(text) for text in texts]
    read = [scorer.read(text) for text in canonical]
    probabilities = np.frombuffer(b"".join([text.probabilities for text in read]), np.float32)
    return OutOfFold(
        tuple(classes),
        np.asarray(labels, dtype=str),
        probabilities.astype(float).reshape(len(read), len(classes)),
        np.array([text.familiarity for text in read]),
        np.array([len(text) for text in canonical], dtype=float),
    )
