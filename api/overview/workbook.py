"""The regulator's table as an Excel file."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final, Literal

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from api.overview.regulator import AXES, NAMES, Axis, Regulator
from classifier.tables.writing_grids import excel_cell
from classifier.taxonomy import UNDECIDED

Language = Literal["zh", "en"]
MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDEST: Final = 48
_BOLD: Final = Font(bold=True)


def workbook(table: Regulator, about: Sequence[tuple[str, str]], language: Language) -> bytes:
    """A sheet that says what is counted, one for each axis, one of business by cause, and the whole crossing.

    Parameters
    ----------
    table : Regulator
        With all axes.
    about : sequence of (str, str)
        What to say first: period, filters, and when it was counted.
    language : {'zh', 'en'}
    """
    chinese = language == "zh"
    book = Workbook(write_only=True)
    names = {axis: getattr(NAMES[axis], language) for axis in AXES}
    cases, share, total = ("件数", "占比", "合计") if chinese else ("Cases", "Share", "Total")
    notes = [*about, *_notes(table, names, chinese=chinese)]
    _sheet(book, "说明" if chinese else "Notes", [("项目", "内容") if chinese else ("Item", "What it is"), *notes])
    whole = table.total.cases
    for axis in AXES:
        rows = [(getattr(line.name, language), line.figure.cases) for line in table.margins(axis)]
        counted = [(name, count, count / whole) for name, count in rows]
        last = [(total, whole, 1.0)] if whole else [(total, 0, None)]
        _sheet(book, names[axis], [(names[axis], cases, share), *counted, *last])
    pivot = table.pivot("business", "cause")
    head = (f"{names['business']} \\ {names['cause']}", *(getattr(c.name, language) for c in pivot.columns), total)
    lines = [
        (getattr(row.name, language), *(cell.cases for cell in cells), row.figure.cases)
        for row, cells in zip(pivot.rows, pivot.cells, strict=True)
    ]
    last_line = (total, *(column.figure.cases for column in pivot.columns), whole)
    _sheet(book, "业务×原因" if chinese else "Business × cause", [head, *lines, last_line])
    shown = {axis: {line.name.code: getattr(line.name, language) for line in table.margins(axis)} for axis in AXES}
    crossed = [
        (*(shown[axis][value] for axis, value in zip(table.axes, key, strict=True)), count)
        for key, count in sorted(table.cells.items(), key=lambda found: (-found[1], found[0]))
    ]
    _sheet(book, "明细交叉" if chinese else "Crossing", [(*(names[axis] for axis in table.axes), cases), *crossed])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _notes(table: Regulator, names: dict[Axis, str], *, chinese: bool) -> list[tuple[str, Any]]:
    whole = table.total.cases
    notes: list[tuple[str, Any]] = [("投诉合计" if chinese else "Complaints", whole)]
    for axis in AXES:
        still_open = table.open(axis).cases
        label = f"{names[axis]}：{UNDECIDED}" if chinese else f"{names[axis]}: undecided or not given"
        percent = f"（{still_open / whole:.1%}）" if whole else ""
        notes.append((label, f"{still_open}{percent}" if chinese else f"{still_open} {percent.strip('（）')}".strip()))
    left_out = [f"{line.name.zh if chinese else line.name.en} {line.figure.cases}" for line in table.left_out()]
    label = "不计入（人工认定不是投诉）" if chinese else "Left out (a person found no complaint)"
    notes.append((label, "、".join(left_out) if chinese else ", ".join(left_out)) if left_out else (label, 0))
    return notes + (_DEFINED_ZH if chinese else _DEFINED_EN)


_DEFINED_ZH: Final[list[tuple[str, Any]]] = [
    ("类别", "最后一次人工更正的类别；没有更正的，为模型预测的类别。"),
    ("业务类别与原因", "由类别的含义确定；类别未确定的，取复核人员所填；无人填写的为“未定”，不作推测。"),
    ("业务办理渠道", "复核人员所填，或随投诉报送的内容；都没有的为“未定”。"),
    ("期间", "按登记时间，中国时间的自然日。"),
]
_DEFINED_EN: Final[list[tuple[str, Any]]] = [
    ("Category", "The last correction's, or else the model's."),
    (
        "Business and cause",
        "What the category's meaning fixes, or a reviewer set; else undecided, never guessed.",
    ),
    ("Business channel", "As a reviewer set it or the complaint came with it; else undecided."),
    ("Period", "By registration, in days of China's time."),
]


def _sheet(book: Any, title: str, rows: Sequence[Sequence[Any]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    for number, column in enumerate(zip(*rows, strict=True), 1):
        width = max(_width(value) for value in column)
        sheet.column_dimensions[get_column_letter(number)].width = min(_WIDEST, width + 2)
    for line, row in enumerate(rows):
        sheet.append([_cell(sheet, value, bold=line == 0) for value in row])


def _cell(sheet: Any, value: Any, *, bold: bool) -> Any:
    cell = excel_cell(sheet, value)
    if not bold and not isinstance(value, float):
        return cell
    if not isinstance(cell, Cell):
        cell = WriteOnlyCell(sheet, cell)
    if bold:
        cell.font = _BOLD
    if isinstance(value, float):
        cell.number_format = "0.0%"
    return cell


def _width(value: Any) -> int:
    """Of a Chinese character as of two others."""
    text = "100.0%" if isinstance(value, float) else str(value)
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
