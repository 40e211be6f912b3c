"""How often each term stands in each text: counted once in a run, whatever is then fitted to some of the texts.

Texts are read in blocks, on all cores. The counts are those `CountVectorizer` makes of all the texts, terms in
alphabetical order; which block a text was in, and on which core, cannot be told from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from classifier.features import Analyzer
from classifier.text import normalize

_BLOCK: Final = 1_000
"""Texts that are read at a time."""
_FEW: Final = 4 * _BLOCK
"""Texts that are read sooner than other processes are there."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The terms of N texts.

    Attributes
    ----------
    terms : list of str, length T
        In alphabetical order.
    matrix : csr_matrix of float32, shape (N, T)
        How often each stands in each text; within a row in the order in which the terms were first met.
    characters : ndarray of int, shape (N,)
        Length of each text in canonical form.
    """

    terms: list[str]
    matrix: csr_matrix
    characters: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.characters)

    def __getitem__(self, texts: Any) -> Counts:
        """Some of the texts, by anything that tells rows of an array; the terms stay."""
        return Counts(self.terms, self.matrix[texts], self.characters[texts])


def count_terms(
    analyzer: Analyzer, texts: Sequence[str], progress: Callable[[int, int], None] = lambda *_: None
) -> Counts:
    """Read N texts and count their terms; `progress` is told texts done and texts in all."""
    characters: list[int] = []

    def watched() -> Iterator[tuple[list[str], csr_matrix]]:
        progress(0, len(texts))
        for lengths, *counted in in_blocks(partial(_read, analyzer), texts):
            characters.extend(lengths)
            progress(len(characters), len(texts))
            yield tuple(counted)

    return Counts(*joined(watched()), np.array(characters, np.intp))


def _read(analyzer: Analyzer, texts: Sequence[str]) -> tuple[list[int], list[str], csr_matrix]:
    canonical = [normalize(text) for text in texts]
    return [len(text) for text in canonical], *count([analyzer.terms(text) for text in canonical])


def in_blocks(work: Callable[[Sequence[Any]], Any], rows: Sequence[Any]) -> Iterator[Any]:
    """What some work makes of each block of rows, in order, on all cores if there are many."""
    blocks = (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))
    if len(rows) <= _FEW:
        yield from map(work, blocks)
    else:
        yield from Parallel(n_jobs=-1, return_as="generator")(delayed(work)(block) for block in blocks)


def count(read: Sequence[Sequence[str]]) -> tuple[list[str], csr_matrix]:
    """The terms of N texts in the order in which they are met, and their counts, shape (N, T)."""
    number: defaultdict[str, int] = defaultdict()
    number.default_factory = number.__len__
    starts = np.cumsum([0, *map(len, read)])
    met = np.fromiter(map(number.__getitem__, chain.from_iterable(read)), np.int32, int(starts[-1]))
    counts = csr_matrix((np.ones(len(met), np.float32), met, starts), shape=(len(read), len(number)))
    counts.sum_duplicates()
    return list(number), counts


def joined(counted: Iterable[tuple[list[str], csr_matrix]]) -> tuple[list[str], csr_matrix]:
    """What `count` made of several lots of texts as one, terms in alphabetical order."""
    number: defaultdict[str, int] = defaultdict()
    number.default_factory = number.__len__
    parts = []
    for terms, counts in counted:
        place = np.fromiter(map(number.__getitem__, terms), np.int32, len(terms))
        parts.append((counts.data, place[counts.indices], np.diff(counts.indptr)))
    met = list(number)
    data, indices, lengths = (
        np.concatenate([part[i] for part in parts] or [np.empty(0, kind)])
        for i, kind in enumerate((np.float32, np.int32, np.int32))
    )
    del parts
    whole = csr_matrix((data, indices, np.cumsum([0, *lengths])), shape=(len(lengths), len(met)))
    whole.sort_indices()  # in the order in which terms were first met: sums then come out as after `CountVectorizer`
    order = sorted(range(len(met)), key=met.__getitem__)
    place = np.empty(len(met), np.int32)
    place[order] = np.arange(len(met), dtype=np.int32)
    return [met[i] for i in order], csr_matrix((whole.data, place[whole.indices], whole.indptr), shape=whole.shape)
