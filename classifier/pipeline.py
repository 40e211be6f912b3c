"""The scikit-learn pipeline that training fits, as named presets.

A preset's name carries a version: what it means never changes once models were made with it, and an improvement is a
new name. Serving does not import this module, nor scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from sys import intern
from typing import Any, Final

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from classifier.features import ANALYZERS
from classifier.thesaurus import Thesaurus
from classifier.tokenizer import Tokenizer

DEFAULT_PRESET: Final = "tfidf-linear.v5"
STREAM_PRESET: Final = "tfidf-stream.v1"
"""For histories that do not fit into memory: `training.streaming`."""


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
            rows = fitted.coef_ if len(fitted.coef_) > 1 else np.vstack([-fitted.coef_, fitted.coef_]) / 2
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


def _spread(scores: np.ndarray, weights: np.ndarray | None) -> float:
    """Standard deviation of scores of shape (N, K), of which row n counts `weights[n]` times."""
    each = np.broadcast_to(1.0 if weights is None else weights[:, None], scores.shape)
    mean = np.average(scores, weights=each)
    return float(np.sqrt(np.average((scores - mean) ** 2, weights=each)))


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


@dataclass(frozen=True, slots=True)
class Regularization:
    """How closely the linear models follow their texts: what training may choose for its data.

    Attributes
    ----------
    strength : float
        Of the support vector machine (its C): less for noisy labels.
    smoothing : float
        Of naive Bayes (its alpha): more for noisy labels.
    """

    strength: float = 1.0
    smoothing: float = 0.003


REGULARIZATIONS: Final = (
    Regularization(),
    Regularization(0.1, 0.003),
    Regularization(0.1, 0.03),
    Regularization(0.1, 0.3),
)
"""What training chooses from (docs/training.md)."""


def _logistic(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, class_weight="balanced", tol=1e-3, max_iter=300)


def _vectors(tol: float = 1e-4, strength: float = 1.0) -> LinearSVC:
    return LinearSVC(C=strength, class_weight="balanced", tol=tol, random_state=0)


def _vectors_and_bayes(how: Regularization) -> tuple[Any, ...]:
    return _vectors(1e-3, how.strength), LinearNaiveBayes(alpha=how.smoothing, fit_prior=False)


_ESTIMATORS: Final[Mapping[str, Callable[[Regularization], tuple[Any, ...]]]] = {
    "tfidf-linear.v1": lambda _: (_logistic(10.0),),
    "tfidf-linear.v2": lambda _: (_logistic(30.0), _vectors()),
    "tfidf-linear.v3": lambda how: (_logistic(10.0), *_vectors_and_bayes(how)),
    "tfidf-linear.v4": _vectors_and_bayes,
    "tfidf-linear.v5": _vectors_and_bayes,
}
"""The linear models of each preset, chosen with one voice left out at a time (docs/ablation.md)."""


def build_pipeline(
    preset: str = DEFAULT_PRESET,
    tokenizer: Tokenizer | None = None,
    thesaurus: Thesaurus | None = None,
    regularization: Regularization = REGULARIZATIONS[0],
) -> Pipeline:
    """An unfitted pipeline from raw texts to category probabilities.

    Sub-linear TF-IDF of length one over the preset's terms, as far as they stand in two texts or more, then a linear
    model in which every category weighs the same.

    Parameters
    ----------
    preset : str
        ``tfidf-linear.v1``: words and pairs of neighbouring words, logistic regression. ``tfidf-linear.v2``: words,
        characters and pairs of neighbouring characters, logistic regression and support vector machine averaged.
        ``tfidf-linear.v3``: the same terms, the concepts of the thesaurus and their pairs, courtesies passed over;
        naive Bayes is the third of the average. ``tfidf-linear.v4``: the same without logistic regression, which took
        over a third of the time and brought nothing that could be told from chance. ``tfidf-linear.v5``: marks that
        part nothing are passed over too.
    tokenizer : Tokenizer, optional
        The words; by default those of the bundled lexicon.
    thesaurus : Thesaurus, optional
        The concepts; by default the bundled ones.
    regularization : Regularization
        By default what suits the bundled corpus.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Steps ``tfidf`` and ``linear``; ``classes_`` are the category codes in alphabetical order.

    Raises
    ------
    ValueError
        If there is no such preset.
    """
    if preset not in _ESTIMATORS:
        raise ValueError(f"no preset {preset!r}: use one of {', '.join(_ESTIMATORS)}")
    analyzer = ANALYZERS[preset](tokenizer or Tokenizer(), thesaurus or Thesaurus())
    tfidf = TfidfVectorizer(analyzer=analyzer, min_df=2, sublinear_tf=True, dtype=np.float32)
    return Pipeline([("tfidf", tfidf), ("linear", LinearAverage(_ESTIMATORS[preset](regularization)))])


def read_terms(pipeline: Pipeline, texts: Sequence[str]) -> list[list[str]]:
    """The terms of N texts, so that several pipelines of one preset can be fitted to them without reading again.

    Equal terms are one object: a process that gets them is sent each spelling once.
    """
    return [[intern(term) for term in pipeline["tfidf"].analyzer(text)] for text in texts]


def fit_to_terms(
    pipeline: Pipeline, terms: Sequence[list[str]], labels: Sequence[str], weights: Sequence[float] | None = None
) -> Pipeline:
    """Fit a pipeline to texts already read by `read_terms`; equal to fitting it to the texts.

    `weights` says how much each text counts, by default all the same.

    Returns
    -------
    sklearn.pipeline.Pipeline
        The pipeline itself, fitted. It reads texts.
    """
    tfidf = pipeline["tfidf"]
    analyzer = tfidf.analyzer
    tfidf.set_params(analyzer=list)
    try:
        pipeline.fit(terms, labels, linear__sample_weight=weights)
    finally:
        tfidf.set_params(analyzer=analyzer)
    return pipeline


def vectors_of_terms(pipeline: Pipeline, terms: Sequence[list[str]]) -> Any:
    """The TF-IDF vectors a fitted pipeline makes of texts already read by `read_terms`, sparse, shape (N, F)."""
    tfidf = copy(pipeline["tfidf"]).set_params(analyzer=list)
    return tfidf.transform(terms)
