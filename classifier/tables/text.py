"""Tables that are text: CSV, TSV and JSON Lines."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from decimal import Decimal, DecimalException
from itertools import islice
from pathlib import Path
from typing import Any, Final

from classifier.tables.delimited import Record, read_records
from classifier.tables.table import HEADER_WITHIN, Row, Table, column_names, header_row, in_blocks

NO_OBJECT: Final = "不是JSON对象 not a JSON object"
"""Error of a JSON line that holds no object; it is kept as it is."""
_QUOTED: Final = re.compile(r'"[^"]*"')


def open_delimited(path: Path, encoding: str, start: str, header: Collection[str]) -> Table:
    """Open CSV or TSV; the delimiter is the one that most of the first lines have, outside quotes."""
    lines = _QUOTED.sub("", start).splitlines()[:HEADER_WITHIN]
    delimiter = max(",\t;", key=lambda mark: sum(mark in line for line in lines))

    def records() -> Iterator[Record]:
        """Records from the first that is not blank to the last that is not blank."""
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            file.seek(0)
            blank: list[Record] = []
            begun = False
            for record in read_records(file, delimiter):
                if not "".join(record.cells).strip("\ufeff \t"):
                    blank.append(record)
                    continue
                if begun:
                    yield from blank
                blank, begun = [], True
                yield record

    width = total = 0
    for record in records():
        width, total = max(width, len(record.cells)), total + 1
    titles = header_row([record.cells for record in islice(records(), HEADER_WITHIN)], header)
    header = next(islice(records(), titles, None)).cells
    columns = column_names([header[0].removeprefix("\ufeff"), *header[1:]], width, path)

    def rows() -> Iterator[Row]:
        for record in islice(records(), titles + 1, None):
            cells = record.cells
            if len(cells) < width:
                cells += [""] * (width - len(cells))
            yield Row(cells, record.line, _delimited_error(record))

    notes = [f"编码 encoding: {encoding}"]
    if titles:
        notes.append(f"表头前的标题行未输出 title rows above the header left out: {titles}")
    kind = "tsv" if delimiter == "\t" else "csv"
    return Table(path, kind, columns, total - titles - 1, lambda: in_blocks(rows()), notes, encoding=encoding)


def _delimited_error(record: Record) -> str:
    if record.unclosed:
        return "引号没有闭合 a quote is never closed"
    if "\ufffd" in "".join(record.cells):
        return "有无法解码的字符 broken characters"
    return ""


def open_jsonl(path: Path, encoding: str) -> Table:
    """Open JSON Lines; a line that is no object is a row with an error."""

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
                yield Row([line, *[None] * (len(names) - 1)][: len(names)], number, NO_OBJECT, line)
            else:
                error = "有无法解码的字符 broken characters" if "\ufffd" in line else ""
                yield Row([document.get(name) for name in names], number, error, line)

    notes = [f"编码 encoding: {encoding}"]
    return Table(path, "jsonl", names, total, lambda: in_blocks(rows()), notes, encoding=encoding)


def _json_object(line: str) -> dict[str, Any] | None:
    """The object on a line, no digit of its numbers lost, or None."""
    try:
        document = json.loads(line, parse_float=Decimal)
    except (ValueError, RecursionError, DecimalException):  # a number may have too large an exponent
        return None
    return document if isinstance(document, dict) else None
