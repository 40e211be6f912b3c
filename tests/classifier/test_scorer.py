"""The fast path says what the scikit-learn pipeline says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import ComplaintModel, normalize
from classifier.features import ANALYZERS
from classifier.pipeline import STREAM_PRESET, build_pipeline
from classifier.scorer import WEIGHTS, Scorer
from models import Bundle
from models.bundle import load_pipeline
from training import Labelled


@pytest.fixture(scope="module")
def pipeline(bundle: Bundle, store: Path) -> Any:
    return load_pipeline(store / bundle.manifest.version)


def assert_same(pipeline: Any, scorer: Scorer, texts: list[str]) -> None:
    """Both ways of a scorer and the pipeline say the same."""
    theirs = pipeline.predict_proba(texts)
    canonical = [normalize(text) for text in texts]
    terms = [scorer.terms(text) for text in canonical]
    read = [scorer.read(text) for text in canonical]
    for ours in (
        [scorer.probabilities(text) for text in terms],
        [np.frombuffer(reading.probabilities, np.float32) for reading in read],
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
        assert (np.argmax(ours, axis=1) == theirs.argmax(axis=1)).all()
    assert [reading.familiarity for reading in read] == pytest.approx([text.familiarity for text in terms])


def test_equals_the_pipeline_on_every_corpus_text(pipeline: Any, model: ComplaintModel, corpus: list[Labelled]) -> None:
    assert_same(pipeline, model.scorer, [row.text for row in corpus])


@given(st.lists(st.text("信用卡年费贷款还不上催收abc 12,。\n客戶", max_size=60), min_size=1, max_size=5))
def test_equals_the_pipeline_on_any_text(pipeline: Any, model: ComplaintModel, texts: list[str]) -> None:
    assert_same(pipeline, model.scorer, texts)


@given(
    preset=st.sampled_from(sorted(ANALYZERS.keys() - {STREAM_PRESET})),
    seed=st.integers(0, 2**32 - 1),
    categories=st.integers(2, 8),
)
def test_equals_a_pipeline_fitted_on_any_texts(corpus: list[Labelled], preset: str, seed: int, categories: int) -> None:
    random = np.random.default_rng(seed)
    rows = [corpus[i] for i in random.choice(len(corpus), 120, replace=False)]
    labels = [f"c{k}" for k in random.permutation(np.arange(120) % categories)]
    pipeline = build_pipeline(preset).fit([row.text for row in rows], labels)
    assert_same(pipeline, Scorer.compiled(pipeline), [row.text for row in corpus[:20]])


def test_layout_type_and_order_are_pinned(model: ComplaintModel) -> None:
    """A slip here (float64, column-major) costs a factor of a hundred in every call."""
    scorer = model.scorer
    assert scorer.weights.dtype == scorer.idf.dtype == scorer.intercepts.dtype == WEIGHTS
    assert scorer.weights.flags.c_contiguous
    assert scorer.weights.shape == (len(scorer.vocabulary), len(model.classes_))
    assert type(scorer.weights) is np.ndarray
    assert scorer.scores(scorer.terms(normalize("信用卡年费"))).dtype == WEIGHTS


@pytest.mark.parametrize("slip", [lambda w: w.astype(np.float64), np.asfortranarray, lambda w: w[:-1]])
def test_arrays_of_another_layout_are_refused(model: ComplaintModel, slip: Any) -> None:
    scorer = model.scorer
    with pytest.raises(ValueError, match=r"must be row-major float32|do not fit"):
        Scorer(scorer.vocabulary, scorer.idf, slip(scorer.weights), scorer.intercepts, scorer.analyzer)
