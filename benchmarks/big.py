"""A bundle of many features, as a bank's own history would leave it, to start with.

Its terms are those of the bundled corpus and word pairs of texts recombined from it, so that they are as long as terms
are. Its weights are drawn: what it says means nothing, and how fast it is loaded does not depend on it. The rest is
that of the store's champion.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from benchmarks.scale import recombined
from classifier.features import ANALYZERS
from classifier.pipeline import build_pipeline
from classifier.scorer import WEIGHTS, Scorer
from classifier.taxonomy import BUNDLED
from models import Manifest, Registry, store_path
from models.writing import Parts, write_bundle

FEATURES: Final = 300_000


def big_store(folder: Path, features: int = FEATURES) -> Registry:
    """A store of one model with so many features, written as a training run writes it."""
    champion = Registry(store_path()).load()
    manifest = Manifest(**{**asdict(champion.manifest), "version": f"features-{features}"})
    pipeline = _pipeline(features, manifest, champion.model.scorer)
    scorer = Scorer.compiled(pipeline)
    parts = Parts(
        scorer,
        champion.model.detector,
        pipeline,
        BUNDLED.read_text(encoding="utf-8"),
        champion.rules_text,
        reference=champion.reference or {},
        seen=() if champion.seen is None else champion.seen.tolist(),
    )
    registry = Registry(folder)
    registry.keep(manifest.version, lambda into: write_bundle(into, manifest, parts), reason="benchmark")
    return registry


def grown(tutorial: Any, terms: Iterable[str]) -> Any:
    """The tutorial pipeline with these terms beside its own, of no weight: what it would be of as big a history."""
    old, linear = tutorial[0], deepcopy(tutorial[1])
    terms = [*old.get_feature_names_out(), *(term for term in terms if term not in old.vocabulary_)]
    words = TfidfVectorizer(vocabulary=terms).fit(terms).set_params(vocabulary=None)
    linear.coef_ = np.pad(linear.coef_, ((0, 0), (0, len(terms) - linear.coef_.shape[1])))
    linear.n_features_in_ = len(terms)
    return make_pipeline(words, linear)


def _pipeline(features: int, manifest: Manifest, like: Scorer) -> Any:
    """A pipeline as if fitted."""
    draw = np.random.default_rng(0)
    pipeline = build_pipeline(manifest.preset, like.analyzer.tokenizer, like.analyzer.thesaurus)
    tfidf, linear = pipeline["tfidf"], pipeline["linear"]
    tfidf.vocabulary_ = {term: row for row, term in enumerate(sorted(_terms(features, manifest.preset, like)))}
    tfidf.idf_ = draw.uniform(3, 10, features).astype(WEIGHTS)
    linear.classes_ = np.array(manifest.classes)
    linear.n_features_in_ = features
    linear.coef_ = draw.normal(size=(len(manifest.classes), features))
    linear.intercept_ = draw.normal(size=len(manifest.classes))
    return pipeline


def _terms(features: int, preset: str, like: Scorer) -> set[str]:
    own, pairs = like.analyzer, ANALYZERS["tfidf-linear.v1"](like.analyzer.tokenizer, like.analyzer.thesaurus)
    terms = set(like.vocabulary)
    for text, _ in recombined(1_000_000):
        for term in (*own(text), *pairs(text)):
            if len(terms) == features:
                return terms
            terms.add(term)
    raise RuntimeError(f"only {len(terms):,} terms")
