"""The report's document: every figure the page shows, and nothing that JSON cannot hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.errors import CorpusError
from classifier.model import ComplaintModel
from classifier.taxonomy import Taxonomy
from classifier.thresholds import Thresholds
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
    everything = Categories.of(taxonomy, judged, *([champion] if champion else []))
    counted = _Counted.of(judged, champion or judged, everything, seed)
    categories = Categories.of(taxonomy, judged)
    matrix = matrix_of(categories.columns(judged.labels), categories.columns(judged.predicted), len(categories.codes))
    document = {
        "model": model.version,
        "method": method,
        "rows": len(rows),
        "few": FEW,
        "level": LEVEL,
        "rounds": ROUNDS,
        "seed": seed,
        "overall": {
            "accuracy": figure(counted.new.accuracy),
            "macro_f1": figure(counted.new.macro_f1),
            "top3": figure(counted.top3),
        },
        "categories": _by_category(counted.new, everything, categories.codes),
        "automatic": automatic_of(judged, thresholds, seed),
        "confusion": heat_map(matrix, categories),
        "worst": worst(matrix, categories, judged, rows, model),
        "reliability": reliability_of(judged),
        "learning": learning_of(learning),
        "slices": slices_of(judged, rows, seed),
        "champion": beside_champion(judged, champion, counted.new, counted.old, everything) if champion else None,
        "data": data,
    }
    plain: dict[str, Any] = _plain({"summary": asdict(summary_of(document)), **document})
    return plain


@dataclass(frozen=True, slots=True)
class _Counted:
    """All rows in cells that are drawn again once for both models, so that a figure has one interval on the page."""

    new: Tally
    old: Tally
    top3: NDArray[np.float64]

    @classmethod
    def of(cls, judged: OutOfFold, champion: OutOfFold, categories: Categories, seed: int) -> _Counted:
        first = np.asarray(judged.classes)[np.argsort(-judged.probabilities, axis=1, kind="stable")[:, :3]]
        among_first = (first == judged.labels[:, None]).any(axis=1)
        (labels, ours, theirs, among), counts = alike(
            [
                *(categories.columns(codes) for codes in (judged.labels, judged.predicted, champion.predicted)),
                among_first,
            ]
        )
        lines, k = lines_of(counts, seed), len(categories.codes)
        top3 = ratio(lines @ among, lines.sum(axis=1))
        return cls(Tally.of(labels, ours, lines, k), Tally.of(labels, theirs, lines, k), top3)


def _by_category(tally: Tally, everything: Categories, codes: Sequence[str]) -> list[dict[str, Any]]:
    """The figures of every category the model knows or the rows have."""
    figures = {"precision": tally.precision, "recall": tally.recall, "f1": tally.f1}
    return [
        {
            **everything.named(k),
            "support": int(tally.support[0, k]),
            "said": int(tally.said[0, k]),
            "few": bool(tally.support[0, k] < FEW),
            **{name: figure(lines[:, k]) for name, lines in figures.items()},
        }
        for k, code in enumerate(everything.codes)
        if code in codes
    ]


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
