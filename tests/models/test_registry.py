"""The store: what was kept, which model serves, and that nothing half-written is ever among them."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from classifier.errors import BundleError
from models import Bundle, Registry, store_path
from models.registry import HISTORY


def write(folder: Path) -> str:
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    return "f" * 64


def test_an_empty_store_has_no_champion(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "store")
    assert registry.versions() == []
    assert registry.champion is None
    with pytest.raises(BundleError, match=r"there is no model yet\. Train one with `complaints train`"):
        registry.load()


def test_the_first_model_is_the_champion_and_stays_it(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "store")
    registry.keep("m1", write, reason="first")
    registry.keep("m2", write, reason="second")
    assert registry.versions() == ["m1", "m2"]
    assert registry.champion == "m1"
    assert [(event.act, event.version) for event in registry.history()] == [
        ("kept", "m1"),
        ("promoted", "m1"),
        ("kept", "m2"),
    ]


def test_a_name_is_used_once(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.keep("m1", write, reason="")
    with pytest.raises(BundleError, match="stands there already"):
        registry.keep("m1", write, reason="")
    assert registry.versions() == ["m1"]


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    def interrupted(folder: Path) -> str:
        write(folder)
        raise KeyboardInterrupt

    registry = Registry(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        registry.keep("m1", interrupted, reason="")
    assert registry.versions() == []
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_killed_run_leaves_nothing_among_the_models(tmp_path: Path) -> None:
    (tmp_path / ".incoming-killed").mkdir()
    registry = Registry(tmp_path)
    registry.keep("m1", write, reason="")
    assert registry.versions() == ["m1"]


def test_two_runs_at_once_both_arrive(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: registry.keep(f"m{i}", write, reason=""), range(16)))
    assert sorted(registry.versions()) == sorted(f"m{i}" for i in range(16))
    assert [event.act for event in registry.history()].count("promoted") == 1


def test_a_bundle_the_store_did_not_keep_is_refused(bundle: Bundle, store: Path, tmp_path: Path) -> None:
    shutil.copytree(store / bundle.manifest.version, tmp_path / bundle.manifest.version)
    with pytest.raises(BundleError, match="was not kept by this store"):
        Registry(tmp_path).load(bundle.manifest.version)


def test_a_rewritten_manifest_is_refused(bundle: Bundle, store: Path, tmp_path: Path) -> None:
    """Hashes inside the manifest can be forged with it; the history's hash of the manifest can't."""
    copy = Path(shutil.copytree(store, tmp_path / "store"))
    path = copy / bundle.manifest.version / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"auto', '"otto'), encoding="utf-8")
    with pytest.raises(BundleError, match="was changed after it was kept"):
        Registry(copy).load()


def test_a_damaged_history_is_named(tmp_path: Path) -> None:
    (tmp_path / HISTORY).write_text(json.dumps({"act": "kept"}) + "\n", encoding="utf-8")
    with pytest.raises(BundleError, match=r"history\.jsonl, line 1: is not a history event"):
        Registry(tmp_path).versions()


def test_the_place_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", "/some/where")
    assert store_path() == Path("/some/where")
    monkeypatch.delenv("COMPLAINTS_MODEL_STORE")
    assert store_path().parts[-2:] == ("models", "store")
