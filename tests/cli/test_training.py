"""A bank's own history through the commands: trained, compared, promoted, rolled back; and what stops a run."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner, Result

from api.app import create_app
from api.service import Service
from api.settings import Settings
from api.storage import open_database
from cli.main import app
from models import Bundle, Registry
from tests.conftest import asking
from training import Labelled

ROOT = Path(__file__).parent.parent.parent
KILLS = 12 if os.environ.get("HYPOTHESIS_PROFILE") == "proof" else 2


@pytest.fixture
def registry(bundle: Bundle, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A store with the bundled model as its champion, in an empty folder."""
    copy = Registry(tmp_path / "store")
    shutil.copytree(store, copy.store)
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", str(copy.store))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)
    return copy


def complaints(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def texts_of(corpus: list[Labelled], category: str, count: int) -> list[str]:
    """Texts that no model has learnt from: noted by an agent, so to say."""
    return [f"来电人称，{row.text}" for row in corpus if row.category == category][:count]


def write_history(path: Path, corpus: list[Labelled], count: int = 60) -> Path:
    """Two departments' complaints under the bank's own names."""
    with path.open("w", encoding="gb18030", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["投诉内容", "投诉分类"])
        for category, name in (("atm_and_cash", "自助渠道"), ("card_fees", "信用卡收费")):
            rows.writerows([text, name] for text in texts_of(corpus, category, count))
    return path


def test_the_whole_round_from_a_correction_to_the_right_answer(
    registry: Registry, corpus: list[Labelled], tmp_path: Path
) -> None:
    """A bank where what machines do is an operational error: reviewers correct, the model learns, and is right."""
    said = {
        **dict.fromkeys(texts_of(corpus, "atm_and_cash", 120), "operational_error"),
        **dict.fromkeys(texts_of(corpus, "card_fees", 120), "card_fees"),
    }
    application = create_app(Service(registry.load()), Settings(data=tmp_path / "data"), registry)
    with asking(application) as client:
        for number, (text, category) in enumerate(said.items()):
            kept = client.post("/v1/complaints", json={"complaint_id": f"C-{number}", "text": text})
            assert kept.status_code == 201
            answer = client.post(f"/v1/complaints/C-{number}/correction", json={"category": category, "by": "李复核"})
            assert answer.status_code == 201, answer.text
        asked = next(iter(said))
        assert client.post("/v1/classify", json={"text": asked}).json()["category"]["code"] == "atm_and_cash"

        url = f"sqlite:///{tmp_path / 'data' / 'cases.db'}"
        trained = complaints("train", "--sql", url, "--no-bundled", "--reason", "改正 corrections")
        assert trained.exit_code == 0, trained.output
        new = registry.versions()[-1]
        compared = complaints("compare", "champion", new, "--sql", url)
        assert compared.exit_code == 0, compared.output
        assert "结论 verdict: 更好" in compared.stdout
        assert complaints("promote", new).exit_code == 0
        begun = time.monotonic()
        while client.get("/v1/model").json()["version"] != new:
            assert time.monotonic() - begun < 10
            time.sleep(0.1)
        assert client.post("/v1/classify", json={"text": asked}).json()["category"]["code"] == "operational_error"
        # What the machine said when it came in still stands there.
        record = client.get("/v1/complaints/C-0").json()
        assert [one["category"] for one in record["predictions"]] == ["atm_and_cash"]
    assert complaints("rollback", "--reason", "演练").exit_code == 0
    acts = [(event.act, event.verdict) for event in registry.history()[-3:]]
    assert acts == [("compared", "better"), ("promoted", "better"), ("rolled_back", "")]


def test_labels_as_is_train_into_an_empty_store_and_tag(
    registry: Registry, corpus: list[Labelled], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = write_history(tmp_path / "history.csv", corpus)
    done = complaints("train", history, "--labels", "as-is")
    assert done.exit_code == 0, done.output
    version = registry.versions()[-1]
    taxonomy = registry.load(version).taxonomy
    assert {category.zh for category in taxonomy.values()} == {"自助渠道", "信用卡收费"}
    assert registry.champion != version
    # The report can be taken out, and is of the test part.
    assert complaints("models", "report", version, "-o", tmp_path / "r.html").exit_code == 0
    assert "自助渠道" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert complaints("promote", version, "--force", "--reason", "另一套类别").exit_code == 0
    tagged = complaints("tag", history, "-o", tmp_path / "tagged.csv")
    assert tagged.exit_code == 0, tagged.output
    with (tmp_path / "tagged.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    right = [row["predicted_name"] == row["投诉分类"] for row in rows]
    assert sum(right) > 0.95 * len(right)


def test_the_same_data_and_seed_give_the_same_weights(
    registry: Registry, corpus: list[Labelled], tmp_path: Path
) -> None:
    history = write_history(tmp_path / "history.csv", corpus, count=30)
    files = []
    for _ in range(2):
        before = set(registry.versions())
        assert complaints("train", history, "--labels", "as-is", "--seed", 7).exit_code == 0
        (version,) = set(registry.versions()) - before
        manifest = registry.load(version).manifest
        files.append({name: manifest.files[name] for name in ("weights.npy", "intercepts.npy", "idf.npy")})
        time.sleep(1.1)  # versions are named after the second
    assert files[0] == files[1]


def test_unknown_labels_stop_the_run_with_counts_and_nearest_names(
    registry: Registry, corpus: list[Labelled], tmp_path: Path
) -> None:
    history = write_history(tmp_path / "history.csv", corpus, count=5)
    done = complaints("train", history)
    assert done.exit_code == 2
    assert re.search(r"自助渠道 +\S+ +5", done.stdout)
    assert "--labels as-is" in done.output
    assert registry.versions() == [registry.champion]


def test_an_export_as_desks_make_them(registry: Registry, corpus: list[Labelled], tmp_path: Path) -> None:
    """Title rows, blank lines, labels in several spellings: a model, and a file that names the rows left out."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["某行2026年投诉台账（内部）"])
    sheet.merge_cells("A1:D1")
    sheet.append([])
    sheet.append(["序号", "投诉内容", "受理日期", "投诉类别"])
    spellings = {
        "atm_and_cash": ["自助设备与现金", "ATM", "atm_and_cash "],
        "card_fees": ["信用卡费用與利息", "信用卡年费类", "3.信用卡收费"],
    }
    number = 0
    for category, names in spellings.items():
        for place, text in enumerate(texts_of(corpus, category, 40)):
            number += 1
            sheet.append([number, text, f"2026年{place % 9 + 1}月3日", names[place % 3]])
            if number % 10 == 0:
                sheet.append([])
    sheet.append([number + 1, "", "2026-05-01", "ATM"])
    sheet.append([number + 2, "取款机吞卡了，没人管", "2026-05-01", ""])
    book.save(tmp_path / "台账.xlsx")
    done = complaints("train", tmp_path / "台账.xlsx", "--split", "time", "--no-bundled")
    assert done.exit_code == 0, done.output
    model = registry.load(registry.versions()[-1])
    assert model.manifest.classes == ["atm_and_cash", "card_fees"]
    assert model.manifest.data["kept"] >= 78
    with (tmp_path / "台账.findings.csv").open(encoding="utf-8-sig", newline="") as file:
        problems = [(row["位置 place"].rpartition(", ")[2], row["问题 problem"]) for row in csv.DictReader(file)]
    assert {("line 92", "没有内容 no text"), ("line 93", "没有类别 no label")} <= set(problems)


def test_progress_and_result_as_lines_of_json(registry: Registry, corpus: list[Labelled], tmp_path: Path) -> None:
    history = write_history(tmp_path / "history.csv", corpus, count=30)
    done = complaints("train", history, "--labels", "as-is", "--progress-json")
    assert done.exit_code == 0, done.output
    *told, result = map(json.loads, done.stdout.splitlines())
    steps = [line for line in told if "stage" in line]
    assert {"stage", "done", "total", "seconds", "rate", "remaining"} == set(steps[0])
    found = {name: what for line in told if "stage" not in line for name, what in line.items()}
    ((first, second),) = [source["columns"] for source in found["sources"]]
    assert (first["title"], second["title"]) == ("投诉内容", "投诉分类")
    assert first["example"].startswith("来电人称")
    assert found["data"]["train"] + found["data"]["test"] == found["data"]["kept"]
    assert {category["zh"] for category in found["data"]["categories"]} == {"自助渠道", "信用卡收费"}
    assert any(step["stage"].startswith("交叉验证") and step["done"] == step["total"] for step in steps)
    assert result["version"] == registry.versions()[-1]
    assert result["metrics"]["test"]["rows"] > 0
    assert {step["stage"] for step in steps} < set(result["seconds"])
    assert result["comparison"]["verdict"] == "better"
    failed = complaints("train", history, "--progress-json")
    assert failed.exit_code == 2
    *_, unknown, error = map(json.loads, failed.stdout.splitlines())
    assert {label["label"]: label["rows"] for label in unknown["unknown"]} == {"自助渠道": 30}
    assert "mean no category" in error["error"]


def test_a_look_at_the_data_makes_no_model(registry: Registry, corpus: list[Labelled], tmp_path: Path) -> None:
    history = write_history(tmp_path / "history.csv", corpus, count=30)
    known = registry.versions()
    looked = complaints("train", history, "--labels", "as-is", "--check")
    assert looked.exit_code == 0, looked.output
    assert "可用" in looked.stdout
    assert registry.versions() == known
    assert complaints("train", "--check").exit_code == 2


def test_titles_given_for_a_file_are_not_asked_of_the_services_own_cases(
    registry: Registry, corpus: list[Labelled], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = tmp_path / "history.csv"
    rows = [[text, "自助设备与现金", ""] for text in texts_of(corpus, "atm_and_cash", 20)]
    rows += [[text, "信用卡费用与利息", ""] for text in texts_of(corpus, "card_fees", 20)]
    with history.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["甲", "乙", "丙"], *rows])
    monkeypatch.setenv("COMPLAINTS_DATA", str(tmp_path / "data"))
    open_database(f"sqlite:///{tmp_path / 'data' / 'cases.db'}").dispose()
    given = ("--text", "甲", "--label", "乙", "--no-bundled", "--check")
    both = complaints("train", history, "--sql", "cases", *given)
    assert both.exit_code == 0, both.output


def test_a_killed_run_leaves_nothing_among_the_models(
    registry: Registry, corpus: list[Labelled], tmp_path: Path
) -> None:
    history = write_history(tmp_path / "history.csv", corpus, count=30)
    command = [sys.executable, "-m", "cli", "train", str(history), "--labels", "as-is"]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    begun = time.monotonic()
    assert start().wait(300) == 0
    whole = time.monotonic() - begun
    known = registry.versions()
    for kill in range(KILLS):
        process = start()
        time.sleep(whole * (kill + 1) / (KILLS + 1))
        os.killpg(process.pid, signal.SIGKILL if kill % 2 else signal.SIGINT)
        process.wait(60)
        kept = registry.versions()
        assert kept[: len(known)] == known
        for version in kept:
            registry.load(version)
        known = kept
    assert complaints("models", "verify").exit_code == 0


def test_an_audit_finds_planted_errors_and_what_was_decided_comes_back(corpus: list[Labelled], tmp_path: Path) -> None:
    names = {"atm_and_cash": "自助渠道", "card_fees": "信用卡收费"}
    rows = [[text, name] for code, name in names.items() for text in texts_of(corpus, code, 80)]
    planted = rows[::16]
    for row in planted:
        row[1] = "信用卡收费" if row[1] == "自助渠道" else "自助渠道"
    history = tmp_path / "history.csv"
    with history.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["内容", "类别"], *rows])
    audited = complaints("audit", history, "--labels", "as-is", "-o", tmp_path / "audit.xlsx")
    assert audited.exit_code == 0, audited.output
    book = load_workbook(tmp_path / "audit.xlsx")
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    for line in sheet.iter_rows(min_row=2):
        line[header.index("处理 decision")].value = "采纳建议 accept"
    book.save(tmp_path / "audit.xlsx")
    done = complaints(
        "audit", history, "--labels", "as-is", "--apply", tmp_path / "audit.xlsx", "-o", tmp_path / "audited.csv"
    )
    assert done.exit_code == 0, done.output
    with (tmp_path / "audited.csv").open(encoding="utf-8-sig", newline="") as file:
        labels = {row["text"]: row["label"] for row in csv.DictReader(file)}
    mended = [labels.get(text) not in (wrong, None) for text, wrong in planted]
    assert sum(mended) >= 8
    # And it is a history like any other.
    assert complaints("audit", tmp_path / "audited.csv", "--labels", "as-is", "-o", tmp_path / "b.xlsx").exit_code == 0
