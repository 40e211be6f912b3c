"""The audit's Excel file: what analysts see, what may happen to it, and its way back to the labels."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Taxonomy
from classifier.errors import TableError
from classifier.masking import mask
from training import Labelled
from training.audit import Suspect
from training.decisions import COLUMNS, DECISION, KEY, Decision, apply, key_of, read_decisions, write_audit

ROWS = [
    Labelled("取款机吞了我的卡", "card_fees", place="a.csv, line 2"),
    Labelled("=cmd|'/c calc'!A1 年费太高", "atm_and_cash", ("card_fees",), place="a.csv, line 3"),
    Labelled("我叫王小明,电话13800138000,天天打电话催我", "card_fees", place="a.csv, line 4"),
    Labelled("年费怎么又收了", "card_fees", place="a.csv, line 5"),
    Labelled("测试", "card_fees", place="a.csv, line 6"),
]


def suspect(row: int, suggested: str, *words: str) -> Suspect:
    return Suspect(row, ROWS[row].category, suggested, 0.9, 0.01, 0.95, words)


SUSPECTS = [
    suspect(0, "atm_and_cash", "吞", "取款机"),
    suspect(1, "card_fees", "年费"),
    suspect(2, "debt_collection", "催"),
    suspect(4, "other"),
]


@pytest.fixture
def file(tmp_path: Path, taxonomy: Taxonomy) -> Path:
    path = tmp_path / "audit.xlsx"
    write_audit(path, SUSPECTS, ROWS, taxonomy)
    return path


def edited(path: Path, edit: Callable[[Any], None]) -> Path:
    """The file after somebody worked on its first sheet."""
    book = openpyxl.load_workbook(path)
    edit(book.worksheets[0])
    book.save(path)
    return path


def decided(path: Path, *words: str | None) -> Path:
    """The file with decisions, from the first line on."""

    def edit(sheet: Any) -> None:
        for line, word in enumerate(words, start=2):
            sheet[f"G{line}"] = word

    return edited(path, edit)


def test_an_analyst_sees_names_confidence_evidence_text_and_place(file: Path, taxonomy: Taxonomy) -> None:
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    header, first, *rest = sheet.iter_rows(values_only=True)
    assert header == tuple(COLUMNS)
    assert first == (
        f"{taxonomy['card_fees'].zh} card_fees",
        f"{taxonomy['atm_and_cash'].zh} atm_and_cash",
        0.9,
        "吞、取款机",
        "取款机吞了我的卡",
        "a.csv, line 2",
        None,
        key_of(ROWS[0]),
    )
    assert len(rest) == len(SUSPECTS) - 1
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:H5"
    assert {letter: sheet.column_dimensions[letter].width for letter in "AE"} == {"A": 26, "E": 80}


def test_the_list_of_choices_has_the_words_and_all_categories(file: Path, taxonomy: Taxonomy) -> None:
    book = openpyxl.load_workbook(file)
    (listed,) = book.worksheets[0].data_validations.dataValidation
    assert str(listed.sqref) == "G2:G5"
    assert listed.formula1 == f"'{book.worksheets[1].title}'!$A$1:$A${3 + len(taxonomy)}"
    choices = [cell for (cell,) in book.worksheets[1].iter_rows(values_only=True)]
    assert choices[:3] == ["采纳建议 accept", "保留 keep", "删除 drop"]
    assert [choice.split()[-1] for choice in choices[3:]] == list(taxonomy)


def test_every_choice_of_the_list_is_understood(tmp_path: Path, taxonomy: Taxonomy) -> None:
    path, count = tmp_path / "a.xlsx", 3 + len(taxonomy)
    rows = [Labelled(f"第{number}件", "card_fees") for number in range(count)]
    write_audit(path, [Suspect(n, "card_fees", "other", 0.9, 0.1, 0.9) for n in range(count)], rows, taxonomy)
    choices = [cell.value for cell in openpyxl.load_workbook(path).worksheets[1]["A"]]
    assert list(read_decisions(decided(path, *choices), taxonomy).values()) == [
        Decision("relabel", "other"),
        Decision("keep"),
        Decision("drop"),
        *(Decision("relabel", code) for code in taxonomy),
    ]


def test_categories_may_be_named_by_the_data(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """Such a category's code is its name, whatever that is."""
    names = ["=乱扣费", "催收"]
    named = {name: replace(taxonomy["other"], code=name, zh=name, en=name, aliases=()) for name in names}
    own = Taxonomy(named, taxonomy.departments, taxonomy.facets, "data")
    path, rows = tmp_path / "a.xlsx", [Labelled("又扣钱", "催收"), Labelled("又打电话", "=乱扣费")]
    write_audit(path, [Suspect(n, names[1 - n], names[n], 0.9, 0.1, 0.9) for n in (0, 1)], rows, own)
    changed, _ = apply(rows, read_decisions(decided(path, "采纳", "催收"), own))
    assert [row.category for row in changed] == names


def test_nothing_in_it_is_personal_or_runs(file: Path) -> None:
    cells = [
        cell for sheet in openpyxl.load_workbook(file) for line in sheet.iter_rows() for cell in line if cell.value
    ]
    assert not any(cell.data_type == "f" for cell in cells)
    whole = "\n".join(str(cell.value) for cell in cells)
    assert "13800138000" not in whole
    assert "王小明" not in whole
    assert "'=cmd" in whole


def test_decisions_come_back_and_are_applied(file: Path, taxonomy: Taxonomy) -> None:
    decisions = read_decisions(decided(file, "采纳建议 accept", "采纳建议 accept", "保留 keep", "删除 drop"), taxonomy)
    rows, applied = apply(ROWS, decisions)
    assert [row.category for row in rows] == ["atm_and_cash", "card_fees", "card_fees", "card_fees"]
    assert [row.place for row in rows] == [f"a.csv, line {line}" for line in (2, 3, 4, 5)]
    assert rows[1].secondary == ()
    assert (applied.relabelled, applied.kept, applied.dropped, applied.not_found) == (2, 1, 1, 0)


def test_what_is_undecided_stays(file: Path, taxonomy: Taxonomy) -> None:
    assert read_decisions(file, taxonomy) == {}
    assert apply(ROWS, {})[0] == ROWS


def test_decisions_find_their_rows_in_another_file_and_only_once(file: Path, taxonomy: Taxonomy) -> None:
    decisions = read_decisions(decided(file, "accept", None, None, "drop"), taxonomy)
    elsewhere = [Labelled("取款机吞了我的卡", "card_fees", place="b.xlsx, row 9")] * 2
    rows, applied = apply(elsewhere, decisions)
    assert [row.category for row in rows] == ["atm_and_cash"] * 2
    assert (applied.relabelled, applied.not_found) == (2, 1)
    again, applied = apply(rows, decisions)
    assert again == rows
    assert (applied.relabelled, applied.not_found) == (0, 2)


def test_a_decision_about_one_label_leaves_the_same_text_with_another_alone() -> None:
    conflict = [Labelled("年费", "card_fees"), Labelled("年费", "atm_and_cash")]
    rows, _ = apply(conflict, {key_of(conflict[1]): Decision("drop")})
    assert rows == conflict[:1]


def test_masked_or_not_a_row_has_one_key() -> None:
    assert key_of(ROWS[2]) == key_of(Labelled(mask(ROWS[2].text), "card_fees"))
    assert re.fullmatch("k[0-9a-f]{16}", key_of(ROWS[2]))


def test_rows_that_are_equal_are_shown_once(tmp_path: Path, taxonomy: Taxonomy) -> None:
    same = [suspect(0, "atm_and_cash"), Suspect(1, "card_fees", "other", 0.6, 0.2, 0.7)]
    write_audit(tmp_path / "a.xlsx", same, [ROWS[0]] * 2, taxonomy)
    lines = list(openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0].iter_rows(min_row=2, values_only=True))
    assert [line[1].split()[-1] for line in lines] == ["atm_and_cash"]


def test_it_survives_what_analysts_do(file: Path, taxonomy: Taxonomy) -> None:
    """Sorted, a row deleted, columns added and moved, a title above, blanks and line breaks around words."""

    def mess(sheet: Any) -> None:
        _, *lines = [list(line) for line in sheet.iter_rows(values_only=True)]
        by_text = {line[4]: line for line in lines}
        by_text["取款机吞了我的卡"][6] = "  采纳建议\n"
        by_text["测试"][6] = " DELETE "
        by_text["'=cmd|'/c calc'!A1 年费太高"][6] = "　card_fees　"
        lines = [line for line in lines if line[6]]
        random.Random(1).shuffle(lines)
        sheet.delete_rows(1, 99)
        sheet.append(["二季度审查", None, None])
        sheet.append(["备注", *COLUMNS, "经办人"])
        for line in lines:
            sheet.append(["已看", *line, "小李"])
            sheet.append([])

    decisions = read_decisions(edited(file, mess), taxonomy)
    assert decisions == {
        key_of(ROWS[0]): Decision("relabel", "atm_and_cash"),
        key_of(ROWS[1]): Decision("relabel", "card_fees"),
        key_of(ROWS[4]): Decision("drop"),
    }


def test_it_may_come_back_as_csv_of_a_chinese_excel(file: Path, taxonomy: Taxonomy, tmp_path: Path) -> None:
    path = tmp_path / "back.csv"
    lines = openpyxl.load_workbook(decided(file, "同意")).worksheets[0].iter_rows(values_only=True)
    with path.open("w", encoding="gb18030", newline="") as out:
        csv.writer(out).writerows([cell or "" for cell in line] for line in lines)
    assert read_decisions(path, taxonomy) == {key_of(ROWS[0]): Decision("relabel", "atm_and_cash")}


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("采纳", "relabel"),
        ("ACCEPT", "relabel"),
        ("保留", "keep"),
        ("Keep", "keep"),
        ("删除", "drop"),
        ("剔除", "drop"),
    ],
)
def test_words_of_either_language_do(name: str, action: str, file: Path, taxonomy: Taxonomy) -> None:
    (decision,) = read_decisions(decided(file, name), taxonomy).values()
    assert decision.action == action


def test_another_category_may_be_named_in_any_way(file: Path, taxonomy: Taxonomy) -> None:
    category = taxonomy["debt_collection"]
    path = decided(file, category.zh, category.en.upper(), category.code)
    assert set(read_decisions(path, taxonomy).values()) == {Decision("relabel", "debt_collection")}


def test_choosing_the_label_it_has_keeps_it(file: Path, taxonomy: Taxonomy) -> None:
    rows, applied = apply(ROWS, read_decisions(decided(file, "card_fees"), taxonomy))
    assert rows == ROWS
    assert (applied.kept, applied.relabelled) == (1, 0)


def test_an_unknown_word_names_row_and_remedy(file: Path, taxonomy: Taxonomy) -> None:
    with pytest.raises(TableError, match=r"row 3: unknown decision or category 'card_fee'.*mean card_fees"):
        read_decisions(decided(file, "keep", "card_fee"), taxonomy)


def test_a_lost_key_names_row_and_remedy(file: Path, taxonomy: Taxonomy) -> None:
    def lose(sheet: Any) -> None:
        sheet["G3"], sheet["H3"] = "keep", None

    with pytest.raises(TableError, match=r"row 3: has a decision but no key\. Copy the key"):
        read_decisions(edited(file, lose), taxonomy)


def test_two_minds_about_one_row_are_named(file: Path, taxonomy: Taxonomy) -> None:
    def copy(sheet: Any) -> None:
        sheet["G2"] = "keep"
        sheet.append([*(cell.value for cell in sheet[2][:6]), "drop", sheet["H2"].value])

    with pytest.raises(TableError, match="row 6: contradicts row 2"):
        read_decisions(edited(file, copy), taxonomy)


@pytest.mark.parametrize("name", [DECISION, KEY])
def test_a_lost_column_is_named(name: str, file: Path, taxonomy: Taxonomy) -> None:
    def lose(sheet: Any) -> None:
        sheet.delete_cols(list(COLUMNS).index(name) + 1)

    with pytest.raises(TableError, match=f"has no column '{name}'.*投诉内容 text"):
        read_decisions(edited(file, lose), taxonomy)


def test_only_excel_is_written_and_whole_or_not_at_all(tmp_path: Path, taxonomy: Taxonomy) -> None:
    with pytest.raises(TableError, match=r"End it in \.xlsx"):
        write_audit(tmp_path / "a.csv", SUSPECTS, ROWS, taxonomy)
    with pytest.raises(TableError, match="cannot be written"):
        write_audit(tmp_path / "none" / "a.xlsx", SUSPECTS, ROWS, taxonomy)
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=25)
@given(st.text(max_size=80), st.sampled_from(["card_fees", "atm_and_cash"]))
def test_any_text_can_be_shown_decided_and_found_again(tmp_path_factory: Any, text: str, category: str) -> None:
    taxonomy = Taxonomy.bundled()
    path = tmp_path_factory.mktemp("any") / "a.xlsx"
    rows = [Labelled(text, category)]
    write_audit(path, [Suspect(0, category, "other", 0.9, 0.1, 0.9, (text,))], rows, taxonomy)
    assert apply(rows, read_decisions(decided(path, "采纳"), taxonomy))[0] == [Labelled(text, "other")]
