"""Writing tables that are grids of cells: Excel and Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from classifier.errors import TableError
from classifier.tables.cells import as_text, neutralised
from classifier.tables.table import Block, Table

if TYPE_CHECKING:
    from classifier.tables.writing import Added

_EXCEL_ROWS: Final = 1_048_576
_EXCEL_COLUMNS: Final = 16_384
_EXCEL_CHARACTERS: Final = 32_767
_EXCEL_DIGITS: Final = 10**15
"""From here on Excel rounds whole numbers: they are written as text."""


class ExcelWriter:
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
        self._sheet.append([excel_cell(self._sheet, name, raw=self._raw) for name in (*table.columns, *added)])

    def write(self, block: Block, added: Sequence[Added]) -> None:
        """Write one block."""
        for row, more in zip(block.rows, added, strict=True):
            self._sheet.append([excel_cell(self._sheet, value, raw=self._raw) for value in (*row.cells, *more)])

    def close(self) -> None:
        """Finish the file."""
        self._book.save(self._part)


def excel_cell(sheet: Any, value: Any, *, raw: bool = False) -> Any:
    """What a write-only sheet of openpyxl is to be given for a value: a text is never a formula.

    Unless `raw`, one that would be typed in as a formula says besides that it is text.
    """
    whole = isinstance(value, int) and abs(value) < _EXCEL_DIGITS
    zoned = getattr(value, "tzinfo", None) is not None  # Excel knows no time zones: such times become text
    if value is None or whole or (isinstance(value, float | date | time | timedelta) and not zoned):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", _storable(as_text(value)))[:_EXCEL_CHARACTERS]
    if neutralised(text) == text:
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.quotePrefix = not raw
    return cell


class ParquetWriter:
    """A table that came from Parquet keeps its types; any other becomes text."""

    def __init__(self, part: Path, suffix: str, table: Table, added: Sequence[str], raw: bool) -> None:
        ours = [(name, pa.float64() if name.startswith("confidence") else pa.string()) for name in added]
        self._ours = pa.schema(ours)
        theirs = table.schema if table.schema is not None else pa.schema((name, pa.string()) for name in table.columns)
        self._theirs = theirs
        self._writer = pq.ParquetWriter(part, pa.schema([*theirs, *self._ours], metadata=theirs.metadata))

    def write(self, block: Block, added: Sequence[Added]) -> None:
        """Write one block."""
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
        """Finish the file."""
        self._writer.close()


def _storable(text: str) -> str:
    """A text without the lone surrogates that JSON may carry and UTF-8 may not."""
    return text.encode("utf-8", "replace").decode()
