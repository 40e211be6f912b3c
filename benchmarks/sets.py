"""The evaluation sets: where they lie, how a prediction is scored, how folds are cut."""

from __future__ import annotations

import csv
import os
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

    def right(self, predicted: list[str]) -> np.ndarray:
        """Which predictions are right, shape (N,)."""
        return np.array([p in (a, b) for p, a, b in zip(predicted, self.labels, self.also_right, strict=True)])


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


def interval(values: np.ndarray, rounds: int = 2_000) -> tuple[float, float]:
    """Bootstrap 95% interval of a mean."""
    random = np.random.default_rng(0)
    means = values[random.integers(0, len(values), (rounds, len(values)))].mean(axis=1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
