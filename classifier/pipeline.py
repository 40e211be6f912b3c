"""The scikit-learn pipeline that training fits, as named presets.

A preset's name carries a version: what it means never changes once models were made with it, and an improvement is a
new name. Serving does not import this module, nor scikit-learn.
"""

from __future__ import annotations

from typing import Final

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from classifier.features import ANALYZERS
from classifier.tokenizer import Tokenizer

DEFAULT_PRESET: Final = "tfidf-linear.v2"

_STRENGTH: Final = {"tfidf-linear.v1": 10.0, "tfidf-linear.v2": 30.0}
"""Inverse regularisation strength C of each preset, chosen with one voice left out at a time (docs/ablation.md)."""


def build_pipeline(preset: str = DEFAULT_PRESET, tokenizer: Tokenizer | None = None) -> Pipeline:
    """An unfitted pipeline from raw texts to category probabilities.

    Sub-linear TF-IDF of length one over the preset's terms, as far as they stand in two texts or more, then multinomial
    logistic regression with every category weighing the same.

    Parameters
    ----------
    preset : str
        ``tfidf-linear.v1``: words and pairs of neighbouring words. ``tfidf-linear.v2``: words, characters and pairs of
        neighbouring characters.
    tokenizer : Tokenizer, optional
        The words; by default those of the bundled lexicon.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Steps ``tfidf`` and ``linear``; ``classes_`` are the category codes in alphabetical order.

    Raises
    ------
    ValueError
        If there is no such preset.
    """
    if preset not in ANALYZERS:
        raise ValueError(f"no preset {preset!r}: use one of {', '.join(ANALYZERS)}")
    tfidf = TfidfVectorizer(analyzer=ANALYZERS[preset](tokenizer or Tokenizer()), min_df=2, sublinear_tf=True)
    linear = LogisticRegression(C=_STRENGTH[preset], class_weight="balanced", tol=1e-3, max_iter=300)
    return Pipeline([("tfidf", tfidf), ("linear", linear)])
