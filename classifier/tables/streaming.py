"""Tables written piece by piece, without a file: nothing of what has gone out is kept."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from classifier.tables.cells import as_text, neutralised

EXCEL_ROWS: Final = 200_000
"""Rows of a workbook that is written here; a part of it has to stay under 2 GiB."""

_PIECE: Final = 1 << 16
_CHARACTERS: Final = 32_767
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    r"""A CSV file that spreadsheets in China open correctly, and of which they run nothing.

    Examples
    --------
    >>> "".join(csv_lines([["line", "text"], [2, "=1+1"]]))
    "\ufeffline,text\r\n2,'=1+1\r\n"
    """
    written = io.StringIO()
    written.write("\ufeff")
    writer = csv.writer(written)
    for row in rows:
        writer.writerow([neutralised(as_text(cell)) for cell in row])
        if written.tell() > _PIECE:
            yield written.getvalue()
            written.seek(0)
            written.truncate()
    yield written.getvalue()


def workbook(rows: Iterable[Sequence[Any]], sheet: str) -> Iterator[bytes]:
    """An Excel file of one sheet whose first row is the header; numbers are numbers, all else is text.

    A workbook library would keep the whole sheet on disk, and take minutes of a processor for 100,000 rows.

    Parameters
    ----------
    rows : iterable of sequence
        At most `EXCEL_ROWS` of them and the header.
    sheet : str
        Its name.
    """
    out = _Out()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as book:
        for name, content in _parts(sheet):
            book.writestr(name, content)
        with book.open("xl/worksheets/sheet1.xml", "w") as file:
            file.write(f'{_XML}<worksheet xmlns="{_MAIN}">{_FROZEN}<sheetData>'.encode())
            piece: list[str] = []
            for number, row in enumerate(rows):
                piece.append(f"<row>{''.join(_cell(value, header=not number) for value in row)}</row>")
                if len(piece) == 100:
                    file.write("".join(piece).encode())
                    piece.clear()
                    yield from out.taken(_PIECE)
            file.write(("".join(piece) + "</sheetData></worksheet>").encode())
    yield from out.taken(0)


class _Out(io.RawIOBase):
    """What has been written and not yet been taken."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._bytes += data
        return len(data)

    def taken(self, at_least: int) -> Iterator[bytes]:
        if len(self._bytes) > at_least:
            yield bytes(self._bytes)
            self._bytes.clear()


def _cell(value: Any, *, header: bool) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"<c><v>{value}</v></c>"
    text = _ILLEGAL.sub("\ufffd", as_text(value))[:_CHARACTERS]
    if not text:
        return "<c/>"
    style = ' s="1"' if header else ' s="2"' if neutralised(text) != text else ""
    return f'<c t="inlineStr"{style}><is><t xml:space="preserve">{escape(text)}</t></is></c>'


_FROZEN: Final = (
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
    'state="frozen"/></sheetView></sheetViews>'
)

_STYLES: Final = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3">'
    '<xf fontId="0" xfId="0"/><xf fontId="1" xfId="0" applyFont="1"/><xf fontId="0" xfId="0" quotePrefix="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
"""Plain, the header, and texts that would be a formula were somebody to edit them."""


def _parts(sheet: str) -> Iterator[tuple[str, str]]:
    """The parts of a workbook around its sheet."""
    types = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{_TYPE}.{kind}+xml"/>'
        for part, kind in (("workbook", "sheet.main"), ("worksheets/sheet1", "worksheet"), ("styles", "styles"))
    )
    yield (
        "[Content_Types].xml",
        f'{_XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default '
        f'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>',
    )
    yield "_rels/.rels", _related(("officeDocument", "xl/workbook.xml"))
    yield "xl/_rels/workbook.xml.rels", _related(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"))
    yield "xl/styles.xml", _XML + _STYLES
    yield (
        "xl/workbook.xml",
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name={quoteattr(sheet)} sheetId="1" '
        'r:id="rId1"/></sheets></workbook>',
    )


def _related(*parts: tuple[str, str]) -> str:
    related = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(parts, start=1)
    )
    return f'{_XML}<Relationships xmlns="{_RELATIONS}">{related}</Relationships>'
