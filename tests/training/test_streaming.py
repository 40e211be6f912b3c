"""The preset that streams: block by block, and as good as the one that does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.pipeline import DEFAULT_PRESET, STREAM_PRESET, build_pipeline
from classifier.scorer import Scorer
from classifier.tokenizer import Tokenizer
from training import Labelled, streaming
from training.evaluate import judge
from training.lesson import from_history
from training.streaming import counted_terms, fit_streaming


def silent(*_: object) -> None:
    """Told how far it is, it says nothing."""


def test_it_learns_as_well_as_the_default(corpus: list[Labelled], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "BLOCK", 300)
    codes = ("card_fees", "card_limit", "atm_and_cash", "loan_pricing", "debt_collection", "mobile_banking")
    rows = [Labelled(row.text, row.category) for row in corpus if row.category in codes][::2]
    lesson = from_history(rows, np.arange(len(rows)), [], how="random", share=0.3, seed=1, data={})
    fitted = fit_streaming(lesson, Tokenizer(), 1, silent)
    again = fit_streaming(lesson, Tokenizer(), 1, silent)
    np.testing.assert_array_equal(fitted.pipeline["linear"].coef_, again.pipeline["linear"].coef_)
    texts, labels = [row.text for row in lesson.test], [row.category for row in lesson.test]
    usual = build_pipeline().fit([row.text for row in lesson.rows], [row.category for row in lesson.rows])
    reached = [
        judge(Scorer.compiled(pipeline), pipeline.classes_.tolist(), texts, labels).accuracy
        for pipeline in (fitted.pipeline, usual)
    ]
    assert fitted.preset == STREAM_PRESET != DEFAULT_PRESET
    assert reached[0] > reached[1] - 0.03
    # What calibrates it was not learnt from, and what is compiled of it says the same.
    assert set(fitted.counted) == set(np.flatnonzero(lesson.folds == 0).tolist())
    said = Scorer.compiled(fitted.pipeline)
    terms = said.terms(texts[0])
    np.testing.assert_allclose(said.probabilities(terms), fitted.pipeline.predict_proba(texts[:1])[0], atol=1e-5)


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=30), min_size=1, max_size=20), st.integers(3, 8))
def test_frequent_terms_are_counted_exactly_though_rare_ones_are_forgotten(blocks: list[list[str]], most: int) -> None:
    """With no more terms than are counted at a time, nothing is lost; with more, at most the level of the last cut."""
    counts, level = counted_terms(({term: block.count(term) for term in set(block)} for block in blocks), most)
    for term in "abcdefgh":
        exact = sum(block.count(term) for block in blocks)
        assert exact - level * len(blocks) <= counts.get(term, 0) <= exact
    if len({term for block in blocks for term in block}) <= most:
        assert level == 0
