"""The presets' pipelines, and fits to terms that were read once."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.pipeline import build_pipeline, fit_to_terms, read_terms
from training import Labelled


def test_an_unknown_preset_is_named() -> None:
    with pytest.raises(ValueError, match=r"no preset 'bert'.*tfidf-linear\.v5"):
        build_pipeline("bert")


def test_fitting_to_terms_read_once_is_fitting_to_the_texts(corpus: list[Labelled]) -> None:
    texts, labels = [row.text for row in corpus[::40]], [row.category for row in corpus[::40]]
    usual = build_pipeline().fit(texts, labels)
    once = fit_to_terms(build_pipeline(), read_terms(build_pipeline(), texts), labels)
    np.testing.assert_array_equal(once.predict_proba(texts), usual.predict_proba(texts))
