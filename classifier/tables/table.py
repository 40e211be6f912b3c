"""A table of complaints: its columns, and its rows in blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from classifier.errors import TableError
from classifier.tables.cells import as_text
from classifier.text import normalize

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_ROWS: Final = 1_000

MOST_COLUMNS: Final = 16_384
"""As many as Excel has."""

HEADER_WITHIN: Final = 10
"""A header stands within so many rows."""

_LONGEST_NAME: Final = 12
"""A longer text over the only column is its first complaint rather than its name."""

TEXT_COLUMNS: Final = (
    "投诉内容", "投诉详情", "投诉正文", "投诉描述", "工单内容", "诉求内容", "客户诉求", "反映内容", "反映问题",
    "问题描述", "留言详情", "留言内容", "事件描述", "内容", "详情", "描述", "正文", "文本",
    "complaint_text", "complaint", "text", "content", "narrative", "description", "message", "body",
)  # fmt: skip
"""Usual names of the column that holds the complaint, the most telling first."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes
    ----------
    cells : list
        Its cells as the file has them (text, number, date, None …), as many as the table has columns.
    line : int
        Its line or row in the file, from 1.
    error : str
        Why it cannot be read, or empty.
    source : str
        JSON Lines only: the line itself.
    """

    cells: list[Any]
    line: int
    error: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Some consecutive rows; for Parquet also the batch they came from."""

    rows: list[Row]
    batch: pa.RecordBatch | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """An opened file.

    Attributes
    ----------
    path : Path
    format : str
        ``csv``, ``tsv``, ``excel``, ``html``, ``jsonl`` or ``parquet``.
    columns : list of str
    total : int
        Number of rows.
    blocks : callable
        Gives the rows in blocks of at most `BLOCK_ROWS`, as often as it is called.
    notes : list of str
        What a person should know: sheets that are not read, the encoding.
    schema : pyarrow.Schema or None
        Parquet only.
    sheets : list of str
        All sheets of a workbook; empty for other formats.
    encoding : str
        Of a text format; empty for others.
    """

    path: Path
    format: str
    columns: list[str]
    total: int
    blocks: Callable[[], Iterator[Block]]
    notes: list[str] = field(default_factory=list)
    schema: pa.Schema | None = None
    sheets: list[str] = field(default_factory=list)
    encoding: str = ""


def find_text_column(table: Table, wanted: str | None = None) -> int:
    """The index of the column that holds the complaint: the one named, else by its usual names, else the only one.

    Raises
    ------
    TableError
        Saying which columns there are.
    """
    names = [_comparable(name) for name in table.columns]
    for name in [wanted] if wanted else TEXT_COLUMNS:
        if _comparable(name) in names:
            return names.index(_comparable(name))
    if wanted is None and len(names) == 1 and len(names[0]) <= _LONGEST_NAME:
        return 0
    raise TableError(
        f"no column {wanted!r}" if wanted else "cannot tell which column holds the complaint",
        where=str(table.path),
        remedy=f"Name it with --text; there are: {', '.join(table.columns)}.",
    )


def header_row(rows: Sequence[Sequence[Any]], header: Collection[str]) -> int:
    """Which of the first rows is the header: the first that has one of these names, else the first of all.

    Ledgers often carry a title, the period or the unit above the header.
    """
    known = {_comparable(name) for name in header}
    for number, cells in enumerate(rows):
        if known & {_comparable(as_text(cell)) for cell in cells}:
            return number
    return 0


def _comparable(name: str) -> str:
    """A column's name without regard to width, case, blanks, and traditional characters."""
    return normalize(name)


def in_blocks(rows: Iterable[Row]) -> Iterator[Block]:
    """Cut rows into blocks of `BLOCK_ROWS`."""
    iterator = iter(rows)
    while block := list(islice(iterator, BLOCK_ROWS)):
        yield Block(block)


def column_names(header: Sequence[Any], width: int, path: Path) -> list[str]:
    """Names for `width` columns: empty ones are numbered, repeated ones get ``_2`` and so on."""
    if not width:
        raise TableError("there is no header", where=str(path), remedy="Put the columns' names in the first row.")
    if width > MOST_COLUMNS:
        raise TableError(
            f"has {width:,} columns, more than any table of complaints",
            where=str(path),
            remedy="Export it with fewer, or check its delimiter.",
        )
    names: dict[str, None] = {}
    times: Counter[str] = Counter()
    for number in range(1, width + 1):
        cell = header[number - 1] if number <= len(header) else None
        name = as_text(cell).strip() or f"column_{number}"
        times[name] += 1
        names[unused_name(name, names, at_least=times[name])] = None
    return list(names)


def unused_name(name: str, taken: Container[str], at_least: int = 2) -> str:
    """`name`, or with ``_2``, ``_3`` and so on if it is taken; the number is no less than `at_least`."""
    candidate, number = name, max(at_least, 2)
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
