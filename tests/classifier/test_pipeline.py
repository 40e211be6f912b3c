"""The pipeline's own estimator keeps scikit-learn's rules."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import check_estimator

from classifier.pipeline import LinearAverage, build_pipeline


@pytest.mark.filterwarnings("ignore")
def test_keeps_scikit_learns_rules() -> None:
    """All its checks that apply; those for optional parts (the array API) don't."""
    check_estimator(LinearAverage([LogisticRegression(), LinearSVC()]), on_skip=None)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_average_of_one_is_itself(classes: int) -> None:
    random = np.random.default_rng(0)
    features, labels = random.normal(size=(60, 5)), np.arange(60) % classes
    alone = LogisticRegression().fit(features, labels)
    averaged = LinearAverage([LogisticRegression()]).fit(features, labels)
    assert averaged.coef_.shape == (classes, 5)
    np.testing.assert_allclose(averaged.predict_proba(features), alone.predict_proba(features), atol=1e-6)


def test_an_unknown_preset_is_named() -> None:
    with pytest.raises(ValueError, match=r"no preset 'bert'.*tfidf-linear\.v3"):
        build_pipeline("bert")
