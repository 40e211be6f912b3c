"""Everything a store holds is looked at, and nothing is unpickled."""

from __future__ import annotations

import shutil
from pathlib import Path

import joblib
import pytest

from models import Registry
from models.checks import Check, leftovers, verify
from models.history import HISTORY
from tests.models.small import small_store


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_store(tmp_path_factory.mktemp("kept") / "store", "m1", "m2", "m3").store


@pytest.fixture
def three(kept: Path, tmp_path: Path) -> Registry:
    """A copy of a store that a test may spoil."""
    return Registry(Path(shutil.copytree(kept, tmp_path / "store")))


def test_a_sound_store(three: Registry) -> None:
    assert verify(three) == [Check(HISTORY), Check("m1"), Check("m2"), Check("m3")]
    assert leftovers(three) == []


def test_an_empty_store(tmp_path: Path) -> None:
    assert verify(Registry(tmp_path / "none")) == [Check(HISTORY)]
    assert leftovers(Registry(tmp_path / "none")) == []


@pytest.mark.parametrize("name", ["weights.npy", "seen.npy", "card.md", "pipeline.joblib", "manifest.json"])
def test_a_changed_byte_is_found_in_whatever_file(three: Registry, name: str) -> None:
    path = three.store / "m2" / name
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    found = {check.name: check.problem for check in verify(three)}
    assert f"{name}: was changed" in found.pop("m2")
    assert set(found.values()) == {""}


def test_a_lost_model_is_found(three: Registry) -> None:
    (three.store / "m3").rename(three.store / "m3.old")
    found = verify(three)
    assert "there is no such model" in found[-1].problem
    assert leftovers(three) == ["m3.old"]


def test_a_changed_history_is_all_that_is_said(three: Registry) -> None:
    path = three.store / HISTORY
    path.write_text(path.read_text(encoding="utf-8").replace("tests", "texts", 1), encoding="utf-8")
    (check,) = verify(three)
    assert (check.name, "the line before was changed" in check.problem) == (HISTORY, True)


def test_what_an_interrupted_run_left_is_named(three: Registry) -> None:
    (three.store / ".incoming-abc").mkdir()
    assert leftovers(three) == [".incoming-abc"]


def test_nothing_is_unpickled(three: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("unpickled")

    monkeypatch.setattr(joblib, "load", refuse)
    monkeypatch.setattr("pickle.load", refuse)
    monkeypatch.setattr("pickle.loads", refuse)
    assert len(verify(three)) == 4
