"""Which features and which model: every choice of the recipe against its alternatives.

    python -m benchmarks.ablation

Judged on the bundled corpus with one voice left out at a time, never on the evaluation folder: what is chosen here is
reported there. Seconds are those of one fit and are worth comparing within one run only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from rich.console import Console
from rich.table import Table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from classifier import Taxonomy, Tokenizer, normalize
from classifier.pipeline import LinearAverage
from training import read_bundled_corpus
from training.history import definition_texts

TOKENIZER = Tokenizer()
BARE = Tokenizer("吞卡 1000")


def _words(text: str) -> list[str]:
    return TOKENIZER(text)


def _pairs(text: str) -> list[str]:
    words = TOKENIZER(text)
    return [*words, *map(" ".join, pairwise(words))]


def _characters(longest: int) -> Callable[[str], list[str]]:
    def terms(text: str) -> list[str]:
        packed = text.replace(" ", "")
        return ["~" + packed[i : i + n] for n in range(1, longest + 1) for i in range(len(packed) - n + 1)]

    return terms


def _both(first: Callable[[str], list[str]], second: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    return lambda text: [*first(text), *second(text)]


def logistic(c: float = 30.0) -> LogisticRegression:
    """Logistic regression as the recipe has it."""
    return LogisticRegression(C=c, class_weight="balanced", tol=1e-3, max_iter=300)


def vectors(c: float = 1.0) -> LinearSVC:
    """A support vector machine as the recipe has it."""
    return LinearSVC(C=c, class_weight="balanced", random_state=0)


RECIPE = _both(_words, _characters(2))
AVERAGE = LinearAverage([logistic(), vectors()])
CHOICES: dict[str, tuple[Callable[[str], list[str]], Any, dict[str, Any], bool]] = {
    "the recipe: words + 1-2 characters, LR + SVM, definitions": (RECIPE, AVERAGE, {}, True),
    "without definitions": (RECIPE, AVERAGE, {}, False),
    "words": (_words, AVERAGE, {}, True),
    "words and pairs of words (the terms of v1)": (_pairs, AVERAGE, {}, True),
    "words of jieba's own dictionary + 1-2 characters": (_both(BARE, _characters(2)), AVERAGE, {}, True),
    "1-2 characters": (_characters(2), AVERAGE, {}, True),
    "words + 1-3 characters": (_both(_words, _characters(3)), AVERAGE, {}, True),
    "plain counts instead of sub-linear": (RECIPE, AVERAGE, {"sublinear_tf": False}, True),
    "binary counts": (RECIPE, AVERAGE, {"binary": True}, True),
    "terms in three texts and more": (RECIPE, AVERAGE, {"min_df": 3}, True),
    "logistic regression alone, C=10": (RECIPE, logistic(10), {}, True),
    "logistic regression alone, C=30": (RECIPE, logistic(), {}, True),
    "support vector machine alone, C=0.3": (RECIPE, vectors(0.3), {}, True),
    "support vector machine alone, C=1": (RECIPE, vectors(), {}, True),
    "LR + SVM C=0.3": (RECIPE, LinearAverage([logistic(), vectors(0.3)]), {}, True),
    "complement naive Bayes": (RECIPE, ComplementNB(alpha=0.3), {}, True),
}


def main() -> None:
    """Measure every choice and print the table."""
    rows = read_bundled_corpus(Taxonomy.bundled())
    texts, labels = [normalize(row.text) for row in rows], np.array([row.category for row in rows])
    extra_texts, extra_labels = definition_texts(Taxonomy.bundled())
    extra_texts = [normalize(text) for text in extra_texts]
    folds = list(LeaveOneGroupOut().split(labels, labels, [row.voice for row in rows]))
    table = Table("choice", box=None, header_style="dim")
    for header in ("accuracy", "macro-F1", "terms", "seconds"):
        table.add_column(header, justify="right")
    for name, (terms, estimator, options, defined) in CHOICES.items():
        counted = [terms(text) for text in texts]
        more = [terms(text) for text in extra_texts] if defined else []
        tfidf = TfidfVectorizer(**{"analyzer": list, "min_df": 2, "sublinear_tf": True, **options})
        learnt_labels = [[*labels[inside], *(extra_labels if defined else [])] for inside, _ in folds]
        done = Parallel(2)(
            delayed(_fold)(
                [*(counted[i] for i in inside), *more], learnt, [counted[i] for i in outside], tfidf, estimator
            )
            for (inside, outside), learnt in zip(folds, learnt_labels, strict=True)
        )
        predicted = np.empty(len(labels), dtype=object)
        for (_, outside), (said, _, _) in zip(folds, done, strict=True):
            predicted[outside] = said
        accuracy, macro = (predicted == labels).mean(), f1_score(labels, predicted, average="macro")
        size, seconds = np.mean([d[1] for d in done]), np.mean([d[2] for d in done])
        table.add_row(name, f"{accuracy:.4f}", f"{macro:.4f}", f"{size:,.0f}", f"{seconds:.1f}")
    Console(width=110, highlight=False).print(table)


def _fold(
    texts: list[list[str]], labels: list[str], unseen: list[list[str]], tfidf: TfidfVectorizer, estimator: Any
) -> tuple[np.ndarray, int, float]:
    """What a fit says of unseen texts, how many terms it has, and the seconds it took."""
    learnt = tfidf.fit_transform(texts)
    begun = time.perf_counter()
    estimator.fit(learnt, labels)
    seconds = time.perf_counter() - begun
    return estimator.predict(tfidf.transform(unseen)), learnt.shape[1], seconds


if __name__ == "__main__":
    main()
