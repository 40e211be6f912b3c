"""``complaints rules``: what people type before they switch the rules, and when they do."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from classifier.routing import BUNDLED
from cli.main import app

BOOK = BUNDLED.read_text(encoding="utf-8")


@pytest.fixture
def command(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", str(store))
    monkeypatch.setenv("COMPLAINTS_DATA", str(tmp_path / "data"))
    return CliRunner()


def saved(folder: Path, text: str) -> str:
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_what_is_shown_has_no_fault(command: CliRunner, tmp_path: Path) -> None:
    shown = command.invoke(app, ["rules", "show"])
    assert shown.output == BOOK
    checked = command.invoke(app, ["rules", "check", saved(tmp_path, shown.output)])
    assert (checked.exit_code, "没有问题" in checked.output) == (0, True)


def test_every_fault_is_a_line_with_file_and_number(command: CliRunner, tmp_path: Path) -> None:
    text = BOOK.replace('"P1"', '"P0"', 2)
    path = saved(tmp_path, text)
    checked = command.invoke(app, ["rules", "check", path])
    assert checked.exit_code == 2
    wrong = [number for number, line in enumerate(text.splitlines(), start=1) if '"P0"' in line]
    assert [line for line in checked.output.splitlines() if "priority is" in line] == [
        f"{path}:{number}: priority is 'P0'. Use one of: P1, P2, P3, P4." for number in wrong
    ]


def test_why_a_complaint_goes_where_it_goes_is_told_rule_by_rule(command: CliRunner) -> None:
    told = command.invoke(
        app, ["rules", "explain", "信用卡年费扣错了，要求退还", "--channel", "media"]
    ).output.splitlines()
    assert any(line.startswith("✓ 【媒体来件】") for line in told)
    assert any(line.startswith("· 【监管转办】未触发，它要求投诉渠道为“监管转办”") for line in told)
    wrong = command.invoke(app, ["rules", "explain", "年费", "--channel", "fax"])
    assert wrong.exit_code == 2


def test_a_dry_run_before_a_switch_and_its_history_after(command: CliRunner, tmp_path: Path) -> None:
    new = saved(tmp_path, BOOK.replace('then.department = "@category"', 'then.department = "operations"'))
    file = tmp_path / "cases.csv"
    file.write_text(
        "编号,投诉内容\nA1,信用卡年费说好刷满六次就免，现在又扣了我300元，要求退还年费\nA2,\n", encoding="utf-8"
    )
    told = command.invoke(app, ["rules", "diff", new, "--on", str(file)]).output
    assert "案件 cases 1，有变化 changed 1，读不出 unread 1" in told
    assert "信用卡中心 → 运营管理部" in told
    assert command.invoke(app, ["rules", "diff", new]).exit_code == 2
    assert command.invoke(app, ["rules", "use", new, "--why", "集中处理"]).output.startswith("已启用 in force: ")
    assert "集中处理" in command.invoke(app, ["rules", "history"]).output
    assert command.invoke(app, ["rules", "show"]).output != BOOK
