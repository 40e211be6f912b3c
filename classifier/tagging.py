"""Tagging a whole file: every row read, predicted and routed, none lost."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from classifier.cores import cores, spread
from classifier.errors import TextError
from classifier.model import ComplaintModel
from classifier.routing import Facts, Router
from classifier.tables import Block, Row, Table, open_writer
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

_CATEGORY, _DECISION, _ERROR = (COLUMNS.index(name) for name in ("predicted_category", "decision", "error"))
_SHOWN: Final = 20

_LONG: Final = 5_000
"""A file of so many rows is worth the tenth of a second that processes cost."""
_MOST_PROCESSES: Final = 8
"""More of them than the one that reads and writes the file could keep busy."""


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

    def count(self, row: Row, cells: Added) -> None:
        """Count a row and the cells of `COLUMNS` added to it."""
        self.rows += 1
        category, decision, error = cells[_CATEGORY], cells[_DECISION], cells[_ERROR]
        if category is not None:
            self.categories[str(category)] += 1
            self.decisions[str(decision)] += 1
        if error is not None:
            self.errors += 1
            if len(self.examples) < _SHOWN:
                self.examples.append((row.line, str(error)))


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
        Told the number of rows done. It may start threads: what works on a long file has been made by then.

    Raises
    ------
    TableError
        If the output cannot be written.
    ComplaintsError
        If a process that works on it dies.
    """
    names: list[str] = []
    for name in COLUMNS:
        names.append(unused_name(name, [*table.columns, *names]))
    summary = Summary()
    waiting: deque[Block] = deque()

    def texts() -> Iterator[list[str | None]]:
        for block in table.blocks():
            waiting.append(block)
            yield [None if row.error == NO_OBJECT else as_text(row.cells[column]) for row in block.rows]

    processes = min(cores(), _MOST_PROCESSES) if table.total >= _LONG else 1
    with (
        spread(_Reader(model, router), processes) as read,
        open_writer(output, table, names, raw=raw) as writer,
    ):
        for tagged in read(texts()):
            block = waiting.popleft()
            for row, cells in zip(block.rows, tagged, strict=True):
                if row.error:
                    cells[-1] = row.error
                summary.count(row, cells)
            writer.write(block, tagged)
            progress(summary.rows)
    return summary


class _Reader:
    """Reads and routes texts: the cells of `COLUMNS` for each."""

    def __init__(self, model: ComplaintModel, router: Router) -> None:
        self._model = model
        self._router = router

    def __call__(self, texts: list[str | None]) -> list[list[str | float | None]]:
        now = datetime.now(UTC)
        return [[None] * len(COLUMNS) if text is None else self._tag(text, now) for text in texts]

    def _tag(self, text: str, now: datetime) -> list[str | float | None]:
        try:
            prediction = self._model.predict([text])[0]
        except TextError as error:
            return [*[None] * (len(COLUMNS) - 1), error.what]
        category = self._router.taxonomy[prediction.category]
        decision = self._router.route(Facts(prediction, now))
        return [
            category.code,
            category.zh,
            category.group.code,
            ";".join(prediction.secondary),
            round(prediction.confidence, 4),
            prediction.decision,
            ";".join(signal.code for signal in prediction.signals),
            decision.department.code,
            decision.priority,
            None,
        ]
