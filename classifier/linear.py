"""The linear estimators that the presets are made of (`classifier.pipeline`)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
from joblib import Parallel, delayed
from joblib.parallel import get_active_backend
from scipy.sparse import csr_matrix
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

try:
    from classifier.kernel import solver
except ModuleNotFoundError:  # installed without a compiler
    solver = None  # type: ignore[assignment]

_SEED: Final = 0
_ROUNDS: Final = 1_000
_MUCH: Final = 50_000_000
"""Values of X, times categories, below which a fit is done sooner than other processes are there."""


class LinearAverage(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Several linear classifiers averaged into one, which is linear again.

    Each one's scores are brought to the same spread on the training data first, so that none drowns the others.

    Parameters
    ----------
    estimators : sequence of linear classifiers
        Unfitted, with ``coef_`` and ``intercept_`` once fitted.

    Attributes
    ----------
    classes_ : ndarray, shape (K,)
    coef_ : ndarray, shape (K, F)
    intercept_ : ndarray, shape (K,)
        One row per class, for two classes too.
    """

    def __init__(self, estimators: Sequence[Any]) -> None:
        self.estimators = estimators

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LinearAverage:  # noqa: N803 (scikit-learn's names)
        """Fit every estimator and average them. X has shape (N, F), y and `sample_weight` shape (N,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr")  # noqa: N806
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        check_classification_targets(y)
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(f"one class only, {classes[0]!r}: nothing to tell apart")
        fitted = [clone(estimator).fit(X, y, sample_weight=sample_weight) for estimator in self.estimators]
        return self.take(classes, fitted, X, sample_weight)

    def take(
        self,
        classes: np.ndarray,
        estimators: Sequence[Any],
        X: Any,  # noqa: N803
        sample_weight: np.ndarray | None = None,
    ) -> LinearAverage:
        """Average estimators that were fitted elsewhere; X are data they were fitted to, to tell their spread by."""
        self.classes_ = classes
        self.n_features_in_ = X.shape[1]
        self.coef_ = np.zeros((len(classes), X.shape[1]))
        self.intercept_ = np.zeros(len(classes))
        for fitted in estimators:
            rows = fitted.coef_
            rows = rows if len(rows) > 1 else np.vstack([-rows, rows]) / 2
            bases = fitted.intercept_ if len(fitted.intercept_) > 1 else np.array([-1, 1]) * fitted.intercept_ / 2
            spread = _spread(X @ rows.T, sample_weight) if len(estimators) > 1 else 1.0
            self.coef_ = self.coef_ + rows / spread
            self.intercept_ = self.intercept_ + bases / spread
        return self

    def decision_function(self, X: Any) -> np.ndarray:  # noqa: N803
        """Scores, shape (N, K); for two classes the distance of the second to the first, shape (N,)."""
        scores = self._scores(X)
        return scores if len(self.classes_) > 2 else scores[:, 1] - scores[:, 0]

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """Softmax of the scores, shape (N, K)."""
        probabilities: np.ndarray = softmax(self._scores(X), axis=1)
        return probabilities

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The class with the highest score, shape (N,)."""
        best = self._scores(X).argmax(axis=1)
        predicted: np.ndarray = self.classes_[best]
        return predicted

    def _scores(self, X: Any) -> np.ndarray:  # noqa: N803
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", reset=False)  # noqa: N806
        scores: np.ndarray = np.asarray(X @ self.coef_.T) + self.intercept_
        return scores

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def fit_each(averages: Sequence[LinearAverage], X: Any, y: Any, sample_weight: Any = None) -> None:  # noqa: N803
    """Fit several averages to the same rows; what they have in common is fitted once."""
    fitted: dict[str, Any] = {}
    for average in averages:
        for estimator in average.estimators:
            if repr(estimator) not in fitted:
                fitted[repr(estimator)] = clone(estimator).fit(X, y, sample_weight=sample_weight)
        own = [fitted[repr(estimator)] for estimator in average.estimators]
        average.take(np.unique(y), own, X, sample_weight)


def _spread(scores: np.ndarray, weights: np.ndarray | None) -> float:
    """Standard deviation of scores of shape (N, K), of which row n counts `weights[n]` times."""
    each = np.broadcast_to(1.0 if weights is None else weights[:, None], scores.shape)
    mean = np.average(scores, weights=each)
    return float(np.sqrt(np.average((scores - mean) ** 2, weights=each)))


class VectorMachine(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Linear support vector machines, one category against all others, every category weighing the same.

    What `LinearSVC` fits, on all cores: each category's machine draws from a random generator of its own, so the
    weights do not depend on the number of cores.

    Parameters
    ----------
    strength : float
        How closely it follows its texts (C).
    tol : float
        Of the solver.

    Attributes
    ----------
    classes_ : ndarray, shape (K,)
    coef_ : ndarray, shape (K, F); (1, F) for two classes
    intercept_ : ndarray, shape (K,); (1,) for two classes
    """

    def __init__(self, strength: float = 1.0, tol: float = 1e-4) -> None:
        self.strength = strength
        self.tol = tol

    def fit(self, X: csr_matrix, y: Any, sample_weight: Any = None) -> VectorMachine:  # noqa: N803
        """Fit to X of shape (N, F), y and `sample_weight` of shape (N,)."""
        self.classes_, own = np.unique(y, return_inverse=True)
        weights = compute_class_weight("balanced", classes=self.classes_, y=np.asarray(y), sample_weight=sample_weight)
        balances = [(1.0, weight) for weight in weights] if len(weights) > 2 else [tuple(weights)]
        sides = [own == k for k in range(len(weights))] if len(weights) > 2 else [own == 1]
        X = _in_order(X)  # noqa: N806
        fitted = Parallel(**_cores(X.nnz * len(sides)))(
            delayed(fit_machine)(X, side, balance, self.strength, self.tol, sample_weight)
            for side, balance in zip(sides, balances, strict=True)
        )
        self.coef_ = np.stack([weights for weights, _ in fitted])
        self.intercept_ = np.array([intercept for _, intercept in fitted])
        return self


def fit_machine(
    X: csr_matrix,  # noqa: N803
    side: np.ndarray,
    balance: tuple[float, float],
    strength: float,
    tol: float,
    sample_weight: np.ndarray | None = None,
) -> tuple[np.ndarray, float]:
    """One machine that tells rows of one side from the others, always in the dual: the solver of many rows and terms.

    Parameters
    ----------
    X : csr_matrix, shape (N, F)
    side : ndarray of bool, shape (N,)
    balance : (float, float)
        How much a row of the others weighs, and a row of the side.
    strength, tol : float
    sample_weight : ndarray, shape (N,), optional

    Returns
    -------
    weights : ndarray, shape (F,)
    intercept : float
    """
    if solver is None:
        machine = LinearSVC(
            C=strength, class_weight=dict(enumerate(balance)), tol=tol, max_iter=_ROUNDS, dual=True, random_state=_SEED
        )
        machine.fit(X, side.astype(int), sample_weight=sample_weight)
        return machine.coef_[0], float(machine.intercept_[0])
    X = _in_order(X).astype(np.float32, copy=False)  # noqa: N806
    each = np.ones(len(side)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    rows = np.concatenate([np.flatnonzero(~side & (each > 0)), np.flatnonzero(side & (each > 0))])  # liblinear's order
    bits = np.random.MT19937()
    drawn = np.random.RandomState(_SEED).randint(np.iinfo("i").max)
    bits.state = np.random.RandomState(drawn).get_state(legacy=False)  # type: ignore[assignment]  # as it is documented
    weights, intercept, rounds = solver.fit(
        X.data,
        X.indices.astype(np.int32, copy=False),
        X.indptr.astype(np.int32, copy=False),
        rows.astype(np.int32),
        np.where(side[rows], 1, -1).astype(np.int8),
        each[rows] * np.where(side[rows], balance[1] * strength, balance[0] * strength),
        X.shape[1],
        tol,
        _ROUNDS,
        bits,
    )
    if rounds == _ROUNDS:
        warnings.warn(f"not done after {rounds} rounds", ConvergenceWarning, stacklevel=2)
    return weights, intercept


def at_once() -> Literal["threads", "processes"]:
    """What fits several machines at a time: liblinear draws from one random generator for all of a process."""
    return "threads" if solver else "processes"


def _in_order(X: csr_matrix) -> csr_matrix:  # noqa: N803
    """The columns of each row in order; not a copy, if they are."""
    return X if X.has_sorted_indices else X.sorted_indices()


def _cores(values: int) -> dict[str, Any]:
    """How to fit several machines: what to tell joblib."""
    if get_active_backend()[0].nesting_level:  # others beside this process use the other cores
        return {"n_jobs": 1}
    if solver is None and values < _MUCH:
        return {"n_jobs": 1}
    return {"n_jobs": -1, "prefer": at_once()}


class LinearNaiveBayes(MultinomialNB):  # type: ignore[misc]
    """Multinomial naive Bayes with its log-probabilities as ``coef_``, above their mean over the classes."""

    @property
    def coef_(self) -> np.ndarray:
        """Weights, shape (K, F)."""
        weights: np.ndarray = self.feature_log_prob_ - self.feature_log_prob_.mean(axis=0)
        return weights

    @property
    def intercept_(self) -> np.ndarray:
        """One per class, shape (K,)."""
        intercepts: np.ndarray = self.class_log_prior_
        return intercepts
