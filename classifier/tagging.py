"""Tagging a whole file: every row read, predicted and routed, none lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from classifier.errors import TextError
from classifier.model import ComplaintModel
from classifier.routing import Facts, Router
from classifier.tables import Row, Table, open_writer
from classifier.tables.cells import as_text
from classifier.tables.table import unused_name
from classifier.tables.text import NO_OBJECT
from classifier.tables.writing import Added

COLUMNS: Final = (
    "predicted_category",
    "predicted_name",
    "predicted_group",
    "predicted_secondary",
    "confidence",
    "decision",
    "signals",
    "department",
    "priority",
    "error",
)
"""What is added to a file; codes, but for the category's Chinese name."""

_SHOWN: Final = 20


@dataclass(slots=True)
class Summary:
    """What became of a file.

    Attributes
    ----------
    rows : int
        All rows.
    decisions : Counter
        Rows by decision, ``auto`` or ``review``.
    categories : Counter
        Rows by predicted category.
    errors : int
        Rows with an `error` cell.
    examples : list of (int, str)
        Line and error of the first of them.
    """

    rows: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)


def tag_file(
    table: Table,
    column: int,
    output: Path,
    model: ComplaintModel,
    router: Router,
    *,
    raw: bool = False,
    progress: Callable[[int], None],
) -> Summary:
    """Write `table` to `output` with `COLUMNS` added; a name the table has already gets ``_2``.

    A row that is empty or cannot be read gets its reason in the error column and stops nothing.

    Parameters
    ----------
    table : Table
    column : int
        Index of the column that holds the complaint.
    output : Path
    model : ComplaintModel
    router : Router
    raw : bool
        See `classifier.tables.open_writer`.
    progress : callable
        Told the number of rows done.

    Raises
    ------
    TableError
        If the output cannot be written.
    """
    names: list[str] = []
    for name in COLUMNS:
        names.append(unused_name(name, [*table.columns, *names]))
    summary = Summary()
    with open_writer(output, table, names, raw=raw) as writer:
        for block in table.blocks():
            writer.write(block, [_tag(row, column, model, router, summary) for row in block.rows])
            progress(summary.rows)
    return summary


def _tag(row: Row, column: int, model: ComplaintModel, router: Router, summary: Summary) -> Added:
    summary.rows += 1
    problem = row.error
    cells: list[str | float | None] = [None] * (len(COLUMNS) - 1)
    if problem != NO_OBJECT:
        try:
            prediction = model.predict([as_text(row.cells[column])])[0]
        except TextError as error:
            problem = problem or error.what
        else:
            category = router.taxonomy[prediction.category]
            decision = router.route(Facts(prediction, datetime.now(UTC)))
            cells = [
                category.code,
                category.zh,
                category.group.code,
                ";".join(prediction.secondary),
                round(prediction.confidence, 4),
                prediction.decision,
                ";".join(signal.code for signal in prediction.signals),
                decision.department.code,
                decision.priority,
            ]
            summary.decisions[prediction.decision] += 1
            summary.categories[category.code] += 1
    if problem:
        summary.errors += 1
        if len(summary.examples) < _SHOWN:
            summary.examples.append((row.line, problem))
    return [*cells, problem or None]
