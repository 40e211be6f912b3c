"""Tables that are grids of cells: Excel, old and new, HTML and Parquet."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from lxml import etree, html
from python_calamine import CalamineError, CalamineWorkbook

from classifier.errors import TableError
from classifier.tables.cells import Unreadable
from classifier.tables.table import BLOCK_ROWS, HEADER_WITHIN, Block, Row, Table, column_names, header_row, in_blocks


def open_excel(path: Path, sheet: str | None, header: Collection[str]) -> Table:
    """Open a workbook, ``.xlsx`` or the old ``.xls``; the sheets that are not read are named."""
    try:
        with path.open("rb") as file:  # not by path: the reader would believe its ending
            workbook = CalamineWorkbook.from_filelike(file)
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
    return replace(_from_grid(path, "excel", grid, notes, header), sheets=names)


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook; none if it cannot be opened."""
    try:
        with path.open("rb") as file:
            return CalamineWorkbook.from_filelike(file).sheet_names
    except CalamineError:
        return []


def open_html(path: Path, encoding: str, header: Collection[str]) -> Table:
    """Open the longest table of an HTML page."""
    text = path.read_text(encoding=encoding, errors="replace")
    if "urn:schemas-microsoft-com:office:spreadsheet" in text[:4096]:
        raise TableError("is an Excel 2003 XML sheet", where=str(path), remedy="Save it as .xlsx.")
    # The declared charset is not the true one as often as not; the decoded text has none.
    document = html.fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    grid = [[str(cell.text_content()).strip() for cell in row] for row in _longest_table(document)]
    return replace(_from_grid(path, "html", grid, [f"编码 encoding: {encoding}"], header), encoding=encoding)


def _longest_table(document: html.HtmlElement) -> list[list[html.HtmlElement]]:
    """The cells of each row; a table within a cell is a table of its own, and part of that cell's text."""
    longest: list[list[html.HtmlElement]] = []
    opened: list[tuple[list[list[html.HtmlElement]], list[html.HtmlElement]]] = []  # its rows, and the cell we are in
    for event, element in etree.iterwalk(document, events=("start", "end"), tag=("table", "tr", "td", "th")):
        if element.tag == "table":
            if event == "start":
                opened.append(([], []))
            else:
                longest = max(longest, opened.pop()[0], key=len)
        elif opened:
            rows, cell = opened[-1]
            if cell:
                if event == "end" and element is cell[0]:
                    cell.clear()
            elif event == "start" and element.tag == "tr":
                rows.append([])
            elif event == "start" and rows:
                rows[-1].append(element)
                cell.append(element)
    return longest


def _from_grid(path: Path, kind: str, grid: list[list[Any]], notes: list[str], header: Collection[str]) -> Table:
    """A table from all its cells: blank rows at the end are none."""
    filled = [number for number, cells in enumerate(grid) if any(cell not in (None, "") for cell in cells)]
    if not filled:
        raise TableError("the table is empty", where=str(path), remedy="Export it again.")
    titles = header_row([grid[number] for number in filled[:HEADER_WITHIN]], header)
    first, last = filled[titles], filled[-1]
    if titles:
        notes = [*notes, f"表头前的标题行未输出 title rows above the header left out: {titles}"]
    width = max(len(grid[number]) for number in filled)
    columns = column_names(grid[first], width, path)

    def rows() -> Iterator[Row]:
        for number in range(first + 1, last + 1):
            cells = grid[number]
            yield Row([*cells, *[None] * (width - len(cells))], number + 1)

    return Table(path, kind, columns, last - first, lambda: in_blocks(rows()), notes)


def open_parquet(path: Path) -> Table:
    """Open a Parquet file."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise TableError(f"cannot be read as Parquet ({error})", where=str(path), remedy="Export it again.") from error
    schema = file.schema_arrow

    def blocks() -> Iterator[Block]:
        line = 1
        for batch in pq.ParquetFile(path).iter_batches(batch_size=BLOCK_ROWS):
            cells = zip(*map(_values, schema.names, batch.columns), strict=True)
            rows = [Row(list(row), line + i) for i, row in enumerate(cells)]
            line += len(rows)
            yield Block(rows, batch)

    return Table(path, "parquet", list(schema.names), file.metadata.num_rows, blocks, [], schema)


def _values(name: str, column: pa.Array) -> list[Any]:
    """Python values of a column; nanoseconds, which Python's times lack, are cut off where it has times at all."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    try:
        if pa.types.is_duration(kind) and kind.unit == "ns":
            # Read as they are they would come as pandas' durations where that is installed, and only there.
            column = column.cast(pa.duration("us"))
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError, pa.ArrowException) as error:
        # Parquet to Parquet never looks at these cells: only who needs them as text is refused.
        return [Unreadable(name, str(error))] * len(column)
    return values
