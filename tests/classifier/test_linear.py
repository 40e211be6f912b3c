"""The presets' own estimators beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix
from scipy.sparse import random as random_matrix
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import check_estimator

from classifier import linear
from classifier.linear import LinearAverage, LinearNaiveBayes, VectorMachine, fit_each


@pytest.fixture(scope="module")
def rows() -> tuple[csr_matrix, np.ndarray, np.ndarray]:
    """X, y of four classes, and weights."""
    draw = np.random.default_rng(0)
    return random_matrix(200, 60, 0.2, "csr", np.float32, rng=draw), draw.integers(0, 4, 200), draw.random(200) + 0.5


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


@pytest.mark.parametrize("classes", [2, 4])
def test_a_machine_a_category_finds_what_all_at_once_do(
    rows: tuple[csr_matrix, np.ndarray, np.ndarray], classes: int
) -> None:
    x, y, weights = rows
    usual = LinearSVC(class_weight="balanced", tol=1e-8, max_iter=100_000, random_state=0)
    usual.fit(x, y % classes, sample_weight=weights)
    own = VectorMachine(tol=1e-8).fit(x, y % classes, sample_weight=weights)
    assert own.coef_.shape == usual.coef_.shape
    np.testing.assert_allclose(own.coef_, usual.coef_, atol=1e-5)
    np.testing.assert_allclose(own.intercept_, usual.intercept_, atol=1e-5)


def test_the_number_of_cores_changes_no_bit(
    rows: tuple[csr_matrix, np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On all cores, by threads or by processes, and inside a process that is one of several."""
    x, y, _ = rows
    fitted = [VectorMachine().fit(x, y), *Parallel(n_jobs=2)(delayed(VectorMachine().fit)(x, y) for _ in range(2))]
    monkeypatch.setattr(linear, "solver", None)
    fitted.append(VectorMachine().fit(x, y))
    monkeypatch.setattr(linear, "_MUCH", 0)
    fitted.append(VectorMachine().fit(x, y))
    for each in fitted:
        np.testing.assert_array_equal(each.coef_, fitted[0].coef_)


@pytest.mark.skipif(linear.solver is None, reason="no compiler")
@pytest.mark.parametrize("weighted", [False, True])
def test_the_kernel_finds_the_weights_of_liblinear_to_the_last_bit(
    rows: tuple[csr_matrix, np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch, weighted: bool
) -> None:
    x, y, weights = rows
    weights = np.where(np.arange(len(y)) % 7 == 0, 0.0, weights) if weighted else None
    compiled = VectorMachine(tol=1e-3).fit(x, y, weights)
    monkeypatch.setattr(linear, "solver", None)
    usual = VectorMachine(tol=1e-3).fit(x, y, weights)
    np.testing.assert_array_equal(compiled.coef_, usual.coef_)
    np.testing.assert_array_equal(compiled.intercept_, usual.intercept_)


def test_what_several_have_in_common_is_fitted_once(
    rows: tuple[csr_matrix, np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    averages = [LinearAverage([VectorMachine(0.1), LinearNaiveBayes(alpha=alpha)]) for alpha in (0.01, 0.1)]
    expected = [clone(average).fit(*rows).coef_ for average in averages]
    fits = []
    fit = VectorMachine.fit
    monkeypatch.setattr(VectorMachine, "fit", lambda self, *rest, **more: fits.append(1) or fit(self, *rest, **more))
    fit_each(averages, *rows)
    assert len(fits) == 1
    for average, coefficients in zip(averages, expected, strict=True):
        np.testing.assert_array_equal(average.coef_, coefficients)
