"""The scikit-learn pipeline that training fits, as named presets.

A preset's name carries a version: what it means never changes once models were made with it, and an improvement is a
new name. Serving does not import this module, nor scikit-learn.
"""

from __future__ import annotations

from typing import Final

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from classifier.text import normalize
from classifier.tokenizer import Tokenizer

DEFAULT_PRESET: Final = "tfidf-linear.v1"


def build_pipeline(preset: str = DEFAULT_PRESET, tokenizer: Tokenizer | None = None) -> Pipeline:
    """An unfitted pipeline from raw texts to category probabilities.

    Parameters
    ----------
    preset : str
        ``tfidf-linear.v1``: words and pairs of neighbouring words that stand in two texts or more, sub-linear TF-IDF of
        length one, multinomial logistic regression with every category weighing the same.
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
    if preset != DEFAULT_PRESET:
        raise ValueError(f"no preset {preset!r}: use {DEFAULT_PRESET!r}")
    tfidf = TfidfVectorizer(
        preprocessor=normalize,
        tokenizer=tokenizer or Tokenizer(),
        token_pattern=None,
        ngram_range=(1, 2),
        min_df=2,
        sublinear_tf=True,
    )
    linear = LogisticRegression(C=10.0, class_weight="balanced", tol=1e-3, max_iter=300)
    return Pipeline([("tfidf", tfidf), ("linear", linear)])
