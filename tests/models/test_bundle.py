"""A kept model: complete, unchanged, and from here, or refused."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from classifier.errors import BundleError
from models import Bundle, Registry
from models.bundle import load_pipeline
from models.checks import examine
from models.manifest import FORMAT, MANIFEST, file_sha256

TEXT = "信用卡年费乱收，要求退还年费"


@pytest.fixture
def folder(bundle: Bundle, store: Path, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may spoil."""
    return Path(shutil.copytree(store / bundle.manifest.version, tmp_path / "copy"))


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    change(document)
    (folder / MANIFEST).write_text(json.dumps(document), encoding="utf-8")


def test_a_copy_says_the_same(folder: Path, bundle: Bundle) -> None:
    said = bundle.model.predict([f"{TEXT}，不然去法院起诉你们"])
    assert Bundle.load(folder).model.predict([f"{TEXT}，不然去法院起诉你们"]) == said
    assert [signal.code for signal in said[0].signals] == ["legal"]


def test_the_manifest_says_where_the_model_comes_from(bundle: Bundle) -> None:
    manifest = bundle.manifest
    assert manifest.format == FORMAT
    assert manifest.preset == "tfidf-linear.v5"
    assert manifest.classes == sorted(bundle.taxonomy)
    assert manifest.data["rows"] > 1_120
    assert len(manifest.data["sha256"]) == 64
    assert manifest.libraries["scikit-learn"]
    assert manifest.tokenizer["hmm"] is False
    assert set(manifest.files) == {
        *("idf.npy", "intercepts.npy", "weights.npy", "vocabulary.json", "keys.npy"),
        *("signals_vocabulary.json", "signals_keys.npy"),
        *("signals_idf.npy", "signals_intercepts.npy", "signals_weights.npy", "signals.json"),
        *("lexicon.txt", "thesaurus.txt", "taxonomy.toml", "routing.toml", "pipeline.joblib"),
        *("reference.json", "seen.npy", "card.md", "report.html", "report.json"),
    }


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "name",
    [
        *("weights.npy", "keys.npy", "idf.npy", "signals.json", "signals_weights.npy", "signals_keys.npy"),
        *("lexicon.txt", "thesaurus.txt", "taxonomy.toml", "routing.toml"),
    ],
)
def test_a_changed_file_that_serves_is_refused_by_name(folder: Path, name: str) -> None:
    spoil(folder / name)
    for read in (Bundle.load, examine, load_pipeline):
        with pytest.raises(BundleError, match=rf"{name}: was changed.*Train again"):
            read(folder)


@pytest.mark.parametrize(
    "name",
    [
        *("pipeline.joblib", "reference.json", "seen.npy", "card.md", "report.html", "report.json"),
        *("vocabulary.json", "signals_vocabulary.json"),
    ],
)
def test_a_changed_file_that_does_not_serve_is_refused_by_whoever_reads_it(folder: Path, name: str) -> None:
    """A start reads half of a bundle's bytes; to be promoted, exported or trained on, all must be as they were."""
    spoil(folder / name)
    says = rf"{name}: was changed.*Train again"
    bundle = Bundle.load(folder)
    for read in (examine, load_pipeline):
        with pytest.raises(BundleError, match=says):
            read(folder)
    with pytest.raises(BundleError, match=says):
        bundle.files.text(name)
    kept = {"reference.json": "reference", "seen.npy": "seen", "card.md": "card"}
    if name in kept:
        with pytest.raises(BundleError, match=says):
            getattr(bundle, kept[name])


def age(folder: Path, *lost: str) -> None:
    """Make it a bundle of format 1, which has less, without some more of its files."""
    later = ("keys.npy", "signals_keys.npy", "signals_vocabulary.json")
    lost = ("routing.toml", "reference.json", "seen.npy", "card.md", "report.html", "report.json", *later, *lost)
    signals = folder / "signals.json"
    terms = json.loads((folder / "signals_vocabulary.json").read_text(encoding="utf-8"))
    signals.write_text(json.dumps({**json.loads(signals.read_text(encoding="utf-8")), "vocabulary": terms}))
    changed = hashlib.sha256(signals.read_bytes()).hexdigest()

    def change(manifest: dict[str, Any]) -> None:
        manifest["format"] = 1
        manifest["files"]["signals.json"] = changed
        for name in dict.fromkeys(lost):
            (folder / name).unlink()
            del manifest["files"][name]

    rewrite(folder, change)


def test_a_model_from_before_the_thesaurus_still_loads(folder: Path) -> None:
    """A bundle of preset v2: no thesaurus, and thresholds without candidate, familiarity and length."""
    age(folder, "thesaurus.txt")

    def change(manifest: dict[str, Any]) -> None:
        manifest["preset"] = "tfidf-linear.v2"
        manifest["thresholds"] = {name: manifest["thresholds"][name] for name in ("confidence", "margin", "secondary")}

    rewrite(folder, change)
    prediction = Bundle.load(folder).model.predict([TEXT])[0]
    assert prediction.category == "card_fees"
    assert prediction.candidates


def test_a_model_from_before_there_were_signals_still_loads(folder: Path) -> None:
    age(folder, *(path.name for path in folder.glob("signals*")))
    prediction = Bundle.load(folder).model.predict([f"{TEXT}，不然去法院起诉你们"])[0]
    assert (prediction.category, prediction.signals) == ("card_fees", ())


def test_a_detector_of_another_preset_is_refused(folder: Path) -> None:
    path = folder / "signals.json"
    path.write_text(path.read_text(encoding="utf-8").replace("clauses-linear.v1", "bert.v9"), encoding="utf-8")
    changed = hashlib.sha256(path.read_bytes()).hexdigest()
    rewrite(folder, lambda manifest: manifest["files"].update({"signals.json": changed}))
    with pytest.raises(BundleError, match=r"has preset 'bert\.v9'\. Update the program, or train again"):
        Bundle.load(folder)


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "idf.npy").unlink()
    with pytest.raises(BundleError, match=r"idf\.npy: is missing"):
        Bundle.load(folder)


def test_a_foreign_file_is_refused(folder: Path) -> None:
    (folder / "extra.pkl").write_bytes(b"x")
    with pytest.raises(BundleError, match=r"extra\.pkl: is not part of this model"):
        Bundle.load(folder)


def test_a_changed_manifest_is_refused_where_its_hash_was_kept(folder: Path) -> None:
    rewrite(folder, lambda document: document.update(version="better"))
    with pytest.raises(BundleError, match="was changed after it was kept"):
        Bundle.load(folder, "0" * 64)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(format=99), "has format 99, this program reads formats 1 to 3. Update the program"),
        (lambda d: d.update(preset="bert.v9"), "has preset 'bert.v9'. Update the program"),
        (lambda d: d.pop("classes"), "is not a manifest"),
        (lambda d: d.update(more=1), "is not a manifest"),
        (lambda d: d.pop("format"), "is not a manifest"),
        (
            lambda d: d["tokenizer"].update(version="0.0.1"),
            "was trained with tokenizer.*Install that version of rjieba",
        ),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    folder: Path, change: Callable[[dict[str, object]], None], says: str
) -> None:
    rewrite(folder, change)
    with pytest.raises(BundleError, match=says):
        Bundle.load(folder)


def test_what_is_no_json_is_refused(folder: Path) -> None:
    (folder / MANIFEST).write_bytes(b"\x80\x04]")
    with pytest.raises(BundleError, match="is not a manifest"):
        Bundle.load(folder)


def test_serving_never_unpickles(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("unpickled")

    monkeypatch.setattr(joblib, "load", refuse)
    monkeypatch.setattr("pickle.load", refuse)
    monkeypatch.setattr("pickle.loads", refuse)
    Bundle.load(folder).model.explain(TEXT)


def test_an_array_that_holds_pickles_is_refused(folder: Path) -> None:
    np.save(folder / "idf.npy", np.array([object()]), allow_pickle=True)
    rewrite(folder, lambda d: d["files"].update({"idf.npy": file_sha256(folder / "idf.npy")}))
    with pytest.raises(BundleError, match=r"does not fit together .*(allow_pickle|can't be memory-mapped)"):
        Bundle.load(folder)


def test_the_registry_loads_what_it_kept(store: Path, bundle: Bundle) -> None:
    assert Registry(store).load(bundle.manifest.version).manifest == bundle.manifest
