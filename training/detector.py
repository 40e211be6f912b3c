"""Fits the signal detector.

For each signal three linear models read a text: a support vector machine and naive Bayes the whole of it, another
support vector machine its clauses, of which the strongest counts. A logistic regression over the scores they give to
texts they have not learnt from says how far to trust each; so all of it is two columns of weights, one for the text and
one for a clause (`classifier.signals`). A signal is found from where precision and recall are equal, out of fold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight

from classifier.linear import at_once, fit_machine
from classifier.scorer import WEIGHTS
from classifier.signals import SIGNALS, SignalDetector
from classifier.tokenizer import Tokenizer
from training.signal_lessons import FOLDS, Flags, Lesson, Lessons, Scores
from training.signal_texts import SignalText

_SMOOTHING: Final = 0.01
"""Of naive Bayes. This, and what the other models are fitted with, was chosen out of fold."""


@dataclass(frozen=True, slots=True)
class SignalScore:
    """How well a signal is found, out of fold.

    Attributes
    ----------
    code : str
    precision, recall : float
        On the texts written for it, half of which only look like it.
    texts : int
        How many.
    false_alarms : float
        Share of the natural texts without it in which it is found.
    mistaken : float
        Share of the texts that carry others and not it in which it is found.
    """

    code: str
    precision: float
    recall: float
    texts: int
    false_alarms: float
    mistaken: float


def fit_detector(
    texts: Sequence[SignalText], tokenizer: Tokenizer, progress: Callable[[int, int], None]
) -> tuple[SignalDetector, list[SignalScore]]:
    """Fit the detector of all signals, and measure the recipe by cross-validation.

    Parameters
    ----------
    texts : sequence of SignalText
        In the order of their files.
    tokenizer : Tokenizer
    progress : callable
        Told (signals done, signals in all).

    Returns
    -------
    detector : SignalDetector
    scores : list of SignalScore
        One per signal, in the order of `SIGNALS`.
    """
    progress(0, len(SIGNALS))
    read = Lessons(texts, tokenizer)
    lessons = [read.of(code) for code in SIGNALS]
    # A fold each, not a signal: all cores are busy to the end.
    heard = Parallel(n_jobs=-1, prefer=at_once(), return_as="generator")(
        task
        for lesson, fold in lessons
        for task in (*(delayed(_hear)(lesson, fold, n) for n in range(FOLDS)), delayed(_learn)(lesson, fold))
    )
    fitted: list[tuple[_Linear, SignalScore]] = []
    for code, (lesson, fold) in zip(SIGNALS, lessons, strict=True):
        said = list(islice(heard, FOLDS))
        fitted.append(_trusted(code, lesson, fold, said, next(heard)))
        progress(len(fitted), len(SIGNALS))
    whole, clause = (np.stack([getattr(model, part) for model, _ in fitted]) for part in ("whole", "clause"))
    intercepts = np.array([model.intercept for model, _ in fitted], WEIGHTS)
    order = np.argsort(read.idf, kind="stable")  # the commonest first, as `Scorer.compiled` has them
    detector = SignalDetector(
        list(SIGNALS),
        [read.vocabulary[row] for row in order],
        read.idf[order].astype(WEIGHTS),
        np.ascontiguousarray(np.concatenate([whole, clause]).T[order], dtype=WEIGHTS),
        intercepts,
        tokenizer,
    )
    return detector, [score for _, score in fitted]


@dataclass(frozen=True, slots=True)
class _Linear:
    """Weights of the terms of a text and of a clause, each of shape (F,), and an intercept."""

    whole: NDArray[np.float64]
    clause: NDArray[np.float64]
    intercept: float


def _hear(lesson: Lesson, fold: NDArray[np.intp], number: int) -> Scores:
    """What the models that have learnt from the other folds say of one."""
    return _Voices(lesson.of((fold >= 0) & (fold != number))).hear(lesson.of(fold == number))


def _learn(lesson: Lesson, fold: NDArray[np.intp]) -> _Voices:
    return _Voices(lesson.of(fold >= 0))


def _trusted(
    code: str, lesson: Lesson, fold: NDArray[np.intp], said: Sequence[Scores], voices: _Voices
) -> tuple[_Linear, SignalScore]:
    """The models as far as what they said of each fold can be trusted, and how good that is."""
    heard = np.empty((len(fold), 3))
    for number, scores_of_fold in enumerate(said):
        heard[fold == number] = scores_of_fold
    decided = fold >= 0
    heard, weights = heard[decided], lesson.weights[decided]
    own, natural, carries = lesson.own[decided], lesson.natural[decided], lesson.carries[decided]
    trust = LogisticRegression(C=10.0).fit(heard, carries, sample_weight=weights)
    scores: Scores = trust.decision_function(heard)
    least = _break_even(scores, carries, weights)
    found = scores > least
    return voices.together(trust.coef_[0], float(trust.intercept_[0]) - least), SignalScore(
        code,
        precision=float(carries[found & own].mean()),
        recall=float(found[carries & own].mean()),
        texts=int(own.sum()),
        false_alarms=float(found[natural & ~carries].mean()),
        mistaken=float(found[~own & ~natural & ~carries].mean()),
    )


def _break_even(scores: Scores, carries: Flags, weights: Scores) -> float:
    """The score above which as much is found as there is: precision and recall are equal."""
    order = np.argsort(-scores)
    found = np.cumsum(weights[order])
    last = int(np.searchsorted(found, weights[carries].sum()))
    return float(scores[order[last]])


class _Voices:
    """The three linear models of one signal."""

    def __init__(self, lesson: Lesson) -> None:
        weights, carries = lesson.weights, lesson.carries
        self._whole = _machine(lesson.whole, carries, weights)
        said = [lesson.whole[side].T @ weights[side] + _SMOOTHING for side in (carries, ~carries)]
        self._bayes: NDArray[np.float64] = np.log(said[0] / said[0].sum()) - np.log(said[1] / said[1].sum())
        self._clause = _machine(lesson.clauses, lesson.carrying, np.repeat(weights, lesson.lengths))

    def hear(self, lesson: Lesson) -> Scores:
        """What each says of N texts, shape (N, 3)."""
        whole = lesson.whole @ self._whole[0] + self._whole[1]
        clauses = lesson.clauses @ self._clause[0] + self._clause[1]
        strongest = np.maximum.reduceat(clauses, np.cumsum([0, *lesson.lengths[:-1]]))
        return np.stack([whole, lesson.whole @ self._bayes, strongest], axis=1)

    def together(self, trust: NDArray[np.float64], intercept: float) -> _Linear:
        """All three as far as each is trusted."""
        bases = (self._whole[1], 0.0, self._clause[1])
        return _Linear(
            trust[0] * self._whole[0] + trust[1] * self._bayes,
            trust[2] * self._clause[0],
            intercept + float(np.dot(trust, bases)),
        )


def _machine(vectors: csr_matrix, carry: Flags, weights: Scores) -> tuple[Scores, float]:
    """Weights and intercept of a support vector machine that tells those that carry a signal."""
    balance = compute_class_weight("balanced", classes=np.array([False, True]), y=carry, sample_weight=weights)
    return fit_machine(vectors, carry, tuple(balance), 2.0, 1e-2, weights)
