"""What the signal detector is learnt from: texts and their clauses as vectors, and the folds they are parted into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.feature_extraction.text import TfidfTransformer

from classifier.counts import count, in_blocks, joined
from classifier.signals import FEW, clause_spans, clause_terms
from classifier.text import align
from classifier.tokenizer import Tokenizer
from training.signal_texts import SignalText

FOLDS: Final = 5
_BLOCK: Final = 20
"""Neighbouring rows, which are of one writer, stay in one fold."""
_OTHERS: Final = 0.3
"""Weight of a text that was not written for the signal: there are many, and most are easy."""
_LEAST_CLAUSES: Final = 4
"""Clauses that a term stands in; with 2, a model of twice the size found no more."""
_LEAST_SHARED: Final = 3
"""Characters that a clause has in common with the words that carry a signal, to carry it."""

Flags = NDArray[np.bool_]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lesson:
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

    def of(self, texts: Flags) -> Lesson:
        """Some of its texts."""
        clauses = np.repeat(texts, self.lengths)
        return Lesson(
            self.whole[texts],
            self.clauses[clauses],
            self.lengths[texts],
            self.carries[texts],
            self.carrying[clauses],
            self.own[texts],
            self.natural[texts],
        )


class Lessons:
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

    def of(self, code: str) -> tuple[Lesson, NDArray[np.intp]]:
        """All texts for one signal, and in which fold each is; -1 for those that nobody decided on."""
        texts = self._texts
        lesson = Lesson(
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
    shortened = csr_matrix(diags(1 / np.sqrt(squares + FEW)) @ values)
    shortened.sort_indices()  # here once, instead of in every fit
    return shortened


def _clauses(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[list[list[tuple[int, int]]], list[str], csr_matrix]:
    """Where the clauses of each text stand in it, their terms, and the counts of these in each clause."""
    places, terms = [], []
    for text in texts:
        aligned = align(text)
        spans = list(clause_spans(aligned.text))
        places.append([aligned.original_span(*span) for span in spans])
        terms += [clause_terms(tokenizer, aligned.text[start:end]) for start, end in spans]
    return places, *count(terms)
