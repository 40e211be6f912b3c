"""Writing a file of complaints: the columns it had, and ours behind them."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from classifier.errors import TableError
from classifier.tables.cells import SUSPECT, as_text, neutralised
from classifier.tables.table import Block, Table
from classifier.tables.text import NO_OBJECT

_ENDINGS: Final = (".csv", ".tsv", ".xlsx", ".jsonl", ".parquet")
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
    if path.suffix.lower() not in _ENDINGS:
        raise TableError(f"cannot write {path.suffix!r}", where=str(path), remedy=f"End it in {', '.join(_ENDINGS)}.")
    if path.exists() and path.samefile(table.path):
        raise TableError("is the input itself", where=str(path), remedy="Name another file with -o.")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        opened = _writer(path.suffix.lower())(part, path.suffix.lower(), table, added, raw)
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


def _writer(suffix: str) -> Callable[[Path, str, Table, Sequence[str], bool], Writer]:
    if suffix in (".csv", ".tsv"):
        return _Delimited
    if suffix == ".jsonl":
        return _JsonLines
    # Their libraries take a while to import, and much memory: most files are CSV.
    from classifier.tables import writing_grids

    return writing_grids.ExcelWriter if suffix == ".xlsx" else writing_grids.ParquetWriter


class _Delimited:
    """CSV or TSV that Excel in China opens correctly: UTF-8 with its mark."""

    def __init__(self, part: Path, suffix: str, table: Table, added: Sequence[str], raw: bool) -> None:
        self._file = part.open("w", encoding="utf-8", newline="", errors="replace")
        self._file.write("\ufeff")  # not as utf-8-sig: Python's encoder of that name is slow
        self._writer = csv.writer(self._file, delimiter="\t" if suffix == ".tsv" else ",")
        self._clean = str if raw else neutralised
        self._write([[*table.columns, *added]])

    def write(self, block: Block, added: Sequence[Added]) -> None:
        self._write((*row.cells, *more) for row, more in zip(block.rows, added, strict=True))

    def _write(self, rows: Iterable[Sequence[Any]]) -> None:
        clean = self._clean
        self._writer.writerows(  # most cells are harmless texts: they cost no call
            [
                cell if cell is None or (type(cell) is str and cell[:1] not in SUSPECT) else clean(as_text(cell))
                for cell in cells
            ]
            for cells in rows
        )

    def close(self) -> None:
        self._file.close()


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
