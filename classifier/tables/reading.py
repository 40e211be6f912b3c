"""Opening a file of complaints: its content says what it is."""

from __future__ import annotations

import codecs
from collections.abc import Collection
from pathlib import Path
from typing import Final

from classifier.errors import TableError
from classifier.tables.encoding import detect_encoding, known_encoding, no_text
from classifier.tables.table import TEXT_COLUMNS, Table
from classifier.tables.text import open_delimited, open_jsonl

_HEAD: Final = 65_536
"""So much of a file tells what it is."""
_PARQUET: Final = b"PAR1"
_EXCEL: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_NO_TABLES: Final = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"%PDF": "PDF",
    b"{\\rtf": "RTF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
}
"""How files begin that people take for tables."""


def open_table(
    path: Path,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    header: Collection[str] = TEXT_COLUMNS,
) -> Table:
    """Open a file of complaints.

    Parameters
    ----------
    path : Path
    encoding : str, optional
        For text formats; without it, it is told by the bytes.
    sheet : str, optional
        For Excel; without it, the first.
    header : collection of str
        Names of which a header has one, which tells it from title rows above; by default those of the complaint.

    Raises
    ------
    TableError
        If the file is missing, empty, of no known format, damaged, or in no known encoding.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise TableError(f"cannot be opened ({error.strerror})", where=str(path), remedy="Check the path.") from error
    if not head:
        raise TableError("the file is empty", where=str(path), remedy="Export it again.")
    if head.startswith(_PARQUET):
        from classifier.tables.grids import open_parquet  # its libraries take a while to import

        return open_parquet(path)
    if head.startswith(_EXCEL):
        from classifier.tables.grids import open_excel

        return open_excel(path, sheet, header)
    if kind := _no_table(head):
        raise TableError(
            f"is a {kind} file, no table", where=str(path), remedy="Give CSV, TSV, Excel, JSON Lines or Parquet."
        )
    if (
        head.count(b"\x00") > len(head) / 50
        and not encoding
        and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    ):
        raise no_text(path)
    return _open_text(path, known_encoding(encoding) if encoding else detect_encoding(path), header)


def other_ways(path: Path) -> tuple[list[str], bool]:
    """How else a file may be read that cannot be opened as it is: by another of these sheets, in another encoding."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_EXCEL):
        from classifier.tables.grids import sheet_names

        return sheet_names(path), False
    return [], bool(head) and not head.startswith(_PARQUET) and not _no_table(head)


def _no_table(head: bytes) -> str | None:
    return next((kind for start, kind in _NO_TABLES.items() if head.startswith(start)), None)


def _open_text(path: Path, encoding: str, header: Collection[str]) -> Table:
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            start = file.read(_HEAD).lstrip("\ufeff \t\r\n")
    except (UnicodeError, OSError) as error:
        raise TableError(f"is not {encoding} ({error})", where=str(path), remedy="Correct --encoding.") from error
    if not start:
        raise TableError("the file is empty", where=str(path), remedy="Export it again.")
    if start.startswith("<"):
        from classifier.tables.grids import open_html

        return open_html(path, encoding, header)
    if start.startswith("{"):
        return open_jsonl(path, encoding)
    if start.startswith("[{"):
        raise TableError("is a JSON array", where=str(path), remedy="Write one JSON object per line (JSON Lines).")
    return open_delimited(path, encoding, start, header)
