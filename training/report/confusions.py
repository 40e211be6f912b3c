"""What is taken for what, and the texts and words that show why."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier.model import ComplaintModel, Evidence
from training.evaluate import OutOfFold
from training.labelled import Labelled
from training.report.names import Categories

LARGEST: Final = 30
"""More categories than these don't fit a heat map that a person can read."""

WORST: Final = 10
"""Confusions that are told with examples."""

EXAMPLES: Final = 3
WORDS: Final = 5
"""Words of evidence marked in an example, at most: if all were, none would stand out."""

SHOWN: Final = 120
"""Characters of an example."""

_LEAD: Final = 20
"""Characters shown before the first word of evidence of a text that is cut."""


def matrix_of(labels: NDArray[np.integer], said: NDArray[np.integer], categories: int) -> NDArray[np.int64]:
    """Counts with labels in rows and answers in columns, shape (K, K)."""
    counts = np.bincount(labels * categories + said, minlength=categories**2)
    return counts.reshape(categories, categories).astype(np.int64)


def heat_map(matrix: NDArray[np.int64], categories: Categories) -> dict[str, Any]:
    """The confusion matrix: of all categories, or of those in the worst confusions if there are more than `LARGEST`.

    Shares are of a category's rows, shown or not.
    """
    shown = set(range(len(matrix)))
    if len(matrix) > LARGEST:
        shown = set()
        for label, said in _pairs(matrix):
            if len(shown | {label, said}) > LARGEST:
                break
            shown |= {label, said}
    columns = sorted(shown)
    support = matrix.sum(axis=1)
    return {
        "categories": [categories.named(k) for k in columns],
        "of": len(matrix),
        "rows": [
            [{"rows": int(matrix[i, j]), "share": float(matrix[i, j] / max(1, support[i]))} for j in columns]
            for i in columns
        ],
    }


def worst(
    matrix: NDArray[np.int64],
    categories: Categories,
    judged: OutOfFold,
    rows: Sequence[Labelled],
    model: ComplaintModel,
) -> list[dict[str, Any]]:
    """The `WORST` confusions, the most frequent first, each with the wrong answers the model was surest of."""
    support, wrong = matrix.sum(axis=1), matrix.sum() - np.trace(matrix)
    surest = np.argsort(-judged.confidence, kind="stable")
    predicted = judged.predicted
    found = []
    for label, said in _pairs(matrix)[:WORST]:
        codes = categories.codes[label], categories.codes[said]
        texts: dict[str, int] = {}
        for i in surest[(judged.labels[surest] == codes[0]) & (predicted[surest] == codes[1])].tolist():
            texts.setdefault(rows[i].text, i)
        found.append(
            {
                "label": categories.named(label),
                "said": categories.named(said),
                "rows": int(matrix[label, said]),
                "share": float(matrix[label, said] / support[label]),
                "of_wrong": float(matrix[label, said] / wrong),
                "examples": [
                    _example(text, codes[1], float(judged.confidence[i]), model)
                    for text, i in list(texts.items())[:EXAMPLES]
                ],
            }
        )
    return found


def _pairs(matrix: NDArray[np.int64]) -> list[tuple[int, int]]:
    """(label, said) of all confusions, the most frequent first."""
    wrong = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-wrong, axis=None, kind="stable")[: np.count_nonzero(wrong)]
    return [(int(cell) // len(matrix), int(cell) % len(matrix)) for cell in order]


def _example(text: str, said: str, confidence: float, model: ComplaintModel) -> dict[str, Any]:
    """A text around its evidence. Without if the model says something else by now, as one may that saw it."""
    explained = model.explain(text, WORDS)
    agrees = explained.prediction.category == said
    parts = around_evidence(text, explained.evidence if agrees else ())
    return {"confidence": confidence, "agrees": agrees, "parts": parts}


def around_evidence(text: str, evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """The `SHOWN` characters of a text with the most evidence, in parts that are evidence and parts that are not.

    Examples
    --------
    >>> around_evidence("年费乱收", [Evidence("年费", 1.0, ((0, 2),))])
    [{'text': '年费', 'evidence': True}, {'text': '乱收', 'evidence': False}]
    """
    text = text.encode("utf-8", "replace").decode()  # half a character pair, as JSON can bring, is no text for a page
    weights = np.zeros(len(text))
    for word in evidence:
        for start, end in word.places:
            weights[start:end] = np.maximum(weights[start:end], word.weight / max(1, len(word.places)))
    start, end = _window(weights)
    marked = weights[start:end] > 0
    cuts = [0, *(np.flatnonzero(np.diff(marked)) + 1).tolist(), end - start]
    parts = [{"text": text[start + a : start + b], "evidence": bool(marked[a])} for a, b in pairwise(cuts)]
    before = [{"text": "…", "evidence": False}] if start else []
    after = [{"text": "…", "evidence": False}] if end < len(text) else []
    return before + parts + after


def _window(weights: NDArray[np.float64]) -> tuple[int, int]:
    """The `SHOWN` characters that hold the most evidence, the earliest if there are several."""
    if len(weights) <= SHOWN:
        return 0, len(weights)
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    starts = np.maximum(0, np.flatnonzero(weights) - _LEAD) if weights.any() else np.array([0])
    starts = np.minimum(starts, len(weights) - SHOWN)
    best = int(starts[(sums[starts + SHOWN] - sums[starts]).argmax()])
    return best, best + SHOWN
