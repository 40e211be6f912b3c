"""The evaluation sets: where they lie, how a prediction is scored, how folds are cut."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.model_selection import GroupKFold

FOLDER = Path(os.environ.get("COMPLAINTS_EVAL", "../shared/eval"))


@dataclass(frozen=True)
class Judged:
    """Texts with their right answers: a category, and perhaps another that counts as right."""

    texts: list[str]
    labels: list[str]
    also_right: list[str]
    secondary: list[tuple[str, ...]]

    def right(self, said: Sequence[Collection[str]]) -> np.ndarray:
        """For which texts a right answer is among the categories said, shape (N,)."""
        return np.array([a in s or b in s for s, a, b in zip(said, self.labels, self.also_right, strict=True)])


def read(name: str, text: str = "text") -> Judged:
    """Read one file of the evaluation folder."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Judged(
        [row[text] for row in rows],
        [row["category"] for row in rows],
        [row.get("also_right") or "" for row in rows],
        [tuple(filter(None, (row.get("secondary") or "").replace(" ", ";").split(";"))) for row in rows],
    )


def near_duplicate_groups(texts: list[str], threshold: float = 0.5) -> np.ndarray:
    """Cluster number of each text: texts sharing half of their character triples (Jaccard) are in one cluster."""
    hashed = HashingVectorizer(analyzer="char", ngram_range=(3, 3), n_features=2**20, binary=True, norm=None)
    triples = abs(hashed.transform(text[:400] for text in texts)).astype(np.float32)
    sizes = np.asarray(triples.sum(axis=1)).ravel()
    rows, columns = [], []
    for start in range(0, len(texts), 500):
        shared = (triples[start : start + 500] @ triples.T).tocoo()
        union = sizes[start + shared.row] + sizes[shared.col] - shared.data
        near = shared.data / np.maximum(union, 1) >= threshold
        rows.append(start + shared.row[near])
        columns.append(shared.col[near])
    ones = np.ones(sum(map(len, rows)), dtype=np.int8)
    graph = coo_matrix((ones, (np.concatenate(rows), np.concatenate(columns))), shape=(len(texts), len(texts)))
    return connected_components(graph, directed=False)[1]


def grouped_folds(texts: list[str], folds: int = 5) -> list[tuple[np.ndarray, np.ndarray]]:
    """Folds (train, test) in which near-duplicates stay on one side."""
    return list(GroupKFold(folds, shuffle=True, random_state=0).split(texts, groups=near_duplicate_groups(texts)))


def bootstrap(measure: Callable[[np.ndarray], float], n: int, rounds: int = 500) -> dict[str, float]:
    """A measure of N rows, given as indices, and its bootstrap 95% interval."""
    random = np.random.default_rng(0)
    low, high = np.quantile([measure(random.integers(0, n, n)) for _ in range(rounds)], [0.025, 0.975])
    return {"value": float(measure(np.arange(n))), "low": float(low), "high": float(high)}


def with_interval(values: np.ndarray) -> dict[str, float]:
    """A mean and its bootstrap 95% interval."""
    return bootstrap(lambda rows: float(values[rows].mean()), len(values), rounds=2_000)
