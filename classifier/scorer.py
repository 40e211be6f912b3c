"""The fast path: a fitted pipeline as plain arrays, and the scores they give.

A text's score for a category is the weighted sum over its terms. With F terms and K categories, a compiled pipeline is
a vocabulary (term → row), the terms' inverse document frequencies (F,), weights (F, K) and intercepts (K,).
scikit-learn stays the trainer and the referee; it is not imported here.

Whoever predicts calls `Scorer.read`. Where it was built, and for presets of today's terms, that is machine code
(`classifier.kernel`); `Scorer.terms` and `Scorer.probabilities` compute the same in numpy, and explanations need them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.features import CONCEPT, PIECE, Analyzer, WithoutIdleMarks
from classifier.kernel import machine
from classifier.thesaurus import Thesaurus

Floats = NDArray[np.float32]
Keys = NDArray[np.uint64]

WEIGHTS: Final = np.dtype(np.float32)
"""One type everywhere: a float64 vector against float32 weights costs a copy of all the weights in every call."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The known terms of one text.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Their rows in the vocabulary, each once, in order of first appearance.
    values : ndarray of float32, shape (n,)
        Their TF-IDF values; the vector has length one.
    familiarity : float
        Share of the text's different terms that are known, in [0, 1]; 0 for a text without terms.
    """

    rows: NDArray[np.intp]
    values: Floats
    familiarity: float


class Reading(NamedTuple):
    """What the weights say of a text.

    Attributes
    ----------
    probabilities : bytes
        K of them, in float32: most who ask want the highest alone, and K objects a text would be a tenth of the time.
    familiarity : float
        Share of the text's different terms that are known, in [0, 1]; 0 for a text without terms.
    highest, second : float
        The two highest probabilities; of one category alone the second is 0.
    likely : list of (int, float)
        Columns that are probable enough, at least the highest, and their probabilities; in the order of columns.
    """

    probabilities: bytes
    familiarity: float
    highest: float
    second: float
    likely: list[tuple[int, float]]


class Scorer:
    """Scores of categories for texts.

    Parameters
    ----------
    vocabulary : sequence of str
        The F terms.
    idf : ndarray, shape (F,)
    weights : ndarray, shape (F, K)
        Row-major float32: a text's few rows are then gathered at once.
    intercepts : ndarray, shape (K,)
    analyzer : Analyzer
        Turns a text into terms.
    keys : ndarray of uint64, shape (F,), optional
        By which the kernel knows the terms, where they were kept: it then need not look at the vocabulary.

    Attributes
    ----------
    known : machine.KnownTerms or None
        Where the kernel looks them up, and that of the signals too.

    Raises
    ------
    ValueError
        If shapes, type or memory order are not as above.
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        idf: Floats,
        weights: Floats,
        intercepts: Floats,
        analyzer: Analyzer,
        keys: Keys | None = None,
    ) -> None:
        if idf.shape != (len(vocabulary),) or weights.shape != (len(vocabulary), len(intercepts)):
            raise ValueError(f"{len(vocabulary)} terms do not fit idf {idf.shape} and weights {weights.shape}")
        for name, array in (("idf", idf), ("weights", weights), ("intercepts", intercepts)):
            if array.dtype != WEIGHTS or not array.flags.c_contiguous:
                raise ValueError(f"{name} must be row-major float32, not {array.dtype}")
        self.vocabulary = vocabulary
        self.idf = idf
        self.weights = weights
        self.intercepts = intercepts
        self.analyzer = analyzer
        self.keys = keys
        self.known = machine.KnownTerms() if machine else None
        self._kernel: machine.CategoryKernel | None = None
        words = analyzer.tokenizer.compiled
        if words and self.known and type(analyzer) is WithoutIdleMarks:  # of others it does not know the terms
            self._compile(analyzer.thesaurus, words, self.known)

    def _compile(self, thesaurus: Thesaurus, words: machine.Words, known: machine.KnownTerms) -> None:
        if self.keys is None:
            self.keys = np.empty(len(self.vocabulary), np.uint64)
            machine.category_keys(self.keys, self.vocabulary, thesaurus.expressions, (PIECE, CONCEPT))
        self._kernel = machine.CategoryKernel(
            self.keys,
            self.idf,
            self.weights,
            self.intercepts,
            thesaurus.expressions,
            thesaurus.courtesies,
            words,
            known,
        )

    @cached_property
    def _row(self) -> dict[str, int]:
        return {term: row for row, term in enumerate(self.vocabulary)}

    @classmethod
    def compiled(cls, pipeline: Any) -> Scorer:
        """Compile a fitted ``tfidf-linear`` pipeline (`classifier.pipeline`), its commonest terms first.

        What most texts ask for then lies together in memory.
        """
        tfidf, linear = pipeline["tfidf"], pipeline["linear"]
        order = np.argsort(tfidf.idf_, kind="stable")
        return cls(
            tfidf.get_feature_names_out()[order].tolist(),
            tfidf.idf_[order].astype(WEIGHTS),
            np.ascontiguousarray(linear.coef_.T[order], dtype=WEIGHTS),
            linear.intercept_.astype(WEIGHTS),
            tfidf.analyzer,
        )

    def read(self, canonical: str, least: float = 1.0) -> Reading:
        """Read a canonical text.

        Parameters
        ----------
        canonical : str
        least : float
            From which probability on a category is likely.
        """
        if self._kernel:
            return Reading._make(self._kernel.read(canonical, least))
        terms = self.terms(canonical)
        probabilities = self.probabilities(terms)
        values = probabilities.tolist()
        second, highest = sorted((0.0, *values))[-2:]
        likely = [(k, value) for k, value in enumerate(values) if value >= min(least, highest)]
        return Reading(probabilities.tobytes(), terms.familiarity, highest, second, likely)

    def terms(self, text: str) -> Terms:
        """The known terms of a canonical text with their TF-IDF values (sub-linear counts, vector of length one)."""
        counts: dict[int, int] = {}
        unknown = set()
        row_of = self._row.get
        for term in self.analyzer.terms(text):
            row = row_of(term)
            if row is None:
                unknown.add(term)
            else:
                counts[row] = counts.get(row, 0) + 1
        rows = np.fromiter(counts.keys(), np.intp, len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), WEIGHTS, len(counts)))) * self.idf[rows]
        length = float(np.sqrt(values @ values))
        different = len(counts) + len(unknown)
        familiarity = len(counts) / different if different else 0.0
        return Terms(rows, values / WEIGHTS.type(length) if length else values, familiarity)

    def row(self, term: str) -> int | None:
        """The row of a term, if the vocabulary has it."""
        return self._row.get(term)

    def scores(self, terms: Terms) -> Floats:
        """Scores of the categories for a text's terms, shape (K,)."""
        scores: Floats = terms.values @ self.weights[terms.rows] + self.intercepts
        return scores

    def probabilities(self, terms: Terms) -> Floats:
        """Softmax of the scores, shape (K,)."""
        scores = self.scores(terms)
        odds = np.exp(scores - scores.max())
        probabilities: Floats = odds / odds.sum()
        return probabilities
