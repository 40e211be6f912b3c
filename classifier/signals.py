"""Signals: what makes a case urgent or special, whatever its category, each with its place in the text.

A text is read clause by clause. What is looked for is learnt (`training.detector`): words and pairs of neighbouring
words, words that are denied or said by others (`classifier.scope`), characters and pairs of neighbouring characters,
weighed twice, over the whole text and over the clause that speaks for the signal most, which is its place.
docs/signals.md defines the signals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np

from classifier.features import PIECE
from classifier.kernel import machine
from classifier.scope import DENIAL, ENDS_DENIAL, OPERATORS, SPEAKERS, scoped
from classifier.scorer import WEIGHTS, Floats, Keys, Scorer
from classifier.text import locate
from classifier.tokenizer import Tokenizer

SIGNALS: Final[Mapping[str, tuple[str, str]]] = {
    "money_at_risk": ("资金正在受损", "Money at risk"),
    "self_harm": ("轻生或自伤风险", "Self-harm"),
    "regulator": ("监管或信访", "Regulator"),
    "media": ("媒体或网络曝光", "Media"),
    "legal": ("律师或诉讼", "Legal action"),
    "group": ("多人共同反映", "Group"),
    "staff_misconduct": ("指称员工违规", "Staff misconduct"),
    "vulnerable": ("需要特别照顾的客户", "Vulnerable customer"),
    "said_before": ("此前已反映未解决", "Said before"),
}
"""Code, Chinese and English name of every signal, the most urgent first."""


PRESET: Final = "clauses-linear.v1"
"""What clauses, terms and their values are: kept with every detector. Whoever changes one of them changes the name."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Something urgent or special that a text carries.

    Attributes
    ----------
    code : str
        Of `SIGNALS`.
    words : str
        The clause that speaks for it most, as it was written.
    start, end : int
        Its half-open span in the text as it was given.
    """

    code: str
    words: str
    start: int
    end: int


Triple = tuple[str, int, int]
"""A signal as it is kept: its code, and its place."""


def kept_signals(triples: Sequence[Triple], text: str) -> tuple[Signal, ...]:
    """Signals as they were found, with the words that now stand in their places.

    Examples
    --------
    >>> kept_signals([("legal", 3, 7)], "不退就起诉你们")
    (Signal(code='legal', words='起诉你们', start=3, end=7),)
    """
    return tuple(Signal(code, text[start:end], start, end) for code, start, end in triples)


class SignalDetector:
    """Finds signals.

    A text carries a signal if the score of the whole and that of its strongest clause add up to more than 0. With F
    terms and S signals:

    Parameters
    ----------
    codes : sequence of str, length S
        Signals in column order.
    vocabulary : sequence of str, length F
    idf : ndarray, shape (F,)
    weights : ndarray, shape (F, 2 S)
        Row-major float32: for the whole text, then for a clause.
    intercepts : ndarray, shape (S,)
    tokenizer : Tokenizer
    keys : ndarray of uint64, shape (F,), optional
        As of `classifier.scorer.Scorer`.
    beside : Scorer, optional
        Reads the same texts: their kernels then look terms up in one place.

    Raises
    ------
    ValueError
        If shapes or types are not as above.
    """

    def __init__(
        self,
        codes: Sequence[str],
        vocabulary: Sequence[str],
        idf: Floats,
        weights: Floats,
        intercepts: Floats,
        tokenizer: Tokenizer,
        keys: Keys | None = None,
        beside: Scorer | None = None,
    ) -> None:
        if weights.shape != (len(vocabulary), 2 * len(codes)) or intercepts.shape != (len(codes),):
            raise ValueError(f"{len(vocabulary)} terms and {len(codes)} signals do not fit weights {weights.shape}")
        for name, array in (("idf", idf), ("weights", weights), ("intercepts", intercepts)):
            if array.dtype != WEIGHTS or not array.flags.c_contiguous:
                raise ValueError(f"{name} must be row-major float32, not {array.dtype}")
        self.codes = tuple(codes)
        self.vocabulary = vocabulary
        self.idf = idf
        self.weights = weights
        self.intercepts = intercepts
        self.tokenizer = tokenizer
        self.keys = keys
        self._kernel: machine.SignalKernel | None = None
        if tokenizer.compiled:
            self._compile(tokenizer.compiled, (beside and beside.known) or machine.KnownTerms())

    def _compile(self, words: machine.Words, known: machine.KnownTerms) -> None:
        if self.keys is None:
            self.keys = np.empty(len(self.vocabulary), np.uint64)
            machine.signal_keys(self.keys, self.vocabulary, OPERATORS, PIECE)
        self._kernel = machine.SignalKernel(
            self.keys,
            self.idf,
            self.weights,
            self.intercepts,
            OPERATORS,
            ENDS_DENIAL,
            DENIAL,
            SPEAKERS,
            FEW,
            words,
            known,
        )

    @cached_property
    def _row(self) -> dict[str, int]:
        return {term: row for row, term in enumerate(self.vocabulary)}

    def find(self, text: str, canonical: str) -> tuple[Signal, ...]:
        """The signals of a text, in the order of `SIGNALS`.

        Parameters
        ----------
        text : str
            As it was given.
        canonical : str
            Its canonical form.
        """
        found = self._kernel.find(canonical) if self._kernel else self._find(canonical)
        if not found:
            return ()
        if len(found) > 1:
            found.sort(key=self._urgency)
        places = locate(text, [_trimmed(canonical, start, end) for _, start, end in found])
        codes = [self.codes[column] for column, _, _ in found]
        return kept_signals([(code, *place) for code, place in zip(codes, places, strict=True)], text)

    def _urgency(self, found: tuple[int, int, int]) -> int:
        return _ORDER[self.codes[found[0]]]

    def scores(self, canonical: str) -> Floats:
        """The scores of a canonical text, shape (S,)."""
        if self._kernel:
            return np.array(self._kernel.scores(canonical), WEIGHTS)
        strongest: Floats = self._scores(canonical)[0].max(axis=0)
        return strongest

    def _find(self, canonical: str) -> list[tuple[int, int, int]]:
        """Columns of the signals that are there, each with the span of the clause that speaks for it most."""
        scores, spans = self._scores(canonical)
        best = scores.argmax(axis=0).tolist()
        return [(column, *spans[clause]) for column, clause in enumerate(best) if scores[clause, column] > 0]

    def _scores(self, canonical: str) -> tuple[Floats, list[tuple[int, int]]]:
        """Scores by clause, that of the whole text added to each, shape (C, S), and the C clauses' spans."""
        spans = list(clause_spans(canonical))
        row_of = self._row.get
        whole: dict[int, int] = {}
        rows: list[int] = []
        counts: list[int] = []
        known: list[int] = []
        starts: list[int] = []
        for number, (start, end) in enumerate(spans):
            clause: dict[int, int] = {}
            for term in clause_terms(self.tokenizer, canonical[start:end]):
                row = row_of(term)
                if row is not None:
                    clause[row] = clause.get(row, 0) + 1
                    whole[row] = whole.get(row, 0) + 1
            if clause:
                known.append(number)
                starts.append(len(rows))
                rows += clause
                counts += clause.values()
        size = len(self.codes)
        scores = np.tile(self.intercepts, (len(spans), 1))
        if rows:
            scores += self._weighed(list(whole), list(whole.values()), [0], slice(None, size))
            scores[known] += self._weighed(rows, counts, starts, slice(size, None))
        return scores, spans

    def _weighed(self, terms: Sequence[int], counts: Sequence[int], starts: Sequence[int], columns: slice) -> Floats:
        """The scores of pieces of text for their terms: sub-linear TF-IDF, a vector of length below one for each piece.

        Parameters
        ----------
        terms, counts : sequences of length n
            Rows of the vocabulary, and how often each stands there.
        starts : sequence of length P
            Where each of P pieces begins among them.
        columns : slice
            Of the weights, S of them.

        Returns
        -------
        ndarray, shape (P, S)
        """
        rows = np.array(terms, np.intp)
        values = (1 + np.log(np.array(counts, WEIGHTS))) * self.idf[rows]
        sums: Floats = np.add.reduceat(values[:, None] * self.weights[rows, columns], starts)
        squares: Floats = np.add.reduceat(values * values, starts)
        weighed: Floats = np.divide(sums, np.sqrt(squares + FEW)[:, None])
        return weighed


def clause_spans(canonical: str) -> Iterator[tuple[int, int]]:
    """The half-open spans of a text's clauses, each with the mark that ends it; one at least.

    Examples
    --------
    >>> text = "卡丢了,挂失不上!!快"
    >>> [text[start:end] for start, end in clause_spans(text)]
    ['卡丢了,', '挂失不上!!', '快']
    """
    start = 0
    for mark in _END.finditer(canonical):
        if mark.start() > start:
            yield start, mark.end()
            start = mark.end()
    if start < len(canonical) or not start:
        yield start, len(canonical)


def _trimmed(canonical: str, start: int, end: int) -> tuple[int, int]:
    """A clause's span without the marks around it, if there is more to it."""
    clause = canonical[start:end].lstrip(_MARKS)
    begin = end - len(clause)
    return (begin, begin + len(clause.rstrip(_MARKS))) if clause else (start, end)


def clause_terms(tokenizer: Tokenizer, clause: str) -> list[str]:
    """Words, pairs of words, words in scopes, characters and pairs of characters of a clause in canonical form."""
    words = tokenizer(clause)
    marked = [PIECE + character for character in clause if character != " "]
    pairs = (first + second[1] for first, second in pairwise(marked))
    return [*words, *map(" ".join, pairwise(words)), *scoped(words), *marked, *pairs]


FEW: Final = 100.0
"""Added to the square of a vector's length before dividing by it: a single word, which has no others to speak against
it, says little.
"""
_MARKS: Final = ",.。;:!?…~ "
_END: Final = re.compile("[,.。;:!?…~]+")
_ORDER: Final = {code: number for number, code in enumerate(SIGNALS)}
