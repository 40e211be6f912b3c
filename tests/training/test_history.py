"""A labelled history as desks export it: what is read, what is left out and why, and where each row stands."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from classifier import Taxonomy
from classifier.errors import CorpusError
from training.findings import DataReport, finding_rows
from training.history import LEAST, Columns, make_ready, read_raw, titles, unknown_labels
from training.labelled import Labelled
from training.labels import Labels
from training.sources import Source, open_file, open_query

FEES = "信用卡年费说好刷满六次就免，现在又扣了"
ATM = "在你们行的取款机上取钱，机器吞了我的卡"


def silent(*_: object) -> None:
    """Told how far it is, it says nothing."""


def opened(path: Path, **given: str) -> tuple[list[Source], Columns]:
    return [open_file(path, titles(given))], Columns(given)


def csv(tmp_path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "history.csv"
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def read(path: Path, **given: str) -> tuple[list[Labelled], DataReport]:
    sources, columns = opened(path, **given)
    return read_raw(sources, columns, silent)


def ready(rows: Sequence[tuple[str, str]], least: int = 1) -> tuple[list[Labelled], DataReport]:
    report = DataReport()
    raw = [Labelled(text, label, place=f"a.csv, line {line}") for line, (text, label) in enumerate(rows, start=2)]
    return make_ready(raw, Labels(Taxonomy.bundled()), report, least), report


def found(report: DataReport) -> list[tuple[str, str]]:
    return [(finding.kind, finding.place.partition(", ")[2]) for finding in report.findings if finding.place]


def test_columns_by_their_usual_names(tmp_path: Path) -> None:
    path = csv(
        tmp_path, "工单号,受理时间,投诉渠道,客户号,投诉内容,投诉分类", f"1,2026年5月1日 9:30,电话,C-7,{FEES},年费"
    )
    (row,), report = read(path)
    assert row == Labelled(
        FEES,
        "年费",
        channel="hotline",
        customer="C-7",
        at=datetime(2026, 5, 1, 9, 30),
        place=f"{path}, line 2",
    )
    assert report.read == 1
    assert "label = 投诉分类" in report.sources[0][2][0]


def test_columns_by_option_go_before_the_usual_names(tmp_path: Path) -> None:
    path = csv(tmp_path, "投诉分类,二级,内容,支行", f"信用卡,年费,{FEES},观前")
    (row,), _ = read(path, label="二级", group="支行")
    assert (row.category, row.group) == ("年费", "观前")


def test_of_two_columns_the_other_one_is_the_label(tmp_path: Path) -> None:
    (row,), _ = read(csv(tmp_path, "所属,text", f"年费,{FEES}"))
    assert row.category == "年费"


@pytest.mark.parametrize(
    ("header", "given", "says"),
    [
        ("a,b,c", {}, r"cannot tell which column holds the complaint\. Name it with --text; there are: a, b, c"),
        ("text,b,c", {}, r"cannot tell which column holds its category\. Name it with --label"),
        ("text,label,c", {"at": "时刻"}, r"no column '时刻'\. Name it with --at; there are: text, label, c"),
    ],
)
def test_a_missing_column_is_named_with_those_there_are(
    tmp_path: Path, header: str, given: dict[str, str], says: str
) -> None:
    with pytest.raises(CorpusError, match=says):
        read(csv(tmp_path, header, "x,y,z"), **given)


def test_a_gbk_export_with_titles_and_blank_lines(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "2026年5月投诉台账,,",
        ",,",
        "序号,投诉内容,类别",
        f"1,{FEES},年费",
        ",,",
        f"2,{ATM},吞卡",
        encoding="gb18030",
    )
    rows, report = read(path)
    assert [row.category for row in rows] == ["年费", "吞卡"]
    assert report.findings == []
    assert any("gb18030" in note for note in report.sources[0][2])


def test_an_excel_export_with_a_merged_title_and_real_dates(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["2026年5月投诉台账"])
    sheet.merge_cells("A1:C1")
    sheet.append([])
    sheet.append(["投诉内容", "投诉日期", "类别"])
    sheet.append([FEES, datetime(2026, 5, 1), "年费"])
    book.save(tmp_path / "history.xlsx")
    (row,), _ = read(tmp_path / "history.xlsx")
    assert (row.text, row.at, row.category) == (FEES, datetime(2026, 5, 1), "年费")


def test_personal_data_is_masked_before_anything_else(tmp_path: Path) -> None:
    (row,), report = read(csv(tmp_path, "text,label", "我的电话13800138000，年费乱收,年费"))
    assert row.text == "我的电话***********，年费乱收"
    assert report.masked == 1


@pytest.mark.parametrize(
    ("text", "label", "kind"),
    [
        ("", "年费", "empty"),
        ("  ", "年费", "empty"),
        ("？！…", "年费", "too_short"),
        ("138", "年费", "too_short"),
        ("年" * 20_001, "年费", "too_long"),
        (FEES, "", "unlabelled"),
        ("锟斤拷锟斤拷锟斤拷", "年费", "garbled"),
        ("ä¿¡ç\x94¨å\x8d¡å¹´è´¹", "年费", "garbled"),
        ("???????", "年费", "garbled"),
    ],
)
def test_a_row_that_teaches_nothing_is_left_out_and_named(tmp_path: Path, text: str, label: str, kind: str) -> None:
    rows, report = read(csv(tmp_path, "text,label,x", f"{text},{label},1", f"{ATM},吞卡,2"))
    assert [row.text for row in rows] == [ATM]
    assert found(report) == [(kind, "line 2")]


def test_question_marks_of_anger_are_no_broken_encoding(tmp_path: Path) -> None:
    rows, report = read(csv(tmp_path, "text,label", "国家规定可以60期你们敢说没有???,年费"))
    assert (len(rows), found(report)) == (1, [])


def test_a_text_with_one_broken_character_is_kept_and_named(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_bytes(f"text,label\n{FEES * 40}".encode() + b"\xff" + f"年费,年费\n{ATM * 40},吞卡\n".encode())
    rows, report = read(path)
    assert len(rows) == 2
    assert found(report) == [("broken", "line 2")]


def test_a_moment_nobody_understands_is_named_and_the_row_kept(tmp_path: Path) -> None:
    rows, report = read(csv(tmp_path, "text,label,日期", f"{FEES},年费,上个月"))
    assert (len(rows), rows[0].at) == (1, None)
    assert found(report) == [("undated", "line 2")]


def test_unknown_labels_come_with_counts_and_nearest_names() -> None:
    raw = [Labelled(FEES, "信用卡额数"), Labelled(ATM, "信用卡额数"), Labelled(ATM, "年费")]
    unknown = unknown_labels(raw, Labels(Taxonomy.bundled()))
    assert [(label, rows, nearest[0]) for label, rows, nearest in unknown] == [
        ("信用卡额数", 2, "信用卡额度"),
        ("年费", 1, "信用卡年费"),
    ]


def test_exact_duplicates_leave_the_first() -> None:
    rows, report = ready([(FEES, "card_fees"), (ATM, "atm_and_cash"), (FEES.replace("，", ","), "信用卡年费")])
    assert [row.place for row in rows] == ["a.csv, line 2", "a.csv, line 3"]
    assert found(report) == [("duplicate", "line 4")]
    assert report.findings[0].detail == "a.csv, line 2"


def test_one_text_with_two_labels_is_left_out_unless_most_rows_agree() -> None:
    rows, report = ready([(FEES, "card_fees"), (FEES, "card_limit"), (ATM, "atm_and_cash")])
    assert [row.text for row in rows] == [ATM]
    assert found(report) == [("conflict", "line 2"), ("conflict", "line 3")]
    rows, report = ready([(FEES, "card_limit"), (FEES, "card_fees"), (FEES, "card_fees")])
    assert [(row.category, row.place) for row in rows] == [("card_fees", "a.csv, line 3")]
    assert found(report)[:2] == [("conflict", "line 2"), ("duplicate", "line 4")]


def test_a_category_too_small_to_learn_is_left_out_and_a_small_one_named() -> None:
    rows, report = ready([(f"{FEES}{n}遍", "card_fees") for n in "一二三四五"] + [(ATM, "atm_and_cash")], LEAST)
    assert {row.category for row in rows} == {"card_fees"}
    assert report.counts == {"small": 1, "few": 1}
    assert report.kept == 5


def test_the_file_of_findings_runs_nothing_and_names_nobody(tmp_path: Path) -> None:
    _, report = read(csv(tmp_path, "text,label", "=1+1我叫王小明；电话13800138000,"))
    ((place, problem, done, _, _, text),) = finding_rows(report.findings)
    assert place.endswith("line 2")
    assert (problem, done) == ("没有类别 no label", "已剔除 dropped")
    assert text == "'=1+1我叫***；电话***********"


def test_a_database_is_asked_with_a_query(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE 工单 (内容 TEXT, 分类 TEXT, 日期 TEXT)")
        database.execute("INSERT INTO 工单 VALUES (?, '年费', '2026-05-01')", [FEES])
    source = open_query(f"sqlite:///{path}", "SELECT * FROM 工单")
    rows, report = read_raw([source], Columns({}), silent)
    assert [(row.text, row.category, row.at) for row in rows] == [(FEES, "年费", datetime(2026, 5, 1))]
    assert report.sources[0][0].endswith("bank.db")


@pytest.mark.parametrize(
    ("url", "query", "says"),
    [
        ("sqlite:////nowhere/cases.db", "SELECT 1", "there is no such database"),
        ("sqlite:///{db}", "SELECT * FROM labelled_history", r"cannot be asked \(no such table: labelled_history\)"),
        ("cases.db", "SELECT 1", "is not the address of a database"),
        ("postgresql://reader:secret@127.0.0.1:1/x", "SELECT 1", r"127\.0\.0\.1:1/x: cannot be asked"),
    ],
)
def test_a_database_that_cannot_be_asked_is_named_without_its_password(
    tmp_path: Path, url: str, query: str, says: str
) -> None:
    path = tmp_path / "empty.db"
    sqlite3.connect(path).close()
    with pytest.raises(CorpusError, match=says) as raised:
        open_query(url.replace("{db}", str(path)), query)
    assert "secret" not in str(raised.value)
