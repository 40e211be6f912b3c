"""The command line, typed as a person types it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from models import Bundle

TEXT = "信用卡年费说好刷满六次就免，现在又扣了我300元年费，要求退还年费"

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def complaints(store: Path, bundle: Bundle, tmp_path: Path) -> Command:
    """Run ``complaints …`` in an empty folder against the tests' store."""

    def run(*arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("complaints")), *arguments],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "COMPLAINTS_MODEL_STORE": str(store), "COLUMNS": "120", **(env or {})},
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


def test_classify_shows_category_department_and_evidence(complaints: Command, bundle: Bundle) -> None:
    done = complaints("classify", TEXT)
    assert done.returncode == 0
    assert done.stderr == ""
    for words in (TEXT, "信用卡费用与利息 card_fees", "部门 department", "年费", bundle.manifest.version):
        assert words in done.stdout


def test_classify_json_is_what_http_answers(complaints: Command) -> None:
    answer = json.loads(complaints("classify", TEXT, "--json").stdout)
    assert answer["category"]["code"] == "card_fees"
    assert {"model", "confidence", "decision", "department", "priority", "trace", "evidence"} <= set(answer)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_classify_reads_standard_input(complaints: Command, encoding: str) -> None:
    done = complaints("classify", "--json", stdin=f"{TEXT}\n".encode(encoding))
    assert json.loads(done.stdout)["category"]["code"] == "card_fees"


@pytest.mark.parametrize(("text", "says"), [("", "the text is empty"), ("长" * 20_001, "20,000")])
def test_classify_refuses_what_cannot_be_read(complaints: Command, text: str, says: str) -> None:
    done = complaints("classify", text)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_without_a_model_the_remedy_is_named(complaints: Command, tmp_path: Path) -> None:
    done = complaints("classify", TEXT, env={"COMPLAINTS_MODEL_STORE": str(tmp_path / "none")})
    assert done.returncode == 2
    assert "there is no model yet. Train one with `complaints train`." in done.stderr


def test_tag_a_gbk_csv(complaints: Command, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(f"编号,投诉内容\n007,{TEXT}\n008,\n".encode("gbk"))
    done = complaints("tag", "in.csv")
    assert done.returncode == 0
    assert "gb18030" in done.stderr
    assert "第 3 行 line 3: 内容为空 the text is empty" in done.stderr
    assert "共 2 行 rows" in done.stdout
    with (tmp_path / "in.tagged.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["编号"], row["predicted_category"]) for row in rows] == [("007", "card_fees"), ("008", "")]


def test_tag_an_excel_file_with_two_sheets(complaints: Command, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "一月"
    for row in (["编号", "说明"], ["007", TEXT]):
        book.active.append(row)
    book.create_sheet("二月").append(["说明"])
    book.save(tmp_path / "in.xlsx")
    done = complaints("tag", "in.xlsx")
    assert done.returncode == 2
    assert "Name it with --text; there are: 编号, 说明" in done.stderr
    done = complaints("tag", "in.xlsx", "--text", "说明", "-o", "out.xlsx")
    assert done.returncode == 0
    assert "二月" in done.stderr
    values = list(openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows(values_only=True))
    assert values[1][:3] == ("007", TEXT, "card_fees")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("tag", "none.csv"), "cannot be opened"),
        (("tag", "empty.csv"), "the file is empty"),
        (("tag", "a.csv", "-o", "a.csv"), "is the input itself"),
        (("tag", "a.csv", "--encoding", "klingon"), "unknown encoding"),
        (("tag", "big5.csv"), "looks like Big5. Use --encoding big5"),
        (("train", "--taxonomy", "none.toml"), "none.toml: cannot be read"),
        (("serve", "--port", "99999"), "65535"),
    ],
)
def test_a_mistake_is_one_clear_line(
    complaints: Command, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "a.csv").write_text("text\n年费\n", encoding="utf-8")
    (tmp_path / "big5.csv").write_bytes("內容\n轉帳失敗，帳戶被凍結\n".encode("big5"))
    done = complaints(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_big5_is_read_when_named(complaints: Command, tmp_path: Path) -> None:
    (tmp_path / "big5.csv").write_bytes("內容\n轉帳失敗，帳戶被凍結\n".encode("big5"))
    assert complaints("tag", "big5.csv", "--encoding", "big5").returncode == 0


def test_models_lists_the_champion(complaints: Command, bundle: Bundle) -> None:
    done = complaints("models")
    assert done.returncode == 0
    assert bundle.manifest.version in done.stdout
    assert "★" in done.stdout


def test_models_of_an_empty_store(complaints: Command, tmp_path: Path) -> None:
    done = complaints("models", env={"COMPLAINTS_MODEL_STORE": str(tmp_path / "none")})
    assert done.returncode == 0
    assert "complaints train" in done.stdout


@pytest.mark.parametrize("arguments", [("serve",), ("classify", TEXT), ("tag", "a.csv")])
def test_a_bad_setting_is_named(complaints: Command, arguments: tuple[str, ...]) -> None:
    done = complaints(*arguments, env={"COMPLAINTS_CLASSIFY_MAX_BYTES": "many"})
    assert done.returncode == 2
    assert "COMPLAINTS_CLASSIFY_MAX_BYTES" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_the_commands(complaints: Command) -> None:
    done = complaints("--help")
    for command in ("classify", "tag", "train", "models", "serve"):
        assert command in done.stdout
