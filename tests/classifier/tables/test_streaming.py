"""Tables written piece by piece: what a spreadsheet finds in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import openpyxl
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from classifier.tables.streaming import csv_lines, workbook

HEADER = ["行号", "内容"]


def opened(rows: list[list[Any]]) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(io.BytesIO(b"".join(workbook([HEADER, *rows], "案件"))))["案件"]


def test_a_workbook_is_read_by_others_as_it_was_written() -> None:
    rows = [[1, "年费\n不退 <b>&amp;</b>"], [2, " 前后有空格 "], [3, ""], [4, "=1+1"], [5, "坏字符\x00\x0b\ud800"]]
    sheet = opened(rows)
    kept = [["行号", "内容"], *rows[:2], [3, None], rows[3], [5, "坏字符\ufffd\ufffd\ufffd"]]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == kept
    read = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(workbook([HEADER, *rows], "案件"))))
    assert read.get_sheet_by_name("案件").to_python()[1] == [1.0, "年费\n不退 <b>&amp;</b>"]


def test_no_text_of_a_workbook_is_run() -> None:
    sheet = opened([[1, text] for text in ("=1+1", "@SUM(A1)", "\t=cmd", "-5.00", "退款")])
    assert {cell.data_type for cell in sheet["B"]} == {"s"}
    assert [cell.quotePrefix for cell in sheet["B"]] == [False, True, True, True, False, False]
    assert sheet.freeze_panes == "A2"


def test_rows_are_asked_for_as_they_go_out() -> None:
    asked = 0

    def rows() -> Iterator[list[Any]]:
        nonlocal asked
        for number in range(20_000):
            asked = number
            yield [number, f"{number * 7_919}" * 20]

    for write in (csv_lines, lambda them: workbook(them, "案件")):
        pieces = iter(write(rows()))
        first = next(pieces)
        assert 0 < asked < 10_000
        assert all(len(piece) < 1 << 20 for piece in [first, *pieces])
        assert asked == 19_999


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_a_csv_file_has_every_cell_and_none_that_is_run(rows: list[list[str]]) -> None:
    written = "".join(csv_lines([HEADER, *rows]))
    assert written[0] == "\ufeff"
    read = list(csv.reader(io.StringIO(written[1:], newline="")))
    assert read[0] == HEADER
    for cells, cell in zip(rows, read[1:], strict=True):
        for before, after in zip(cells, cell, strict=True):
            assert after in (before, f"'{before}")
            assert not after.startswith(("=", "@"))
