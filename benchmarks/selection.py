"""What weighing corrected cases by why a person looked at them is worth.

A first model that learnt from a tenth of the rows reads the next seven tenths as a service would: what it is unsure of
goes to people, and a blind sample of what it is sure of. A second model learns from what people saw, with the sampled
rows weighing more and more; it is judged on the last two tenths, which nobody selected. The weight is chosen on the
bundled corpus and complaints6; citizen7 had no part in it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.sets import FOLDER, read
from classifier import Taxonomy
from classifier.pipeline import build_pipeline, fit_to_terms, read_terms
from training import read_bundled_corpus

WEIGHTS = (1.0, 2.0, 4.0, 8.0, 16.0)
SURE = 0.5
"""Share of cases that the first model is sure of: about what the bundled model decides by itself."""
SAMPLE = 0.02
"""Share of sure cases that people see blind (COMPLAINTS_REVIEW_SAMPLE)."""


def reached(texts: Sequence[str], labels: Sequence[str], seed: int) -> list[float]:
    """Accuracy on the rows nobody selected: by each weight, then with as many rows drawn at random."""
    random = np.random.default_rng(seed)
    y = np.array(labels)
    terms = read_terms(build_pipeline(), texts)

    def fit(rows: np.ndarray, weights: np.ndarray | None = None) -> Any:
        return fit_to_terms(
            build_pipeline(), terms[rows], y[rows].tolist(), None if weights is None else weights.tolist()
        )

    order = random.permutation(len(y))
    first, stream, last = np.split(order, [len(y) // 10, len(y) * 8 // 10])
    model = fit(first)
    confidence = model.predict_proba([texts[i] for i in stream]).max(axis=1)
    sure = confidence >= np.quantile(confidence, 1 - SURE)
    sampled = sure & (random.random(len(stream)) < SAMPLE)
    seen = np.concatenate([stream[~sure], stream[sampled]])
    is_sample = np.concatenate([np.zeros((~sure).sum(), bool), np.ones(sampled.sum(), bool)])
    unseen = [texts[i] for i in last]
    figures = []
    for weight in WEIGHTS:
        weights = np.where(is_sample, weight, 1.0)
        said = fit(seen, weights / weights.mean()).predict(unseen)
        figures.append(float((said == y[last]).mean()))
    drawn = random.choice(stream, len(seen), replace=False)
    return [*figures, float((fit(drawn).predict(unseen) == y[last]).mean()), len(seen), is_sample.sum()]


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    corpus = read_bundled_corpus(Taxonomy.bundled())
    sets = {"corpus": ([row.text for row in corpus], [row.category for row in corpus])}
    if FOLDER.is_dir():
        for name in ("complaints6", "citizen7"):
            found = read(f"{name}/train.csv")
            sets[name] = (found.texts, found.labels)
    table = Table(
        "accuracy, means over seeds", *(f"weight {weight:g}" for weight in WEIGHTS), "at random", "rows", "sampled"
    )
    for name, (texts, labels) in sets.items():
        figures = np.mean([reached(texts, labels, seed) for seed in seeds], axis=0)
        table.add_row(
            name, *(f"{figure:.4f}" for figure in figures[:-2]), *(f"{figure:.0f}" for figure in figures[-2:])
        )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
