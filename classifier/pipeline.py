"""The scikit-learn pipeline that training fits, as named presets.

A preset's name carries a version: what it means never changes once models were made with it, and an improvement is a
new name. Serving does not import this module, nor scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from classifier.counts import Counts, count_terms
from classifier.features import ANALYZERS
from classifier.linear import LinearAverage, LinearNaiveBayes, VectorMachine
from classifier.thesaurus import Thesaurus
from classifier.tokenizer import Tokenizer

DEFAULT_PRESET: Final = "tfidf-linear.v5"
STREAM_PRESET: Final = "tfidf-stream.v1"
"""For histories that do not fit into memory: `training.streaming`."""


LEAST_TEXTS: Final = 2
"""In how many texts a term must stand to be known."""


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


def _vectors(tol: float = 1e-4, strength: float = 1.0) -> VectorMachine:
    return VectorMachine(strength, tol)


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
    tfidf = TfidfVectorizer(analyzer=analyzer, min_df=LEAST_TEXTS, sublinear_tf=True, dtype=np.float32)
    return Pipeline([("tfidf", tfidf), ("linear", LinearAverage(_ESTIMATORS[preset](regularization)))])


def read_terms(
    pipeline: Pipeline, texts: Sequence[str], progress: Callable[[int, int], None] = lambda *_: None
) -> Counts:
    """The terms of N texts, so that several pipelines of one preset can be fitted to them without reading again."""
    return count_terms(pipeline["tfidf"].analyzer, texts, progress)


def fit_to_terms(
    pipeline: Pipeline, counts: Counts, labels: Sequence[str], weights: Sequence[float] | None = None
) -> Pipeline:
    """Fit a pipeline to texts already read by `read_terms`; equal to fitting it to the texts.

    `weights` says how much each text counts, by default all the same.

    Returns
    -------
    sklearn.pipeline.Pipeline
        The pipeline itself, fitted. It reads texts.
    """
    tfidf = pipeline["tfidf"]
    measure = Measure(counts.matrix)
    tfidf.vocabulary_ = {counts.terms[term]: column for column, term in enumerate(measure.known.tolist())}
    tfidf.idf_ = measure.idf
    pipeline["linear"].fit(measure.vectors(counts.matrix), labels, sample_weight=weights)
    return pipeline


class Measure:
    """Which terms a pipeline knows, and their weight, learnt from counts of N texts, shape (N, T).

    Attributes
    ----------
    known : ndarray of int, shape (F,)
        Columns of the terms that stand in enough texts.
    idf : ndarray, shape (F,)
    """

    def __init__(self, counts: csr_matrix) -> None:
        self.known = np.flatnonzero(np.bincount(counts.indices, minlength=counts.shape[1]) >= LEAST_TEXTS)
        self._tfidf = TfidfTransformer(sublinear_tf=True).fit(counts[:, self.known])
        self.idf: np.ndarray = self._tfidf.idf_

    def vectors(self, counts: csr_matrix) -> csr_matrix:
        """The TF-IDF vectors of any texts, shape (N, F), as a pipeline fitted to the same texts makes them."""
        return self._tfidf.transform(counts[:, self.known], copy=False)
