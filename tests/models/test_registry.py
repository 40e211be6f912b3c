"""The store: what was kept, which model serves, and that nothing half-written is ever among them."""

from __future__ import annotations

import getpass
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from classifier.errors import BundleError
from models import Bundle, Registry, store_path
from models.history import HISTORY
from tests.models.small import small_store


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


def test_the_history_says_who_acted(tmp_path: Path) -> None:
    Registry(tmp_path, by="陈分析").keep("m1", write, reason="first")
    Registry(tmp_path, by="李主管").compared("m1", "m1", verdict="better", reason="")
    assert [(event.act, event.by) for event in Registry(tmp_path).history()] == [
        ("kept", "陈分析"),
        ("promoted", "陈分析"),
        ("compared", "李主管"),
    ]
    Registry(tmp_path).keep("m2", write, reason="second")
    assert Registry(tmp_path).history()[-1].by == getpass.getuser()


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


@pytest.fixture
def three(tmp_path: Path) -> Registry:
    """Three kept models, of which the first serves."""
    return small_store(tmp_path / "three", "m1", "m2", "m3")


def test_promoted_and_rolled_back_step_by_step(three: Registry) -> None:
    three.compared("m2", "m1", verdict="better", reason="macro-F1 +0.02")
    three.promote("m2", reason="better")
    three.promote("m3", reason="I say so", force=True)
    assert three.champion == "m3"
    assert three.previous == "m2"
    assert three.rollback(reason="疑似误分") == "m2"
    assert three.rollback(reason="once more") == "m1"
    with pytest.raises(BundleError, match="no model served before"):
        three.rollback(reason="too far")
    assert three.champion == "m1"
    acts = [(event.act, event.version, event.reason, event.forced) for event in three.history()[5:]]
    assert acts == [
        ("promoted", "m2", "better", False),
        ("promoted", "m3", "I say so", True),
        ("rolled_back", "m2", "疑似误分", False),
        ("rolled_back", "m1", "once more", False),
    ]
    assert all(event.by for event in three.history())


@pytest.mark.parametrize(
    ("verdict", "promoted"), [("better", True), ("not_worse", True), ("worse", False), ("not_enough_data", False)]
)
def test_a_promotion_follows_the_last_verdict(three: Registry, verdict: str, promoted: bool) -> None:
    three.compared("m2", "m1", verdict="better", reason="on few rows")
    three.compared("m2", "m1", verdict=verdict, reason="on 1,000 rows")
    if promoted:
        three.promote("m2", reason="as compared")
        assert three.history()[-1].verdict == verdict
    else:
        with pytest.raises(BundleError, match=rf"m2: was found {verdict.replace('_', ' ')} \(on 1,000 rows\).*--force"):
            three.promote("m2", reason="as compared")
    assert three.champion == ("m2" if promoted else "m1")


def test_a_verdict_against_another_champion_does_not_count(three: Registry) -> None:
    three.compared("m3", "m1", verdict="better", reason="")
    three.promote("m2", reason="first", force=True)
    with pytest.raises(BundleError, match="was never compared with the champion"):
        three.promote("m3", reason="second")
    with pytest.raises(BundleError, match="m2 serves already"):
        three.promote("m2", reason="again")


@pytest.mark.parametrize("name", ["idf.npy", "pipeline.joblib"])
def test_a_model_that_fails_its_checks_is_not_promoted(three: Registry, name: str) -> None:
    (three.store / "m2" / name).write_bytes(b"broken")
    with pytest.raises(BundleError, match=rf"{name}: was changed"):
        three.promote("m2", reason="", force=True)
    assert three.champion == "m1"


def test_a_challenger_stands_beside_the_champion_until_it_is_the_champion(three: Registry) -> None:
    assert three.challenger is None
    three.shadow("m2", reason="try")
    assert three.challenger == "m2"
    three.promote("m2", reason="", force=True)
    assert three.challenger is None
    three.shadow("m3", reason="try")
    three.shadow(None, reason="enough")
    assert three.challenger is None


@pytest.mark.parametrize("change", ["reason", "removed"])
def test_a_changed_history_is_noticed(three: Registry, change: str) -> None:
    three.promote("m2", reason="better", force=True)
    path = three.store / HISTORY
    lines = path.read_text(encoding="utf-8").splitlines()
    lines = [line.replace("tests", "others") for line in lines] if change == "reason" else lines[:1] + lines[2:]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(BundleError, match="line 2: the line before was changed or removed"):
        three.history()


def test_a_history_of_an_earlier_program_goes_on(tmp_path: Path) -> None:
    old = {"at": "2026-11-24T00:00:00+00:00", "act": "kept", "version": "m0", "reason": "", "manifest_sha256": "f"}
    (tmp_path / HISTORY).write_text(json.dumps(old) + "\n", encoding="utf-8")
    registry = Registry(tmp_path)
    registry.keep("m1", write, reason="")
    assert registry.versions() == ["m0", "m1"]


def test_a_model_is_named_by_any_part_that_is_its_own(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    with pytest.raises(BundleError, match=r"there is no model yet\. Train one"):
        registry.resolve("champion")
    for name in ("v5-20261128-aaaa", "v5-20261129-bbbb", "v5-20261129-bbbb2"):
        registry.keep(name, write, reason="")
    assert registry.resolve("champion") == "v5-20261128-aaaa"
    assert registry.resolve("1128") == "v5-20261128-aaaa"
    assert registry.resolve("v5-20261129-bbbb") == "v5-20261129-bbbb", "a whole name, though part of another"
    assert registry.resolve("bbbb2") == "v5-20261129-bbbb2"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("1129", r"'1129': could be 2 models\. Name one of: champion, v5-1129-a, v5-1129-b\."),
        ("v4", r"'v4': is no model of this store\. Name one of: champion, v5-1128, v5-1129-a, v5-1129-b\."),
        ("", "is no model of this store"),
        ("Champion", "is no model of this store"),
    ],
)
def test_a_name_that_means_none_or_many_is_refused_with_those_it_could_be(tmp_path: Path, name: str, says: str) -> None:
    registry = Registry(tmp_path)
    for version in ("v5-1128", "v5-1129-a", "v5-1129-b"):
        registry.keep(version, write, reason="")
    with pytest.raises(BundleError, match=says):
        registry.resolve(name)


@pytest.mark.parametrize("name", ["", "..", "../m1", "a/b", ".hidden", "模型", "a b", "m1\n", "-x", "a" * 201])
def test_a_name_is_one_that_a_folder_can_have_anywhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(BundleError, match="cannot be a model's name"):
        Registry(tmp_path / "store").keep(name, write, reason="")
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("reason", ["两行\n第二行", "a\u2028b\x85c\x0bd\x0ce", '"}\\', "[red]"])
def test_a_reason_may_hold_anything(tmp_path: Path, reason: str) -> None:
    registry = Registry(tmp_path)
    registry.keep("m1", write, reason=reason)
    registry.keep("m2", write, reason="")
    assert registry.history()[0].reason == reason


def test_the_champion_is_no_challenger_and_none_cannot_be_left_off(three: Registry) -> None:
    with pytest.raises(BundleError, match="m1 serves already"):
        three.shadow("m1", reason="")
    with pytest.raises(BundleError, match="no model is beside the champion"):
        three.shadow(None, reason="")
    with pytest.raises(BundleError, match="no model is beside the champion"):
        Registry(three.store / "none").shadow(None, reason="")
    assert [event.act for event in three.history()] == ["kept", "promoted", "kept", "kept"]
