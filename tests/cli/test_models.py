"""``complaints models``: what people type to see, check and move models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import app
from models import Registry
from models.history import HISTORY
from models.transfer import KEY
from tests.models.small import small_store

SECRET = "sixteen bytes at least"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_store(tmp_path_factory.mktemp("two") / "store", "small-1128", "small-1129").store


@pytest.fixture
def registry(two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A copy of a store with two models, of which the first serves."""
    registry = Registry(Path(shutil.copytree(two, tmp_path / "store")))
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", str(registry.store))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv(KEY, raising=False)
    monkeypatch.chdir(tmp_path)
    return registry


def models(*arguments: str) -> Result:
    done = CliRunner().invoke(app, ["models", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def row(done: Result, version: str) -> str:
    """The line of a table that speaks of a model."""
    (line,) = [line for line in done.stdout.splitlines() if version in line]
    return line


def test_alone_it_lists_what_serves_and_what_shadows(registry: Registry) -> None:
    registry.shadow("small-1129", reason="tests")
    done = models()
    assert done.exit_code == 0
    assert row(done, "small-1128").split() == ["★", "small-1128", "在用", "champion", "18", "0.890"]
    assert row(done, "small-1129").split() == ["small-1129", "旁听", "shadow", "18", "0.890"]


def test_a_damaged_one_is_listed_as_unusable(registry: Registry) -> None:
    (registry.store / "small-1129" / "idf.npy").unlink()
    done = models()
    assert "不可用 unusable" in row(done, "small-1129")
    assert "idf.npy: is missing" in done.stderr


def test_log_says_who_when_what_why_the_newest_last(registry: Registry) -> None:
    registry.compared("small-1129", str(registry.champion), verdict="better", reason="+0.02")
    registry.promote("small-1129", reason="比在用的好 [b]")
    registry.promote("small-1128", reason="我说了算", force=True)
    registry.rollback(reason="疑似误分")
    done = models("log")
    assert done.exit_code == 0
    lines = [line.strip() for line in done.stdout.splitlines()[2:]]
    assert [line.split()[3:] for line in lines if "small-" in line] == [
        ["存入", "kept", "small-1128"],
        ["上线", "promoted", "small-1128"],
        ["存入", "kept", "small-1129"],
        ["比较", "compared", "small-1129"],
        ["上线", "promoted", "small-1129"],
        ["上线", "promoted", "small-1128"],
        ["回退", "rolled", "back", "small-1129"],
    ]
    assert [line for line in lines if "small-" not in line] == [
        *("tests", "首个模型 first model of this store", "tests"),
        *("+0.02", "better"),
        *("比在用的好 [b]", "better"),
        *("我说了算", "强制 forced"),
        "疑似误分",
    ]
    assert registry.history()[0].by in lines[0]


def test_log_cuts_no_long_reason_off(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    registry.promote("small-1129", reason="因为" * 60, force=True)
    shown = models("log").stdout
    assert shown.count("因") == 60


def test_log_of_an_empty_store(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", "none")
    assert "complaints train" in models("log").stdout


def test_verify_ends_well_when_all_is_sound(registry: Registry) -> None:
    done = models("verify")
    assert (done.exit_code, done.stderr) == (0, "")
    for name in (HISTORY, "small-1128", "small-1129"):
        assert "完好 sound" in row(done, name)


def test_verify_ends_with_1_and_names_what_is_bad(registry: Registry) -> None:
    (registry.store / "small-1129" / "pipeline.joblib").write_bytes(b"")
    (registry.store / ".incoming-gone").mkdir()
    done = models("verify")
    assert done.exit_code == 1
    assert "完好 sound" in row(done, "small-1128")
    assert "有问题 bad" in row(done, "small-1129")
    assert "pipeline.joblib: was changed" in done.stderr
    assert ".incoming-gone" in done.stderr


def test_left_over_folders_alone_are_nothing_bad(registry: Registry) -> None:
    (registry.store / ".incoming-gone").mkdir()
    done = models("verify")
    assert (done.exit_code, ".incoming-gone" in done.stderr) == (0, True)


def test_verify_notices_a_changed_history(registry: Registry) -> None:
    path = registry.store / HISTORY
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines[0]["reason"] = "another"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = models("verify")
    assert (done.exit_code, "line 2: the line before was changed" in done.stderr) == (1, True)


@pytest.mark.parametrize("name", ["champion", "1128", "small-1128"])
def test_card_prints_the_model_card(registry: Registry, name: str) -> None:
    done = models("card", name)
    assert done.exit_code == 0
    assert done.stdout == (registry.store / "small-1128" / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["card", "export"])
def test_a_name_that_could_be_two_is_refused_with_both(registry: Registry, command: str) -> None:
    done = models(command, "small")
    assert done.exit_code == 2
    assert "'small': could be 2 models. Name one of: champion, small-1128, small-1129." in done.stderr


def test_out_and_in_again_by_hash(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = models("export", "champion")
    assert done.exit_code == 0
    assert "small-1128.zip（未签名 not signed）" in done.stdout
    sha256 = registry.history()[0].manifest_sha256
    assert f"sha256 {sha256}" in done.stdout
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", str(tmp_path / "other"))
    refused = models("import", "small-1128.zip")
    assert refused.exit_code == 2
    assert "nothing says that it is genuine. Give --sha256" in refused.stderr
    done = models("import", "small-1128.zip", "--sha256", sha256, "--reason", "从总行")
    assert (done.exit_code, done.stdout) == (0, "已存 kept: small-1128（在用 champion）\n")
    assert Registry(tmp_path / "other").history()[0].reason == "imported: 从总行"


def test_out_and_in_again_by_key(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, SECRET)
    assert "已签名 signed" in models("export", "1129", "-o", "out.zip").stdout
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", str(tmp_path / "other"))
    monkeypatch.setenv(KEY, "another key, long enough")
    assert models("import", "out.zip").exit_code == 2
    monkeypatch.setenv(KEY, SECRET)
    assert models("import", "out.zip").exit_code == 0
    assert Registry(tmp_path / "other").history()[0].reason == "imported: out.zip"


def test_a_short_key_is_refused(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "short")
    done = models("export", "champion")
    assert (done.exit_code, f"{KEY}: has 5 bytes, 16 at least are needed" in done.stderr) == (2, True)
    assert not (tmp_path / "small-1128.zip").exists()


def test_shadow_on_and_off(registry: Registry) -> None:
    assert models("shadow", "1129", "--reason", "试一周").exit_code == 0
    assert registry.challenger == "small-1129"
    assert models("shadow", "--off", "--reason", "够了").exit_code == 0
    assert registry.challenger is None
    assert [event.reason for event in registry.history()[-2:]] == ["试一周", "够了"]
    assert models("log").stdout.splitlines()[-2].split()[3:] == ["旁听", "shadowed", "无", "none"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("shadow", "--reason", "x"), "give a version or --off"),
        (("shadow", "1129", "--off", "--reason", "x"), "give a version or --off"),
        (("shadow", "champion", "--reason", "x"), "serves already"),
        (("shadow", "--off", "--reason", "x"), "no model is beside the champion"),
        (("card", "v9"), "is no model of this store"),
        (("import", "none.zip"), "cannot be opened"),
        (("export", "1129", "-o", "none/out.zip"), "cannot be written"),
    ],
)
def test_a_mistake_is_one_clear_line(registry: Registry, arguments: tuple[str, ...], says: str) -> None:
    history = registry.history()
    done = models(*arguments)
    assert (done.exit_code, says in done.stderr) == (2, True), done.stderr
    assert registry.history() == history
