"""Fits the signal detector.

For each signal three linear models read a text: a support vector machine and naive Bayes the whole of it, another
support vector machine its clauses, of which the strongest counts. A logistic regression over the scores they give to
texts they have not learnt from says how far to trust each; so all of it is two columns of weights, one for the text and
one for a clause (`classifier.signals`). A signal is found from where precision and recall are equal, out of fold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from classifier.counts import count, in_blocks, joined
from classifier.scorer import WEIGHTS
from classifier.signals import FEW, SIGNALS, SignalDetector, clause_spans, clause_terms
from classifier.text import align
from classifier.tokenizer import Tokenizer
from training.signal_texts import SignalText

FOLDS: Final = 5
_BLOCK: Final = 20
"""Neighbouring rows, which are of one writer, stay in one fold."""
_OTHERS: Final = 0.3
"""Weight of a text that was not written for the signal: there are many, and most are easy."""
_SMOOTHING: Final = 0.01
"""Of naive Bayes. This, and what the other models are fitted with, was chosen out of fold."""
_LEAST_CLAUSES: Final = 4
"""Clauses that a term stands in; with 2, a model of twice the size found no more."""
_LEAST_SHARED: Final = 3
"""Characters that a clause has in common with the words that carry a signal, to carry it."""

Flags = NDArray[np.bool_]
Scores = NDArray[np.float64]


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
    read = _Read(texts, tokenizer)
    lessons = [read.lesson(code) for code in SIGNALS]
    # Processes, not threads: the solver draws from one random generator for all of a process. A fold each, not a
    # signal: all cores are busy to the end.
    heard = Parallel(n_jobs=-1, return_as="generator")(
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
class _Lesson:
    """N texts that a signal is learnt from, and their C clauses.

    Attributes
    ----------
    whole, clauses : csr_matrix, shapes (N, F) and (C, F)
    lengths : ndarray of int, shape (N,)
        How many clauses each text has.
    carries, own, natural : ndarray of bool, shape (N,)
        Own are the texts written for it, natural those that come as complaints come in.
    carrying : ndarray of bool, shape (C,)
        Which clauses carry it.
    """

    whole: csr_matrix
    clauses: csr_matrix
    lengths: NDArray[np.intp]
    carries: Flags
    carrying: Flags
    own: Flags
    natural: Flags

    @property
    def weights(self) -> Scores:
        """How much each text counts, shape (N,)."""
        return np.where(self.own, 1.0, _OTHERS)

    def of(self, texts: Flags) -> _Lesson:
        """Some of its texts."""
        clauses = np.repeat(texts, self.lengths)
        return _Lesson(
            self.whole[texts],
            self.clauses[clauses],
            self.lengths[texts],
            self.carries[texts],
            self.carrying[clauses],
            self.own[texts],
            self.natural[texts],
        )


class _Read:
    """All texts and their clauses as TF-IDF vectors over the same F terms."""

    def __init__(self, texts: Sequence[SignalText], tokenizer: Tokenizer) -> None:
        self._texts = texts
        self._places: list[list[tuple[int, int]]] = []
        """Of each text's clauses, in the text as it was written."""

        def counted() -> Iterator[tuple[list[str], csr_matrix]]:
            for places, *each in in_blocks(partial(_clauses, tokenizer), [text.text for text in texts]):
                self._places += places
                yield tuple(each)

        terms, counts = joined(counted())
        known = np.flatnonzero(np.bincount(counts.indices, minlength=len(terms)) >= _LEAST_CLAUSES)
        counts = counts[:, known]
        self._lengths = np.array([len(places) for places in self._places])
        total = int(self._lengths.sum())
        first = np.cumsum([0, *self._lengths])
        together = csr_matrix((np.ones(total, np.float32), np.arange(total), first), shape=(len(texts), total))
        tfidf = TfidfTransformer(sublinear_tf=True, norm=None)
        self._whole = _shortened(tfidf.fit_transform(together @ counts))
        self._clauses = _shortened(tfidf.transform(counts))
        self.vocabulary = [terms[term] for term in known.tolist()]
        self.idf: NDArray[np.float64] = tfidf.idf_

    def lesson(self, code: str) -> tuple[_Lesson, NDArray[np.intp]]:
        """All texts for one signal, and in which fold each is; -1 for those that nobody decided on."""
        texts = self._texts
        lesson = _Lesson(
            self._whole,
            self._clauses,
            self._lengths,
            np.array([code in text.carries for text in texts]),
            np.concatenate([self._carrying(row, code) for row in range(len(texts))]),
            np.array([text.written_for == code for text in texts]),
            np.array([text.written_for is None for text in texts]),
        )
        decided = np.array([code in text.decided for text in texts])
        fold = np.full(len(texts), -1, np.intp)
        for kind in (lesson.own, lesson.natural, ~lesson.own & ~lesson.natural):
            fold[kind & decided] = np.arange((kind & decided).sum()) // _BLOCK % FOLDS
        return lesson, fold

    def _carrying(self, row: int, code: str) -> Flags:
        """Which clauses of a text carry a signal: those that share enough with its words, one at least."""
        words = self._texts[row].carries.get(code)
        if words is None:
            return np.zeros(len(self._places[row]), np.bool_)
        start = self._texts[row].text.index(words)
        end = start + len(words)
        shared = np.array([min(stop, end) - max(begin, start) for begin, stop in self._places[row]])
        flags: Flags = shared >= min(_LEAST_SHARED, len(words), shared.max())
        return flags


def _shortened(values: csr_matrix) -> csr_matrix:
    """Vectors of TF-IDF values divided by their lengths, and a bit more (`classifier.signals.FEW`)."""
    squares = np.asarray(values.multiply(values).sum(axis=1)).ravel()
    return diags(1 / np.sqrt(squares + FEW)) @ values


def _clauses(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[list[list[tuple[int, int]]], list[str], csr_matrix]:
    """Where the clauses of each text stand in it, their terms, and the counts of these in each clause."""
    places, terms = [], []
    for text in texts:
        aligned = align(text)
        spans = list(clause_spans(aligned.text))
        places.append([aligned.original_span(*span) for span in spans])
        terms += [clause_terms(tokenizer, aligned.text[start:end]) for start, end in spans]
    return places, *count(terms)


@dataclass(frozen=True, slots=True)
class _Linear:
    """Weights of the terms of a text and of a clause, each of shape (F,), and an intercept."""

    whole: NDArray[np.float64]
    clause: NDArray[np.float64]
    intercept: float


def _hear(lesson: _Lesson, fold: NDArray[np.intp], number: int) -> Scores:
    """What the models that have learnt from the other folds say of one."""
    return _Voices(lesson.of((fold >= 0) & (fold != number))).hear(lesson.of(fold == number))


def _learn(lesson: _Lesson, fold: NDArray[np.intp]) -> _Voices:
    return _Voices(lesson.of(fold >= 0))


def _trusted(
    code: str, lesson: _Lesson, fold: NDArray[np.intp], said: Sequence[Scores], voices: _Voices
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

    def __init__(self, lesson: _Lesson) -> None:
        weights, carries = lesson.weights, lesson.carries
        self._whole = _machine().fit(lesson.whole, carries, sample_weight=weights)
        said = [lesson.whole[side].T @ weights[side] + _SMOOTHING for side in (carries, ~carries)]
        self._bayes: NDArray[np.float64] = np.log(said[0] / said[0].sum()) - np.log(said[1] / said[1].sum())
        self._clause = _machine().fit(lesson.clauses, lesson.carrying, sample_weight=np.repeat(weights, lesson.lengths))

    def hear(self, lesson: _Lesson) -> Scores:
        """What each says of N texts, shape (N, 3)."""
        clauses = self._clause.decision_function(lesson.clauses)
        strongest = np.maximum.reduceat(clauses, np.cumsum([0, *lesson.lengths[:-1]]))
        return np.stack([self._whole.decision_function(lesson.whole), lesson.whole @ self._bayes, strongest], axis=1)

    def together(self, trust: NDArray[np.float64], intercept: float) -> _Linear:
        """All three as far as each is trusted."""
        bases = (self._whole.intercept_[0], 0.0, self._clause.intercept_[0])
        return _Linear(
            trust[0] * self._whole.coef_[0] + trust[1] * self._bayes,
            trust[2] * self._clause.coef_[0],
            intercept + float(np.dot(trust, bases)),
        )


def _machine() -> Any:
    return LinearSVC(C=2.0, class_weight="balanced", tol=1e-2, dual=True, random_state=0)
