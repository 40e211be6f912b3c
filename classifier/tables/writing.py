"""Writing a file of complaints: the columns it had, and ours behind them."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from classifier.errors import TableError
from classifier.tables.cells import as_text, neutralised
from classifier.tables.table import Block, Table
from classifier.tables.text import NO_OBJECT

_EXCEL_ROWS: Final = 1_048_576
_EXCEL_COLUMNS: Final = 16_384
_EXCEL_CHARACTERS: Final = 32_767
_EXCEL_DIGITS: Final = 10**15
"""From here on Excel rounds whole numbers: they are written as text."""
_SUFFIX: Final = {
    "csv": ".csv",
    "tsv": ".tsv",
    "excel": ".xlsx",
    "html": ".xlsx",
    "jsonl": ".jsonl",
    "parquet": ".parquet",
}

Added = Sequence[str | float | None]
"""The cells added to one row: text, a number, or None where there is nothing to say."""


class Writer(Protocol):
    """Takes blocks in their order, each with the cells added to its rows."""

    def write(self, block: Block, added: Sequence[Added]) -> None:
        """Write one block."""

    def close(self) -> None:
        """Finish the file."""


def output_path(table: Table, done: str) -> Path:
    """Where the result goes if nobody says: beside the input, with what was done in its name."""
    return table.path.with_name(f"{table.path.stem}.{done}{_SUFFIX[table.format]}")


@contextmanager
def open_writer(path: Path, table: Table, added: Sequence[str], *, raw: bool = False) -> Iterator[Writer]:
    """Open an output file for `table` with further columns.

    The file appears under its name when all is written; an error leaves nothing.

    Parameters
    ----------
    path : Path
        Its ending decides the format: ``.csv``, ``.tsv``, ``.xlsx``, ``.jsonl`` or ``.parquet``.
    table : Table
        The input.
    added : sequence of str
        Names of the further columns.
    raw : bool
        Write texts that a spreadsheet would run as a formula without neutralising them.

    Raises
    ------
    TableError
        If the ending is another, the path is the input's, or the format cannot hold the table.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise TableError(f"cannot write {path.suffix!r}", where=str(path), remedy=f"End it in {', '.join(_WRITERS)}.")
    if path.exists() and path.samefile(table.path):
        raise TableError("is the input itself", where=str(path), remedy="Name another file with -o.")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        opened = writer(part, path.suffix.lower(), table, added, raw)
        try:
            yield opened
        finally:
            opened.close()
        part.replace(path)
    except OSError as error:
        raise TableError(
            f"cannot be written ({error.strerror})", where=str(path), remedy="Check folder and space."
        ) from error
    finally:
        part.unlink(missing_ok=True)


class _Delimited:
    """CSV or TSV that Excel in China opens correctly: UTF-8 with its mark."""

    def __init__(self, part: Path, suffix: str, table: Table, added: Sequence[str], raw: bool) -> None:
        self._file = part.open("w", encoding="utf-8-sig", newline="", errors="replace")
        self._writer = csv.writer(self._file, delimiter="\t" if suffix == ".tsv" else ",")
        self._clean = str if raw else neutralised
        self._writer.writerow(self._clean(name) for name in (*table.columns, *added))

    def write(self, block: Block, added: Sequence[Added]) -> None:
        for row, more in zip(block.rows, added, strict=True):
            self._writer.writerow([self._clean(as_text(cell)) for cell in (*row.cells, *more)])

    def close(self) -> None:
        self._file.close()


class _Excel:
    """One sheet; numbers and dates stay what they are, a text is never a formula."""

    def __init__(self, part: Path, suffix: str, table: Table, added: Sequence[str], raw: bool) -> None:
        if table.total >= _EXCEL_ROWS:
            raise TableError(
                f"has {table.total:,} rows, too many for Excel", where=str(table.path), remedy="Write .csv."
            )
        if len(table.columns) + len(added) > _EXCEL_COLUMNS:
            raise TableError("has too many columns for Excel", where=str(table.path), remedy="Write .csv.")
        self._part = part
        self._raw = raw
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet("complaints")
        self._sheet.freeze_panes = "A2"
        self._sheet.append([self._cell(name) for name in (*table.columns, *added)])

    def write(self, block: Block, added: Sequence[Added]) -> None:
        for row, more in zip(block.rows, added, strict=True):
            self._sheet.append([self._cell(value) for value in (*row.cells, *more)])

    def _cell(self, value: Any) -> Any:
        whole = isinstance(value, int) and abs(value) < _EXCEL_DIGITS
        zoned = getattr(value, "tzinfo", None) is not None  # Excel knows no time zones: such times become text
        if value is None or whole or (isinstance(value, float | date | time | timedelta) and not zoned):
            return value
        text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", _storable(as_text(value)))[:_EXCEL_CHARACTERS]
        if neutralised(text) == text:
            return text
        cell = WriteOnlyCell(self._sheet, text)
        cell.data_type = "s"
        cell.quotePrefix = not self._raw
        return cell

    def close(self) -> None:
        self._book.save(self._part)


class _JsonLines:
    """One object per line; a line that came from JSON Lines keeps every character it had."""

    def __init__(self, part: Path, suffix: str, table: Table, added: Sequence[str], raw: bool) -> None:
        self._file = part.open("w", encoding="utf-8", errors="replace")
        self._columns = table.columns
        self._added = added

    def write(self, block: Block, added: Sequence[Added]) -> None:
        for row, more in zip(block.rows, added, strict=True):
            ours = dict(zip(self._added, more, strict=True))
            if row.source and row.error != NO_OBJECT:
                body = row.source[1:-1].strip()
                self._file.write("{" + body + (", " if body else "") + self._dump(ours)[1:])
            elif row.source:
                self._file.write(self._dump({"line": row.source, **ours}))
            else:
                self._file.write(self._dump({**dict(zip(self._columns, row.cells, strict=True)), **ours}))
            self._file.write("\n")

    def _dump(self, document: dict[str, Any]) -> str:
        return json.dumps(document, ensure_ascii=False, default=as_text)

    def close(self) -> None:
        self._file.close()


def _storable(text: str) -> str:
    """A text without the lone surrogates that JSON may carry and UTF-8 may not."""
    return text.encode("utf-8", "replace").decode()


class _Parquet:
    """A table that came from Parquet keeps its types; any other becomes text."""

    def __init__(self, part: Path, suffix: str, table: Table, added: Sequence[str], raw: bool) -> None:
        ours = [(name, pa.float64() if name.startswith("confidence") else pa.string()) for name in added]
        self._ours = pa.schema(ours)
        theirs = table.schema if table.schema is not None else pa.schema((name, pa.string()) for name in table.columns)
        self._theirs = theirs
        self._writer = pq.ParquetWriter(part, pa.schema([*theirs, *self._ours], metadata=theirs.metadata))

    def write(self, block: Block, added: Sequence[Added]) -> None:
        if block.batch is not None:
            theirs = block.batch.columns
        else:
            columns = zip(*(row.cells for row in block.rows), strict=True)
            theirs = [
                pa.array([None if c is None else _storable(as_text(c)) for c in column], pa.string())
                for column in columns
            ]
        ours = [pa.array(column, kind) for column, kind in zip(zip(*added, strict=True), self._ours.types, strict=True)]
        self._writer.write_batch(pa.record_batch([*theirs, *ours], schema=self._writer.schema))

    def close(self) -> None:
        self._writer.close()


_WRITERS: Final[dict[str, Callable[[Path, str, Table, Sequence[str], bool], Writer]]] = {
    ".csv": _Delimited,
    ".tsv": _Delimited,
    ".xlsx": _Excel,
    ".jsonl": _JsonLines,
    ".parquet": _Parquet,
}
