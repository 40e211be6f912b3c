"""``complaints events``: a file as a desk keeps it, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cases import IntakeRequest
from api.intake import Intake
from api.service import Service
from api.settings import load_settings
from api.storage import open_database
from cli.main import app
from models import Registry


@pytest.fixture
def command(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A machine on which one complaint has been taken in."""
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", str(store))
    monkeypatch.setenv("COMPLAINTS_DATA", str(tmp_path / "data"))
    settings = load_settings()
    database = open_database(settings.cases)
    intake = Intake.of(Service(Registry(store).load()), settings, database)
    intake.register(intake.read(IntakeRequest(text="年费扣错了，请退还", complaint_id="GD-1"), "热线系统"))
    database.dispose()
    return CliRunner()


def test_what_is_kept_known_and_refused_is_counted_and_named(command: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "办理.csv"
    file.write_text(
        "十一月办理情况,,\n工单号,处理状态,处理时间\nGD-1,已受理,2026/11/3 9:05\nGD-2,已受理,2026/11/3 9:06\n",
        encoding="gb18030",
    )
    told = command.invoke(app, ["events", str(file)])
    assert told.exit_code == 0, told.output
    assert "登记 kept 1，早已登记 known 0，未登记 refused 1" in told.output
    assert "第 4 行 line 4: There is no complaint 'GD-2'" in told.output
    again = command.invoke(app, ["events", str(file), "-o", str(tmp_path / "again.xlsx")])
    assert "登记 kept 0，早已登记 known 1，未登记 refused 1" in again.output
    assert (tmp_path / "办理.events.csv").exists()
    assert (tmp_path / "again.xlsx").exists()


def test_a_file_of_something_else_is_refused(command: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("客户,电话\n王,1\n", encoding="utf-8")
    told = command.invoke(app, ["events", str(tmp_path / "a.csv")])
    assert told.exit_code == 2
    assert "has no column for complaint_id" in told.output
