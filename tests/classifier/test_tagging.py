"""Tagging a file: every row answered, none lost."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
from pathlib import Path

import pytest

from classifier import ComplaintModel, Router, Taxonomy
from classifier.errors import ComplaintsError
from classifier.tables import find_text_column, open_table
from classifier.tagging import COLUMNS, Summary, tag_file

TEXTS = [
    "信用卡年费乱收，要求退还年费",
    "",
    "手机银行闪退打不开",
    "\ufeff\u200b ",
    "长" * 20_001,
    "ATM吞卡，两天没人处理",
]


@pytest.fixture
def tag(model: ComplaintModel, router: Router, tmp_path: Path):  # type: ignore[no-untyped-def]
    def run(path: Path, output: str = "out.csv") -> tuple[Summary, list[dict[str, str]]]:
        table = open_table(path)
        summary = tag_file(table, find_text_column(table), tmp_path / output, model, router, progress=lambda done: None)
        if output.endswith(".jsonl"):
            lines = (tmp_path / output).read_text(encoding="utf-8").splitlines()
            return summary, [json.loads(line) for line in lines]
        with (tmp_path / output).open(encoding="utf-8-sig", newline="") as file:
            return summary, list(csv.DictReader(file))

    return run


def test_every_row_is_answered_in_its_place(tag, model: ComplaintModel, taxonomy: Taxonomy, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with (tmp_path / "in.csv").open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(
            [["编号", "投诉内容", "备注"], *([f"{i:03}", text, "x"] for i, text in enumerate(TEXTS))]
        )
    summary, rows = tag(tmp_path / "in.csv")
    assert list(rows[0]) == ["编号", "投诉内容", "备注", *COLUMNS]
    assert [row["编号"] for row in rows] == [f"{i:03}" for i in range(len(TEXTS))]
    assert [row["投诉内容"] for row in rows] == TEXTS
    assert [bool(row["error"]) for row in rows] == [False, True, False, True, True, False]
    assert [bool(row["predicted_category"]) for row in rows] == [True, False, True, False, False, True]
    assert "20,001 characters" in rows[4]["error"]
    assert (summary.rows, summary.errors, sum(summary.decisions.values())) == (6, 3, 3)
    assert [line for line, _ in summary.examples] == [3, 5, 6]

    prediction = model.predict([TEXTS[0]])[0]
    category = taxonomy[prediction.category]
    assert rows[0]["predicted_category"] == category.code == "card_fees"
    assert rows[0]["predicted_name"] == category.zh
    assert rows[0]["predicted_group"] == category.group.code
    assert float(rows[0]["confidence"]) == pytest.approx(prediction.confidence, abs=1e-4)
    assert rows[0]["decision"] == prediction.decision
    assert rows[0]["department"] in (category.department.code, "triage")


def test_a_name_the_file_already_has_gets_a_number(tag, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "in.csv").write_text("text,confidence,error,error_2\n年费,9,8,7\n", encoding="utf-8")
    _, rows = tag(tmp_path / "in.csv")
    assert (rows[0]["confidence"], rows[0]["error"], rows[0]["error_2"]) == ("9", "8", "7")
    assert float(rows[0]["confidence_2"]) > 0
    assert rows[0]["error_3"] == ""


def test_a_broken_line_gets_its_error_and_stops_nothing(tag, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "in.jsonl").write_text(
        '{"text": "年费"}\n{"text": "利\n{"text": null}\n{"text": "催收"}\n', encoding="utf-8"
    )
    summary, rows = tag(tmp_path / "in.jsonl", "out.jsonl")
    assert [bool(row["predicted_category"]) for row in rows] == [True, False, False, True]
    assert rows[1]["line"] == '{"text": "利'
    assert [row["error"] is None for row in rows] == [True, False, False, True]
    assert summary.errors == 2


def test_progress_is_told_to_the_end(model: ComplaintModel, router: Router, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\n" + "年费\n" * 2_500, encoding="utf-8")
    told: list[int] = []
    table = open_table(tmp_path / "in.csv")
    tag_file(table, 0, tmp_path / "out.csv", model, router, progress=told.append)
    assert told == [1_000, 2_000, 2_500]
    assert table.total == 2_500


# --- long files, by all cores


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.tagging.cores", lambda: 2)


MESSY = [
    *TEXTS,
    "=1+1，年费",
    "客户说：\n“年费”\n要退还",
    '他说"退"，没有退',
    "ＡＴＭ吞卡,两天没人处理",
    "-5.00",
]


@pytest.mark.usefixtures("two_cores")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("output", ["out.csv", "out.tsv", "out.jsonl"])
def test_a_long_file_is_tagged_as_one_process_would(
    tag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:  # type: ignore[no-untyped-def]
    draw = random.Random(3)
    with (tmp_path / "in.csv").open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "投诉内容", "confidence", "备注"])
        for number in range(5_500):
            text = draw.choice(MESSY) if number % 3 == 0 else ""
            writer.writerow([f"{number:05}", text, "9", draw.choice(["", "=x", "a,b", "甲\n乙"])][: draw.randint(2, 4)])
            if number % 1_000 == 500:
                file.write('x,"没有闭合的引号\n')
    with (tmp_path / "in.csv").open("ab") as raw:
        raw.write(b"y,\x81\xff\xff\n")
    many, _ = tag(tmp_path / "in.csv", f"many.{output}")
    monkeypatch.setattr("classifier.tagging.cores", lambda: 1)
    one, _ = tag(tmp_path / "in.csv", f"one.{output}")
    assert (tmp_path / f"many.{output}").read_bytes() == (tmp_path / f"one.{output}").read_bytes()
    assert many == one
    assert many.rows == 5_506
    assert many.errors > 3_500


@pytest.mark.usefixtures("two_cores")
def test_a_short_file_starts_no_process(tag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("a process was started"))
    (tmp_path / "in.csv").write_text("text\n" + "年费\n" * 1_500, encoding="utf-8")
    summary, _ = tag(tmp_path / "in.csv")
    assert summary.rows == 1_500


@pytest.mark.usefixtures("two_cores")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_process_that_dies_leaves_no_half_file(router: Router, tmp_path: Path) -> None:
    class Dying:
        def predict(self, texts: list[str]) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

    (tmp_path / "in.csv").write_text("text\n" + "年费\n" * 6_000, encoding="utf-8")
    (tmp_path / "out.csv").write_text("kept", encoding="utf-8")
    table = open_table(tmp_path / "in.csv")
    with pytest.raises(ComplaintsError, match="died before its work was done"):
        tag_file(table, 0, tmp_path / "out.csv", Dying(), router, progress=lambda done: None)  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "kept"
