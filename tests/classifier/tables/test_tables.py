"""Files in and out: every row in its place, every cell as it was."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import TableError
from classifier.tables import TEXT_COLUMNS, Row, Table, find_text_column, open_table, open_writer, output_path


def rows_of(table: Table) -> list[Row]:
    return [row for block in table.blocks() for row in block.rows]


def cells_of(table: Table) -> list[list[Any]]:
    return [row.cells for row in rows_of(table)]


def copy(table: Table, target: Path, *, raw: bool = False) -> None:
    """Write a table with one further column."""
    with open_writer(target, table, ["seen"], raw=raw) as writer:
        for block in table.blocks():
            writer.write(block, [["yes"] for _ in block.rows])


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


# --- what a file is, is told by its content


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.xls", "编号,投诉内容\n1,年费\n", "csv"),
        ("a.csv", "编号\t投诉内容\n1\t年费，太高\n", "tsv"),
        ("a.txt", '{"投诉内容": "年费"}\n', "jsonl"),
        (
            "a.xls",
            "<html><table><tr><th>编号</th><th>投诉内容</th></tr><tr><td>1</td><td>年费</td></tr></table>",
            "html",
        ),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_text_formats_under_any_name(
    file: Callable[..., Path], name: str, content: str, kind: str, encoding: str
) -> None:
    table = open_table(file(name, content, encoding))
    assert table.format == kind
    assert table.columns[-1] == "投诉内容"
    assert table.total == 1
    assert rows_of(table)[0].cells[-1] in ("年费", "年费，太高")


def test_an_xlsx_under_the_name_csv(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["投诉内容"])
    book.active.append(["年费"])
    book.save(tmp_path / "a.xlsx")
    path = (tmp_path / "a.xlsx").rename(tmp_path / "a.csv")
    assert open_table(path).format == "excel"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        ("\ufeff\r\n\n", "the file is empty"),
        (b"PK\x03\x04 something", "cannot be read as Excel"),
        (b"\xd0\xcf\x11\xe0 something", "cannot be read as Excel"),
        (b"PAR1 something", "cannot be read as Parquet"),
        (b"\x89PNG\r\n\x00\x00", "is a PNG file, no table"),
        (b"%PDF-1.7", "is a PDF file, no table"),
        (b"\x00\x01\x02\x03", "is neither a table nor text"),
        (bytes(range(1, 256)) * 9, "is neither a table nor text"),
        ('[{"a": 1}]', "is a JSON array"),
        ("<html>no table</html>", "the table is empty"),
        ('<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "Excel 2003 XML"),
    ],
)
def test_what_cannot_be_read_is_named_with_a_remedy(file: Callable[..., Path], content: str | bytes, says: str) -> None:
    path = file("bad.csv", content)
    with pytest.raises(TableError, match=says) as refused:
        open_table(path)
    assert "bad.csv" in str(refused.value)
    assert refused.value.remedy


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"none\.csv: cannot be opened"):
        open_table(tmp_path / "none.csv")


# --- CSV


def test_leading_zeros_long_numbers_and_empty_cells_stay(file: Callable[..., Path]) -> None:
    table = open_table(file("a.csv", "卡号,备注,text\n0012,,年费\n6222021234567890123,1.10,利息\n"))
    assert cells_of(table) == [["0012", "", "年费"], ["6222021234567890123", "1.10", "利息"]]


def test_line_breaks_and_quotes_inside_cells(file: Callable[..., Path]) -> None:
    table = open_table(file("a.csv", 'id,text\n1,"第一行\n第二行，""引号"""\n2,b\n'))
    assert [(row.cells, row.line) for row in rows_of(table)] == [(["1", '第一行\n第二行，"引号"'], 2), (["2", "b"], 4)]


def test_a_quote_never_closed_swallows_one_row_only(file: Callable[..., Path]) -> None:
    body = "".join(f"{i},第{i}行\n" for i in range(3_000))
    table = open_table(file("a.csv", f'id,text\n0,"没有闭合\n{body}'))
    rows = rows_of(table)
    assert len(rows) == table.total == 3_001
    assert rows[0].cells == ["0", '"没有闭合']
    assert "never closed" in rows[0].error
    assert [row.error for row in rows[1:]] == [""] * 3_000
    assert rows[-1].line == 3_002


def test_a_quote_never_closed_on_the_last_row(file: Callable[..., Path]) -> None:
    rows = rows_of(open_table(file("a.csv", 'id,text\n1,好\n2,"没有闭合\n3,好\n')))
    assert [(row.cells[0], bool(row.error)) for row in rows] == [("1", False), ("2", True), ("3", False)]


def test_many_quotes_never_closed_keep_all_rows_and_their_order(file: Callable[..., Path]) -> None:
    lines = [f'{number},"没有闭合' for number in range(3_000)]
    rows = rows_of(open_table(file("a.csv", "id,text\n" + "\n".join(lines) + '\n0,"好\n了"\n')))[:2_990]
    assert [",".join(row.cells).rstrip(",") for row in rows] == lines[:2_990]
    assert [row.line for row in rows] == list(range(2, 2_992))
    assert {bool(row.error) for row in rows} == {True}


@pytest.mark.parametrize("row", ['1,"客服推诿；a;b;c;d\t\t\t"', "1,客服推诿;a;b;c;d", '1,"a;b\n\t;\t;\n;"'])
def test_the_delimiter_is_not_taken_from_what_people_write(file: Callable[..., Path], row: str) -> None:
    for body, delimiter in ((row, ","), (row.replace(",", "|").replace(";", ",").replace("|", ";"), ";")):
        (only,) = rows_of(open_table(file("a.csv", f"id{delimiter}text\n{body}\n")))
        assert only.cells == ["1", body[2:].strip('"')]


def test_ragged_rows_keep_all_their_cells(file: Callable[..., Path]) -> None:
    table = open_table(file("a.csv", "a,text\n1\n2,x,多出来的,又一个\n"))
    assert table.columns == ["a", "text", "column_3", "column_4"]
    assert cells_of(table) == [["1", "", "", ""], ["2", "x", "多出来的", "又一个"]]


def test_nameless_and_repeated_columns(file: Callable[..., Path]) -> None:
    assert open_table(file("a.csv", "备注,,备注\n1,2,3\n")).columns == ["备注", "column_2", "备注_2"]


def test_blank_lines_inside_are_rows_and_around_are_none(file: Callable[..., Path]) -> None:
    table = open_table(file("a.csv", "\n\na,text\n1,x\n\n2,y\n\n\n"))
    assert [(row.cells, row.line) for row in rows_of(table)] == [(["1", "x"], 4), (["", ""], 5), (["2", "y"], 6)]


def test_broken_characters_are_reported_on_their_row(file: Callable[..., Path]) -> None:
    good = "".join(f"{i},信用卡年费乱收要求退还\n" for i in range(20))
    table = open_table(file("a.csv", f"id,text\n{good}".encode() + b"20,\xff\xfe\n"))
    assert [bool(row.error) for row in rows_of(table)] == [False] * 20 + [True]


cell = st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufffd\ufeff"), max_size=8)


@given(st.lists(st.tuples(cell, cell).map(list), max_size=8))
def test_any_csv_comes_out_as_it_was(tmp_path_factory: pytest.TempPathFactory, grid: list[list[str]]) -> None:
    folder = tmp_path_factory.mktemp("csv")
    with (folder / "in.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["id", "text"], *grid, ["end", "end"]])
    copy(open_table(folder / "in.csv"), folder / "out.csv", raw=True)
    with (folder / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row[:2] for row in csv.reader(file)][1:-1] == grid


# --- Excel


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "一月"
    sheet.append(["编号", "日期", "金额", "投诉内容"])
    sheet.append(["007", datetime(2026, 1, 5, 8, 30), 12.5, "年费"])
    sheet.append(["6222021234567890123", date(2026, 1, 6), 300, "=1+1"])
    sheet["D3"].data_type = "s"
    sheet.append([])
    sheet.append(["009", None, None, "利息"])
    book.create_sheet("二月").append(["投诉内容"])
    book.save(tmp_path / "two.xlsx")
    return tmp_path / "two.xlsx"


def test_further_sheets_are_named_and_can_be_chosen(workbook: Path) -> None:
    table = open_table(workbook)
    assert any("二月" in note for note in table.notes)
    assert table.total == 4
    assert open_table(workbook, sheet="二月").columns == ["投诉内容"]
    with pytest.raises(TableError, match=r"no sheet '三月'. There are: 一月, 二月"):
        open_table(workbook, sheet="三月")


def test_numbers_dates_and_texts_stay_what_they_are(workbook: Path, tmp_path: Path) -> None:
    copy(open_table(workbook), tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("编号", "日期", "金额", "投诉内容", "seen")
    assert rows[1] == ("007", datetime(2026, 1, 5, 8, 30), 12.5, "年费", "yes")
    assert rows[2][0] == "6222021234567890123"
    assert rows[3] == (None, None, None, None, "yes")
    assert rows[4][0] == "009"


def test_a_formula_in_a_text_cell_is_not_run(workbook: Path, tmp_path: Path) -> None:
    copy(open_table(workbook), tmp_path / "out.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "out.xlsx").active["D3"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)


def test_the_old_xls_is_read() -> None:
    table = open_table(Path(__file__).with_name("old.xls"))
    assert table.columns == ["编号", "投诉内容"]
    assert cells_of(table) == [["007", "信用卡年费乱收"], ["008", "手机银行闪退"]]
    assert output_path(table, "tagged").name == "old.tagged.xlsx"


# --- JSON Lines


def test_a_json_line_keeps_every_character(file: Callable[..., Path], tmp_path: Path) -> None:
    lines = [
        '{"id": 6222021234567890123, "rate": 1.10, "text": "年费",  "x": {"y": [1, null]}}',
        '{"text": null}',
        "{}",
    ]
    table = open_table(file("a.jsonl", "\n".join(lines) + "\n"))
    assert cells_of(table)[0] == [6222021234567890123, Decimal("1.10"), "年费", {"y": [1, None]}]
    copy(table, tmp_path / "out.jsonl")
    out = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert out[0] == lines[0][:-1] + ', "seen": "yes"}'
    assert [json.loads(line)["seen"] for line in out] == ["yes"] * 3


def test_a_broken_json_line_is_kept_and_reported(file: Callable[..., Path], tmp_path: Path) -> None:
    table = open_table(
        file("a.jsonl", '{"text": "年费"}\n{"text": "利息\n[1]\n' + "[" * 100_000 + '\n{"text": "催收"}\n')
    )
    assert [bool(row.error) for row in rows_of(table)] == [False, True, True, True, False]
    copy(table, tmp_path / "out.jsonl")
    out = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert out[1] == {"line": '{"text": "利息', "seen": "yes"}


# --- Parquet


def test_parquet_keeps_types_and_nulls(tmp_path: Path) -> None:
    source = pa.table(
        {
            "id": pa.array([1, None], pa.int64()),
            "when": pa.array([1_700_000_000_123_456_789, None], pa.timestamp("ns")),
            "text": pa.array(["", None]),
            "kind": pa.array(["a", "b"]).dictionary_encode(),
        }
    )
    pq.write_table(source, tmp_path / "in.parquet")
    table = open_table(tmp_path / "in.parquet")
    assert [row.cells[2] for row in rows_of(table)] == ["", None]
    copy(table, tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").drop(["seen"]).equals(source)


# --- from any format to any other


@pytest.mark.parametrize("source", ["csv", "xlsx", "jsonl", "parquet"])
@pytest.mark.parametrize("target", ["csv", "tsv", "xlsx", "jsonl", "parquet"])
def test_texts_survive_every_way(file: Callable[..., Path], tmp_path: Path, source: str, target: str) -> None:
    first = open_table(file("a.csv", "id,text\n007,年费\n6222021234567890123,=1+1\n"))
    copy(first, tmp_path / f"b.{source}")
    copy(open_table(tmp_path / f"b.{source}"), tmp_path / f"c.{target}")
    last = open_table(tmp_path / f"c.{target}")
    assert [name for name in last.columns if name != "seen_2"] == ["id", "text", "seen"] or last.columns[-1] == "seen"
    assert [cells[0] for cells in cells_of(last)] == ["007", "6222021234567890123"]
    assert cells_of(last)[1][1] in ("=1+1", "'=1+1")


def test_formulas_in_csv_are_neutralised_unless_raw(file: Callable[..., Path], tmp_path: Path) -> None:
    table = open_table(file("a.csv", "=cmd,text\n-5.00,=1+1\n"))
    copy(table, tmp_path / "safe.csv")
    copy(table, tmp_path / "raw.csv", raw=True)
    assert (tmp_path / "safe.csv").read_text(encoding="utf-8-sig") == "'=cmd,text,seen\n-5.00,'=1+1,yes\n"
    assert (tmp_path / "raw.csv").read_text(encoding="utf-8-sig") == "=cmd,text,seen\n-5.00,=1+1,yes\n"
    assert (tmp_path / "safe.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_an_output_that_cannot_be_is_refused_and_leaves_nothing(file: Callable[..., Path], tmp_path: Path) -> None:
    path = file("a.csv", "text\n年费\n")
    table = open_table(path)
    for target, says in (
        ("out.pdf", "cannot write '.pdf'"),
        ("a.csv", "is the input itself"),
        ("no/out.csv", "cannot be"),
    ):
        with pytest.raises(TableError, match=says):
            copy(table, tmp_path / target)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv"]


def test_an_error_in_the_middle_leaves_no_half_file(file: Callable[..., Path], tmp_path: Path) -> None:
    table = open_table(file("a.csv", "text\n年费\n"))
    with pytest.raises(RuntimeError), open_writer(tmp_path / "out.csv", table, ["seen"]):
        raise RuntimeError
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv"]


def test_whatever_blank_a_formula_stands_behind_it_is_neutralised(tmp_path: Path) -> None:
    blanks = [chr(code) for code in range(0x110000) if chr(code).isspace()]
    source = pa.table({"text": ["年费"] * len(blanks), "cell": [f"{blank}=1+1" for blank in blanks]})
    pq.write_table(source, tmp_path / "in.parquet")
    copy(open_table(tmp_path / "in.parquet"), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["cell"] for row in csv.DictReader(file)] == [f"'{blank}=1+1" for blank in blanks]


def test_a_cell_of_several_lines_is_one_wherever_the_file_is_cut_for_reading(tmp_path: Path) -> None:
    rows = [[f"{number}", "第一行\n第二行\n" * (number % 4)] for number in range(5_000)]
    with (tmp_path / "in.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *rows])
    table = open_table(tmp_path / "in.csv")
    assert table.total == len(rows)
    assert cells_of(table) == rows
    assert [row.line for row in rows_of(table)][:5] == [2, 3, 6, 11, 18]


# --- which column


@pytest.mark.parametrize("name", ["投诉内容", "投诉详情", "内容", "留言详情", "text", "Content", " TEXT "])
def test_the_text_column_by_its_usual_names(file: Callable[..., Path], name: str) -> None:
    assert find_text_column(open_table(file("a.csv", f"编号,{name},渠道\n1,2,3\n"))) == 1


def test_the_more_telling_name_wins(file: Callable[..., Path]) -> None:
    assert find_text_column(open_table(file("a.csv", "内容,投诉内容\n1,2\n"))) == 1


def test_the_only_column_needs_no_name(file: Callable[..., Path]) -> None:
    assert find_text_column(open_table(file("a.csv", "随便\n1\n"))) == 0


def test_otherwise_the_columns_are_listed(file: Callable[..., Path]) -> None:
    table = open_table(file("a.csv", "编号,说明文字\n1,2\n"))
    with pytest.raises(TableError, match="--text; there are: 编号, 说明文字"):
        find_text_column(table)
    with pytest.raises(TableError, match="no column '正文'"):
        find_text_column(table, "正文")
    assert find_text_column(table, "说明文字") == 1


@pytest.mark.parametrize("name", ["内容", "內容", "ＴＥＸＴ", "投訴內容"])
def test_names_without_regard_to_width_case_and_traditional_characters(file: Callable[..., Path], name: str) -> None:
    assert find_text_column(open_table(file("a.csv", f"编号,{name}\n1,2\n"))) == 1


def test_a_complaint_is_no_column_name(file: Callable[..., Path]) -> None:
    """A file without a header would lose its first complaint."""
    table = open_table(file("a.csv", "信用卡年费扣了我三百元，要求退还\n手机银行闪退\n"))
    with pytest.raises(TableError, match="cannot tell which column"):
        find_text_column(table)


# --- what a stranger's files brought up


@pytest.mark.parametrize("wanted", [None, "投诉内容"])
def test_title_rows_above_the_header_are_passed_over_and_told(
    file: Callable[..., Path], tmp_path: Path, wanted: str | None
) -> None:
    grid = [["2026年投诉台账", None], ["单位：观前支行", None], ["编号", "投诉内容"], ["007", "年费"]]
    book = openpyxl.Workbook()
    for cells in grid:
        book.active.append(cells)
    book.save(tmp_path / "a.xlsx")
    text = "\n".join(",".join(cell or "" for cell in cells) for cells in grid)
    header = [wanted] if wanted else TEXT_COLUMNS
    for table in (open_table(tmp_path / "a.xlsx", header=header), open_table(file("a.csv", text), header=header)):
        assert (table.columns, table.total) == (["编号", "投诉内容"], 1)
        assert [(row.cells, row.line) for row in rows_of(table)] == [(["007", "年费"], 4)]
        assert any("left out: 2" in note for note in table.notes)


def test_an_xlsx_under_the_name_xls(workbook: Path) -> None:
    assert open_table(workbook.rename(workbook.with_suffix(".xls"))).total == 4


def test_times_python_lacks_harm_no_other_column(tmp_path: Path) -> None:
    source = pa.table(
        {"text": ["年费"], "took": pa.array([1], pa.duration("ns")), "far": pa.array([5_000_000], pa.date32())}
    )
    pq.write_table(source, tmp_path / "in.parquet")
    table = open_table(tmp_path / "in.parquet")
    copy(table, tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").drop(["seen"]).equals(source)
    with pytest.raises(TableError, match=r"column took: cannot be read .*Write \.parquet"):
        copy(table, tmp_path / "out.csv")


def test_times_with_a_zone_go_to_excel_as_text(tmp_path: Path) -> None:
    when = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
    pq.write_table(pa.table({"text": ["年费"], "when": [when]}), tmp_path / "in.parquet")
    copy(open_table(tmp_path / "in.parquet"), tmp_path / "out.xlsx")
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").active["B2"].value == "2026-05-01 09:30:00+00:00"


def test_19_digits_from_json_stay_in_excel(file: Callable[..., Path], tmp_path: Path) -> None:
    copy(open_table(file("a.jsonl", '{"id": 6222021234567890123, "text": "年费"}\n')), tmp_path / "out.xlsx")
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").active["A2"].value == "6222021234567890123"


def test_a_lone_surrogate_reaches_every_format(file: Callable[..., Path], tmp_path: Path) -> None:
    table = open_table(file("a.jsonl", '{"text": "年费\\ud800"}\n'))
    for ending in ("csv", "xlsx", "jsonl", "parquet"):
        copy(table, tmp_path / f"out.{ending}")


def test_a_broken_json_line_is_kept_in_other_formats_too(file: Callable[..., Path], tmp_path: Path) -> None:
    copy(open_table(file("a.jsonl", '{"id": 1, "text": "年费"}\n{"text": "利息\n')), tmp_path / "out.csv")
    assert '"{""text"": ""利息"' in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def test_too_many_columns_for_excel_are_refused(file: Callable[..., Path], tmp_path: Path) -> None:
    header = ",".join(f"c{i}" for i in range(16_384))
    with pytest.raises(TableError, match="too many columns for Excel"):
        copy(open_table(file("a.csv", f"{header}\n1\n")), tmp_path / "out.xlsx")


def test_a_few_nul_bytes_do_not_stop_a_file(file: Callable[..., Path]) -> None:
    rows = "".join(f"{i},信用卡年费乱收要求退还\n" for i in range(5))
    assert open_table(file("a.csv", f"id,text\n{rows}6,年\x00费\n")).total == 6


def test_more_columns_than_any_table_of_complaints_are_refused(file: Callable[..., Path]) -> None:
    with pytest.raises(TableError, match="has 1,000,000 columns"):
        open_table(file("a.csv", "x," * 999_999 + "x\n"))


def test_many_columns_of_one_name_are_numbered(file: Callable[..., Path]) -> None:
    columns = open_table(file("a.csv", "text" + ",x" * 10_000 + "\n")).columns
    assert columns[1:4] == ["x", "x_2", "x_3"]
    assert len(set(columns)) == 10_001


def test_a_table_within_a_cell_is_text_of_that_cell(tmp_path: Path) -> None:
    inner = "<table><tr><td>工单</td><td>1</td></tr></table>"
    path = tmp_path / "x.xls"
    path.write_text(f"<table><tr><td>投诉内容<tr><td>年费{inner}<tr><td>额度</table>", encoding="utf-8")
    (block,) = open_table(path).blocks()
    assert [row.cells for row in block.rows] == [["年费工单1"], ["额度"]]


def test_of_tables_deep_within_tables_the_longest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.xls"
    path.write_text(
        "<table><tr><td>投诉内容" * 200 + "<table><tr><td>投诉内容<tr><td>年费<tr><td>额度", encoding="utf-8"
    )
    (block,) = open_table(path).blocks()
    assert [row.cells for row in block.rows] == [["年费"], ["额度"]]


def test_a_line_with_a_number_beyond_all_numbers_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"text": "年费"}\n{"text": "额度", "amount": 0e99999999999999999999}\n', encoding="utf-8")
    (block,) = open_table(path).blocks()
    assert [bool(row.error) for row in block.rows] == [False, True]
