"""The report's document: every figure the page shows, and nothing that JSON cannot hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from classifier.errors import CorpusError
from classifier.model import ComplaintModel, Thresholds
from classifier.taxonomy import Taxonomy
from training.evaluate import OutOfFold
from training.intervals import LEVEL, ROUNDS
from training.labelled import Labelled
from training.report.champion import beside_champion
from training.report.confusions import heat_map, matrix_of, worst
from training.report.curves import LearningPoint, automatic_of, learning_of, reliability_of
from training.report.figures import FEW, Tally, alike, figure, lines_of, ratio
from training.report.names import Categories
from training.report.slices import slices_of
from training.report.summary import summary_of


def assess(
    judged: OutOfFold,
    rows: Sequence[Labelled],
    thresholds: Thresholds,
    model: ComplaintModel,
    taxonomy: Taxonomy,
    *,
    method: str,
    learning: Sequence[LearningPoint],
    champion: OutOfFold | None,
    data: Mapping[str, Any],
    seed: int,
) -> dict[str, Any]:
    """Judge a model by what it said of N texts it had not seen.

    Parameters
    ----------
    judged : OutOfFold
        What it said.
    rows : sequence of Labelled, length N
        The same rows in the same order, without personal data: of the worst confusions, pieces of texts are shown.
    thresholds : Thresholds
        When its answers stand without a person.
    model : ComplaintModel
        Names the evidence of its worst confusions.
    taxonomy : Taxonomy
        Has the names of the categories; one that it lacks is called by its code.
    method : str
        How the model was judged, in words.
    learning : sequence of LearningPoint
        In order of rows; may be empty.
    champion : OutOfFold or None
        What the present champion said of the same rows, if there is one; it may know other categories.
    data : mapping
        What was read, kept, dropped and found. Shown as it is; may be empty.
    seed : int
        Decides the intervals.

    Returns
    -------
    dict
        Every number is finite; what is undefined is None.

    Raises
    ------
    CorpusError
        If there is no row.
    ValueError
        If `judged`, `rows` and `champion` are not of the same rows.
    """
    if not rows:
        raise CorpusError("no row to judge the model on", remedy="Give labelled rows that it was not trained on.")
    if len(rows) != len(judged.labels) or [row.category for row in rows] != judged.labels.tolist():
        raise ValueError(f"{len(rows)} rows are not the {len(judged.labels)} that were judged")
    if champion is not None and champion.labels.tolist() != judged.labels.tolist():
        raise ValueError("the champion was asked about other rows")
    categories = Categories.of(taxonomy, judged)
    labels, said = categories.columns(judged.labels), categories.columns(judged.predicted)
    matrix = matrix_of(labels, said, len(categories.codes))
    document = {
        "model": model.version,
        "method": method,
        "rows": len(rows),
        "few": FEW,
        "level": LEVEL,
        "rounds": ROUNDS,
        "seed": seed,
        **_scores(judged, categories, seed),
        "automatic": automatic_of(judged, thresholds, seed),
        "confusion": heat_map(matrix, categories),
        "worst": worst(matrix, categories, judged, rows, model),
        "reliability": reliability_of(judged),
        "learning": learning_of(learning),
        "slices": slices_of(judged, rows, seed),
        "champion": beside_champion(judged, champion, Categories.of(taxonomy, judged, champion), seed)
        if champion
        else None,
        "data": data,
    }
    plain: dict[str, Any] = _plain({"summary": asdict(summary_of(document)), **document})
    return plain


def _scores(judged: OutOfFold, categories: Categories, seed: int) -> dict[str, Any]:
    """The figures of all rows together, and of every category."""
    classes = np.asarray(judged.classes)
    first = classes[np.argsort(-judged.probabilities, axis=1, kind="stable")[:, :3]]
    among_first = (first == judged.labels[:, None]).any(axis=1)
    (labels, said, among), counts = alike(
        [categories.columns(judged.labels), categories.columns(judged.predicted), among_first]
    )
    lines = lines_of(counts, seed)
    tally = Tally.of(labels, said, lines, len(categories.codes))
    by_category = {"precision": tally.precision, "recall": tally.recall, "f1": tally.f1}
    return {
        "overall": {
            "accuracy": figure(tally.accuracy),
            "macro_f1": figure(tally.macro_f1),
            "top3": figure(ratio(lines @ among, lines.sum(axis=1))),
        },
        "categories": [
            {
                **categories.named(k),
                "support": int(tally.support[0, k]),
                "said": int(tally.said[0, k]),
                "few": bool(tally.support[0, k] < FEW),
                **{name: figure(lines_of_all[:, k]) for name, lines_of_all in by_category.items()},
            }
            for k in range(len(categories.codes))
        ],
    }


def _plain(value: Any) -> Any:
    """The same value of what JSON has: other numbers as Python's, those that are not finite as None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | None) else str(value)
