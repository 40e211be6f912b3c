"""Looking at the beginning of a file, in a process of its own, so that a person can choose how it is to be read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import RowMapping

from api.intake import storable
from api.jobs.head import ColumnHead, Head
from api.jobs.rows import COLUMNS
from api.jobs.run import limit_memory, opened, shown, told, too_large
from api.storage import Database, Jobs, Lease
from classifier.errors import TableError
from classifier.tables import Table, find_text_column, other_ways
from classifier.tables.cells import as_text
from classifier.tables.columns import find_columns

ROWS: Final = 5
"""Rows that are shown of each column."""
COLUMNS_SHOWN: Final = 60
_SHEETS: Final = 200
_CELL: Final = 160
_LOOKED_AT: Final = 2_000
"""So many characters of a cell are looked at for personal data; fewer are shown."""
_SPEAKS: Final = 12
"""A column whose cells have so many characters on average may hold complaints."""


def look_at(job_id: str, file: Path, database: Database, lease: Lease, most_bytes: int) -> None:
    """Keep the beginning of a job's file for whoever sent it, or say why it cannot be read.

    Parameters
    ----------
    job_id : str
    file : Path
    database : Database
    lease : Lease
        Held by the process that started this one.
    most_bytes : int
        Memory that reading may take, on top of what this process has already.

    Raises
    ------
    LeaseLostError
        If another process has it by now.
    """
    jobs = Jobs(database)
    job = jobs.find(job_id)
    if job is None:
        raise LookupError(job_id)
    limit_memory(most_bytes)
    try:
        head = _head(file, job)
    except MemoryError:
        jobs.finish(job["number"], lease, too_large(most_bytes))
        return
    if head.columns or head.is_text or len(head.sheets) > 1:
        jobs.looked(job["number"], lease, head.model_dump())
    else:  # there is nothing to choose
        jobs.finish(job["number"], lease, head.wrong)


def _head(file: Path, job: RowMapping) -> Head:
    try:
        return _of(opened(job, file), file, job)
    except TableError as error:
        sheets, is_text = other_ways(file)
        return Head(sheets=_names(sheets), is_text=is_text, wrong=told(error, file, job))


def _of(table: Table, file: Path, job: RowMapping) -> Head:
    rows = [row.cells for block in islice(table.blocks(), 1) for row in block.rows[:ROWS]]
    fields = {place: field for field, place in find_columns(table.columns, COLUMNS).items()}
    columns = [
        ColumnHead(
            title=shown(title, _CELL),
            field=fields.get(place),
            cells=[shown(_text(row[place])[:_LOOKED_AT], _CELL) for row in rows],
        )
        for place, title in enumerate(table.columns[:COLUMNS_SHOWN])
    ]
    wrong, by_title = None, True
    try:
        text: int | None = find_text_column(table, job["text_column"])
    except TableError as error:
        wrong = told(error, file, job) if job["text_column"] else None
        by_title, text = False, _that_speaks(columns)
    return Head(
        rows=table.total,
        width=len(table.columns),
        columns=columns,
        text=text,
        by_title=by_title,
        encoding=table.encoding,
        sheets=_names(table.sheets),
        is_text=bool(table.encoding),
        wrong=wrong,
    )


def _that_speaks(columns: Sequence[ColumnHead]) -> int | None:
    """The column that has most to say, if any has much."""
    lengths = [sum(map(len, column.cells)) / max(len(column.cells), 1) for column in columns if column.field is None]
    places = [place for place, column in enumerate(columns) if column.field is None]
    longest = max(zip(lengths, places, strict=True), default=(0.0, 0))
    return longest[1] if longest[0] >= _SPEAKS else None


def _names(sheets: Sequence[str]) -> list[str]:
    """Sheets to choose from: as they are, for they are found again by their names."""
    return [storable(name) for name in sheets[:_SHEETS]]


def _text(cell: Any) -> str:
    try:
        return as_text(cell)
    except TableError as error:
        return error.what
