"""Which features and which model: every choice of the recipe against its alternatives.

    python -m benchmarks.ablation

Judged on the bundled corpus with one voice left out at a time, never on the evaluation folder: what is chosen here is
reported there. Prints a Markdown table; `docs/ablation.md` holds one.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from classifier import Taxonomy, Tokenizer
from classifier.features import CONCEPT, WithoutIdleMarks, WordPairs, WordsAndPieces
from classifier.pipeline import LinearAverage, LinearNaiveBayes, build_pipeline
from classifier.thesaurus import COURTESY, Thesaurus
from training import Labelled, read_bundled_corpus
from training.bundled import definition_texts
from training.calibration import at_temperature, fit_temperature
from training.evaluate import cross_validate
from training.thresholds import choose_thresholds, coverage_and_precision

TOKENIZER, THESAURUS = Tokenizer(), Thesaurus()
NO_CONCEPTS = Thesaurus(next(line for line in THESAURUS.text.splitlines() if line.startswith(COURTESY)))
NO_COURTESIES = Thesaurus("\n".join(line for line in THESAURUS.text.splitlines() if not line.startswith(COURTESY)))


class Triples(WithoutIdleMarks):
    """The recipe's terms and triples of characters."""

    def terms(self, canonical: str) -> list[str]:
        """The terms of a canonical text."""
        packed = self.heard(canonical).replace(" ", "")
        return [*super().terms(canonical), *("3" + packed[i : i + 3] for i in range(len(packed) - 2))]


class Pairs(WithoutIdleMarks):
    """The recipe's terms and pairs of words."""

    def terms(self, canonical: str) -> list[str]:
        """The terms of a canonical text."""
        words = self.tokenizer(self.heard(canonical))
        return [*super().terms(canonical), *map(" ".join, pairwise(words))]


class NoPairs(WithoutIdleMarks):
    """The recipe's terms without the pairs of concepts."""

    def terms(self, canonical: str) -> list[str]:
        """The terms of a canonical text."""
        return [term for term in super().terms(canonical) if term.count(CONCEPT) < 2]


class Folded(WithoutIdleMarks):
    """The recipe's terms of the text with every number made 0."""

    def terms(self, canonical: str) -> list[str]:
        """The terms of a canonical text."""
        return super().terms(re.sub(r"\d+(\.\d+)?", "0", canonical))


def recipe(
    terms: type[WordsAndPieces | WordPairs] = WithoutIdleMarks,
    thesaurus: Thesaurus = THESAURUS,
    tokenizer: Tokenizer = TOKENIZER,
    estimators: tuple[Any, ...] = (),
    **counting: Any,
) -> Callable[[], Pipeline]:
    """The recipe with some of its choices changed."""

    def build() -> Pipeline:
        pipeline = build_pipeline()
        pipeline["tfidf"].set_params(analyzer=terms(tokenizer, thesaurus), **counting)
        if estimators:
            pipeline.set_params(linear=LinearAverage(estimators))
        return pipeline

    return build


def logistic(c: float = 10.0) -> LogisticRegression:
    """Logistic regression as the recipe has it."""
    return LogisticRegression(C=c, class_weight="balanced", tol=1e-3, max_iter=300)


def averaged_gradients(c: float = 10.0) -> LogisticRegression:
    """Logistic regression by stochastic average gradients."""
    return LogisticRegression(C=c, class_weight="balanced", solver="sag", tol=3e-2, max_iter=100, random_state=0)


def vectors(c: float = 1.0) -> LinearSVC:
    """A support vector machine as the recipe has it."""
    return LinearSVC(C=c, class_weight="balanced", tol=1e-3, random_state=0)


def bayes(alpha: float = 0.003) -> LinearNaiveBayes:
    """Naive Bayes as the recipe has it."""
    return LinearNaiveBayes(alpha=alpha, fit_prior=False)


CHOICES: dict[str, Callable[[], Pipeline]] = {
    "**the recipe (v5)**": recipe(),
    "v4: idle marks are heard": lambda: build_pipeline("tfidf-linear.v4"),
    "v3: logistic regression averaged in": lambda: build_pipeline("tfidf-linear.v3"),
    "v2: no concepts, no courtesies, no naive Bayes": lambda: build_pipeline("tfidf-linear.v2"),
    "v1: words and pairs of words, LR C=10": lambda: build_pipeline("tfidf-linear.v1"),
    "terms: without pairs of concepts": recipe(NoPairs),
    "terms: without concepts": recipe(thesaurus=NO_CONCEPTS),
    "terms: courtesies heard": recipe(thesaurus=NO_COURTESIES),
    "terms: words of jieba's own dictionary": recipe(tokenizer=Tokenizer("吞卡 1000")),
    "terms: and pairs of words": recipe(Pairs),
    "terms: and triples of characters": recipe(Triples),
    "terms: numbers folded into one": recipe(Folded),
    "terms: in three texts and more": recipe(min_df=3),
    "counts: plain instead of sub-linear": recipe(sublinear_tf=False),
    "counts: binary": recipe(binary=True),
    "model: LR alone": recipe(estimators=(logistic(),)),
    "model: SVM alone": recipe(estimators=(vectors(),)),
    "model: naive Bayes alone": recipe(estimators=(bayes(),)),
    "model: LR + SVM": recipe(estimators=(logistic(), vectors())),
    "model: LR + naive Bayes": recipe(estimators=(logistic(), bayes())),
    "model: SVM C=0.5": recipe(estimators=(vectors(0.5), bayes())),
    "model: naive Bayes alpha=0.03": recipe(estimators=(vectors(), bayes(0.03))),
    "model: LR by SAG averaged in": recipe(estimators=(averaged_gradients(), vectors(), bayes())),
}


def main() -> None:
    """Measure every choice whose name holds the argument (by default all) and print the table."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    rows = read_bundled_corpus(Taxonomy.bundled())
    print(f"{len(rows):,} texts\n")
    print("| choice | accuracy | macro-F1 | among three | log-loss | automatic | seconds |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, build in CHOICES.items():
        if wanted in name:
            print(line(name, rows, build, definition_texts(Taxonomy.bundled())), flush=True)
    if wanted in "without definitions":
        print(line("learnt from: corpus without definitions", rows, recipe(), ([], [])), flush=True)


def line(
    name: str, rows: list[Labelled], build: Callable[[], Pipeline], definitions: tuple[list[str], list[str]]
) -> str:
    """One line of the table: a choice and what cross-validation says of it."""
    begun = time.perf_counter()
    judged = cross_validate(
        [row.text for row in rows],
        [row.category for row in rows],
        build,
        groups=[row.voice for row in rows],
        extra=definitions,
        seed=0,
        progress=lambda *_: None,
    )
    seconds = time.perf_counter() - begun
    judged = at_temperature(judged, fit_temperature(judged))
    coverage, _ = coverage_and_precision(judged, choose_thresholds(judged, [row.secondary for row in rows]))
    loss = -np.log(np.maximum(judged.of_labels, 1e-12)).mean()
    figures = f"{judged.accuracy:.4f} | {judged.macro_f1:.4f} | {judged.top3:.4f} | {loss:.4f} | {coverage:.3f}"
    return f"| {name} | {figures} | {seconds:.0f} |"


if __name__ == "__main__":
    main()
