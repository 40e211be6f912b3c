"""Reading a file of complaints, block by block."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from lxml import html
from python_calamine import CalamineError, CalamineWorkbook

from classifier.errors import TableError
from classifier.tables.cells import as_text
from classifier.tables.delimited import Record, read_records
from classifier.tables.encoding import detect_encoding, known_encoding

BLOCK_ROWS: Final = 1_000

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
    """

    path: Path
    format: str
    columns: list[str]
    total: int
    blocks: Callable[[], Iterator[Block]]
    notes: list[str] = field(default_factory=list)
    schema: pa.Schema | None = None


def open_table(path: Path, *, encoding: str | None = None, sheet: str | None = None) -> Table:
    """Open a file of complaints.

    Parameters
    ----------
    path : Path
    encoding : str, optional
        For text formats; without it, it is told by the bytes.
    sheet : str, optional
        For Excel; without it, the first.

    Raises
    ------
    TableError
        If the file is missing, empty, of no known format, damaged, or in no known encoding.
    """
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise TableError(f"cannot be opened ({error.strerror})", where=str(path), remedy="Check the path.") from error
    if not head:
        raise TableError("the file is empty", where=str(path), remedy="Export it again.")
    if head.startswith(b"PAR1"):
        return _open_parquet(path)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _open_excel(path, sheet)
    return _open_text(path, known_encoding(encoding) if encoding else detect_encoding(path))


def find_text_column(table: Table, wanted: str | None = None) -> int:
    """The index of the column that holds the complaint: the one named, else by its usual names, else the only one.

    Raises
    ------
    TableError
        Saying which columns there are.
    """
    names = [name.strip().casefold() for name in table.columns]
    for name in [wanted] if wanted else TEXT_COLUMNS:
        if name.strip().casefold() in names:
            return names.index(name.strip().casefold())
    if wanted is None and len(names) == 1:
        return 0
    raise TableError(
        f"no column {wanted!r}" if wanted else "which column holds the complaint?",
        where=str(table.path),
        remedy=f"Name it with --text; there are: {', '.join(table.columns)}.",
    )


def _blocks(rows: Iterable[Row]) -> Iterator[Block]:
    iterator = iter(rows)
    while block := list(islice(iterator, BLOCK_ROWS)):
        yield Block(block)


def _column_names(header: Sequence[Any], width: int, path: Path) -> list[str]:
    """Names for `width` columns: empty ones are numbered, repeated ones get ``_2`` and so on."""
    names: list[str] = []
    for number in range(1, width + 1):
        cell = header[number - 1] if number <= len(header) else None
        names.append(unused_name(as_text(cell).strip() or f"column_{number}", names))
    if not names:
        raise TableError("there is no header", where=str(path), remedy="Put the columns' names in the first row.")
    return names


def unused_name(name: str, taken: Iterable[str]) -> str:
    """`name`, or with ``_2``, ``_3`` and so on if it is taken."""
    taken = set(taken)
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


# --- text


def _open_text(path: Path, encoding: str) -> Table:
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            start = file.read(65_536).lstrip("\ufeff \t\r\n")
    except (UnicodeError, OSError) as error:
        raise TableError(f"is not {encoding} ({error})", where=str(path), remedy="Correct --encoding.") from error
    if not start:
        raise TableError("the file is empty", where=str(path), remedy="Export it again.")
    if "\x00" in start:
        raise TableError(
            "is neither a table nor text", where=str(path), remedy="Give CSV, TSV, Excel, JSON Lines or Parquet."
        )
    if start.startswith("<"):
        return _open_html(path, encoding)
    if start.startswith("{"):
        return _open_jsonl(path, encoding)
    if start.startswith("[{"):
        raise TableError("is a JSON array", where=str(path), remedy="Write one JSON object per line (JSON Lines).")
    return _open_delimited(path, encoding, start.splitlines()[0])


def _open_delimited(path: Path, encoding: str, first_line: str) -> Table:
    delimiter = max(",\t;", key=first_line.count)

    def records() -> Iterator[Record]:
        """Records from the first that is not blank to the last that is not blank."""
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            file.seek(0)
            blank: list[Record] = []
            begun = False
            for record in read_records(file, delimiter):
                if not any(cell.strip("\ufeff \t") for cell in record.cells):
                    blank.append(record)
                    continue
                if begun:
                    yield from blank
                blank, begun = [], True
                yield record

    width = total = 0
    for record in records():
        width, total = max(width, len(record.cells)), total + 1
    header = next(records()).cells
    columns = _column_names([header[0].removeprefix("\ufeff"), *header[1:]], width, path)

    def rows() -> Iterator[Row]:
        for record in islice(records(), 1, None):
            cells = record.cells + [""] * (width - len(record.cells))
            yield Row(cells, record.line, _delimited_error(record))

    kind = "tsv" if delimiter == "\t" else "csv"
    return Table(path, kind, columns, total - 1, lambda: _blocks(rows()), [f"编码 encoding: {encoding}"])


def _delimited_error(record: Record) -> str:
    if record.unclosed:
        return "引号没有闭合 a quote is never closed"
    if any("\ufffd" in cell for cell in record.cells):
        return "有无法解码的字符 broken characters"
    return ""


def _open_jsonl(path: Path, encoding: str) -> Table:
    def lines() -> Iterator[tuple[int, str]]:
        with path.open(encoding=encoding, errors="replace", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                text = line.strip("\ufeff \t\r\n")
                if text:
                    yield number, text

    columns: dict[str, None] = {}
    total = 0
    for _, line in lines():
        total += 1
        columns.update(dict.fromkeys(_json_object(line) or ()))
    names = list(columns)

    def rows() -> Iterator[Row]:
        for number, line in lines():
            document = _json_object(line)
            if document is None:
                error = "不是JSON对象 not a JSON object"
                yield Row([None] * len(names), number, error, line)
            else:
                error = "有无法解码的字符 broken characters" if "\ufffd" in line else ""
                yield Row([document.get(name) for name in names], number, error, line)

    return Table(path, "jsonl", names, total, lambda: _blocks(rows()), [f"编码 encoding: {encoding}"])


def _json_object(line: str) -> dict[str, Any] | None:
    """The object on a line, its numbers as they are written (no digit is lost), or None."""
    try:
        document = json.loads(line, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _open_html(path: Path, encoding: str) -> Table:
    text = path.read_text(encoding=encoding, errors="replace")
    if "urn:schemas-microsoft-com:office:spreadsheet" in text[:4096]:
        raise TableError("is an Excel 2003 XML sheet", where=str(path), remedy="Save it as .xlsx.")
    # The declared charset is not the true one as often as not; the decoded text has none.
    document = html.fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    tables = [
        [[cell.text_content().strip() for cell in row.iter("td", "th")] for row in table.iter("tr")]
        for table in document.iter("table")
    ]
    grid = max(tables, key=len, default=[])
    return _from_grid(path, "html", grid, [f"编码 encoding: {encoding}"])


# --- binary


def _open_excel(path: Path, sheet: str | None) -> Table:
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        if sheet is not None and sheet not in names:
            raise TableError(f"no sheet {sheet!r}", where=str(path), remedy=f"There are: {', '.join(names)}.")
        chosen = sheet or names[0]
        grid = workbook.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise TableError(
            f"cannot be read as Excel ({error})",
            where=str(path),
            remedy="Remove its password, or open it in Excel and save it again as .xlsx.",
        ) from error
    notes = [f"工作表 sheet: {chosen}"]
    if others := [name for name in names if name != chosen]:
        notes.append(f"未读取的工作表 sheets not read: {', '.join(others)} (--sheet)")
    return _from_grid(path, "excel", grid, notes)


def _from_grid(path: Path, kind: str, grid: list[list[Any]], notes: list[str]) -> Table:
    """A table from all its cells: the first row that is not blank is the header, blank rows at the end are none."""
    filled = [number for number, cells in enumerate(grid) if any(cell not in (None, "") for cell in cells)]
    if not filled:
        raise TableError("the table is empty", where=str(path), remedy="Export it again.")
    first, last = filled[0], filled[-1]
    width = max(len(grid[number]) for number in filled)
    columns = _column_names(grid[first], width, path)

    def rows() -> Iterator[Row]:
        for number in range(first + 1, last + 1):
            cells = grid[number]
            yield Row([*cells, *[None] * (width - len(cells))], number + 1)

    return Table(path, kind, columns, last - first, lambda: _blocks(rows()), notes)


def _open_parquet(path: Path) -> Table:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise TableError(f"cannot be read as Parquet ({error})", where=str(path), remedy="Export it again.") from error
    schema = file.schema_arrow

    def blocks() -> Iterator[Block]:
        line = 1
        for batch in pq.ParquetFile(path).iter_batches(batch_size=BLOCK_ROWS):
            cells = zip(*map(_values, batch.columns), strict=True)
            rows = [Row(list(row), line + i) for i, row in enumerate(cells)]
            line += len(rows)
            yield Block(rows, batch)

    return Table(path, "parquet", list(schema.names), file.metadata.num_rows, blocks, [], schema)


def _values(column: pa.Array) -> list[Any]:
    """Python values of a column; nanoseconds, which Python's times lack, are cut off."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values
