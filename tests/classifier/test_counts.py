"""Terms counted once: as scikit-learn counts them, whatever the block and the core a text was read in."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from classifier import counts
from classifier.counts import Counts, count_terms
from classifier.features import ANALYZERS
from classifier.pipeline import DEFAULT_PRESET
from classifier.text import normalize
from classifier.thesaurus import Thesaurus
from classifier.tokenizer import Tokenizer
from training import Labelled

ANALYZER = ANALYZERS[DEFAULT_PRESET](Tokenizer(), Thesaurus())


def assert_equal(one: Counts, other: Counts) -> None:
    assert one.terms == other.terms
    for part in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(one.matrix, part), getattr(other.matrix, part))
    np.testing.assert_array_equal(one.characters, other.characters)


def test_counts_are_those_of_scikit_learn(corpus: list[Labelled]) -> None:
    texts = [row.text for row in corpus[::100]]
    usual = CountVectorizer(analyzer=ANALYZER, dtype=np.float32)
    matrix = usual.fit_transform(texts)
    found = count_terms(ANALYZER, texts)
    assert found.terms == usual.get_feature_names_out().tolist()
    np.testing.assert_array_equal(found.matrix.indices, matrix.indices)  # in the same order: sums come out alike
    np.testing.assert_array_equal(found.matrix.data, matrix.data)
    assert found.characters.tolist() == [len(normalize(text)) for text in texts]


def test_neither_blocks_nor_cores_can_be_told(corpus: list[Labelled], monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [row.text for row in corpus[::100]]
    at_once = count_terms(ANALYZER, texts)
    monkeypatch.setattr(counts, "_BLOCK", 40)
    assert_equal(count_terms(ANALYZER, texts), at_once)
    monkeypatch.setattr(counts, "_FEW", 0)
    assert_equal(count_terms(ANALYZER, texts), at_once)


def test_some_texts_keep_all_terms() -> None:
    three = count_terms(ANALYZER, ["年费太高", "", "年费"])
    assert len(three) == 3
    some = three[[2, 1]]
    assert some.terms == three.terms
    assert some.characters.tolist() == [2, 0]
    assert some.matrix.toarray().tolist() == three.matrix.toarray()[[2, 1]].tolist()


def test_progress_tells_of_texts() -> None:
    told: list[tuple[int, int]] = []
    count_terms(ANALYZER, ["年费"] * 1_500, lambda done, total: told.append((done, total)))
    assert told == [(0, 1_500), (1_000, 1_500), (1_500, 1_500)]


def test_no_texts_have_no_terms() -> None:
    nothing = count_terms(ANALYZER, [])
    assert len(nothing) == 0
    assert nothing.terms == []
