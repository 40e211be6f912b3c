"""The pipeline's own estimator keeps scikit-learn's rules."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import check_estimator

from classifier.pipeline import LinearAverage, build_pipeline, fit_to_terms, read_terms
from training import Labelled


@pytest.mark.filterwarnings("ignore")
def test_keeps_scikit_learns_rules() -> None:
    """All its checks that apply; those for optional parts (the array API) don't."""
    exact = [LogisticRegression(tol=1e-12, max_iter=10_000), LinearSVC(tol=1e-12, dual=False)]
    check_estimator(LinearAverage(exact), on_skip=None)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_average_of_one_is_itself(classes: int) -> None:
    random = np.random.default_rng(0)
    features, labels = random.normal(size=(60, 5)), np.arange(60) % classes
    alone = LogisticRegression().fit(features, labels)
    averaged = LinearAverage([LogisticRegression()]).fit(features, labels)
    assert averaged.coef_.shape == (classes, 5)
    np.testing.assert_allclose(averaged.predict_proba(features), alone.predict_proba(features), atol=1e-6)


def test_an_unknown_preset_is_named() -> None:
    with pytest.raises(ValueError, match=r"no preset 'bert'.*tfidf-linear\.v5"):
        build_pipeline("bert")


def test_fitting_to_terms_read_once_is_fitting_to_the_texts(corpus: list[Labelled]) -> None:
    texts, labels = [row.text for row in corpus[::40]], [row.category for row in corpus[::40]]
    usual = build_pipeline().fit(texts, labels)
    once = fit_to_terms(build_pipeline(), read_terms(build_pipeline(), texts), labels)
    np.testing.assert_array_equal(once.predict_proba(texts), usual.predict_proba(texts))
