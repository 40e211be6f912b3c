"""Each format has its reader: old bundles keep loading, newer ones ask for a newer program."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from classifier.errors import BundleError, RulesError, TaxonomyError
from classifier.fingerprint import text_key
from classifier.routing import BUNDLED as RULES
from classifier.routing import Router, bundled_rules
from classifier.scorer import WEIGHTS
from classifier.taxonomy import BUNDLED as TAXONOMY
from classifier.tokenizer import BUNDLED as LEXICON
from classifier.tokenizer import Tokenizer
from models import Bundle
from models.bundle import load_pipeline
from models.checks import examine
from models.manifest import DOCUMENTS, FORMAT, MANIFEST
from models.writing import write_bundle
from tests.models.small import TEXTS, small_manifest, small_parts, write_small

TEXT = "信用卡年费乱收，不然去起诉"


def finish(folder: Path, said: Mapping[str, Any]) -> None:
    """Write a manifest over whatever stands in a folder."""
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.name != MANIFEST
    }
    (folder / MANIFEST).write_text(json.dumps({**said, "files": files}), encoding="utf-8")


def rewritten(folder: Path, **changes: Any) -> None:
    """Change a manifest and make it fit the files again."""
    finish(folder, {**json.loads((folder / MANIFEST).read_text(encoding="utf-8")), **changes})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_small(tmp_path)
    return tmp_path


@pytest.fixture
def format_1(tmp_path: Path) -> Path:
    """As the program wrote it before there was format 2, byte by byte: no thesaurus, no signals, two words."""
    np.save(tmp_path / "idf.npy", np.array([1.0, 2.0], WEIGHTS))
    np.save(tmp_path / "weights.npy", np.array([[3.0, 0.0], [0.0, 3.0]], WEIGHTS))
    np.save(tmp_path / "intercepts.npy", np.array([0.0, 0.5], WEIGHTS))
    (tmp_path / "vocabulary.json").write_text('["现金", "年费"]', encoding="utf-8")
    (tmp_path / "lexicon.txt").write_text(LEXICON.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "taxonomy.toml").write_text(TAXONOMY.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "pipeline.joblib").write_bytes(pickle.dumps(None))
    finish(
        tmp_path,
        {
            "format": 1,
            "version": "tfidf-linear.v2-20261101T000000Z-0123abcd",
            "created": "2026-11-01T00:00:00+00:00",
            "preset": "tfidf-linear.v2",
            "classes": ["atm_and_cash", "card_fees"],
            "thresholds": {"confidence": 0.9, "margin": 0.1, "secondary": 0.3},
            "tokenizer": Tokenizer().identity(),
            "data": {"rows": 2, "sha256": "0" * 64},
            "metrics": {"accuracy": 0.5},
            "libraries": {"scikit-learn": "1.4.0"},
        },
    )
    return tmp_path


def test_a_bundle_of_format_1_keeps_loading(format_1: Path) -> None:
    bundle = examine(format_1)
    said = bundle.model.predict(["年费", "现金"])
    assert [prediction.category for prediction in said] == ["card_fees", "atm_and_cash"]
    # softmax of (0, 0.5 + 3) and of (3, 0.5)
    assert [prediction.confidence for prediction in said] == pytest.approx([0.97069, 0.92414], abs=1e-5)
    assert said[0].signals == ()


def test_what_format_1_does_not_say_is_not_made_up(format_1: Path) -> None:
    bundle = Bundle.load(format_1)
    assert (bundle.seen, bundle.reference) == (None, None)
    assert bundle.rules_text == RULES.read_text(encoding="utf-8")
    assert "0.500" in bundle.card


@pytest.fixture
def format_2(folder: Path) -> Path:
    """As the program wrote it before there was format 3: no keys, the signals' terms beside their codes."""
    for name in ("keys.npy", "signals_keys.npy"):
        (folder / name).unlink()
    terms = json.loads((folder / "signals_vocabulary.json").read_text(encoding="utf-8"))
    (folder / "signals_vocabulary.json").unlink()
    said = json.loads((folder / "signals.json").read_text(encoding="utf-8"))
    (folder / "signals.json").write_text(json.dumps({**said, "vocabulary": terms}), encoding="utf-8")
    rewritten(folder, format=2)
    return folder


def test_a_bundle_of_format_2_keeps_loading(format_2: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    today = tmp_path_factory.mktemp("today")
    write_small(today)
    old, new = Bundle.load(format_2).model, Bundle.load(today).model
    assert old.predict([TEXT]) == new.predict([TEXT])
    assert old.explain(TEXT).evidence == new.explain(TEXT).evidence


@pytest.mark.parametrize("keys", ["keys.npy", "signals_keys.npy"])
@pytest.mark.parametrize("bad", [np.arange(1, 4, dtype=np.uint64), np.arange(1, 4), None])
def test_keys_that_are_not_the_terms_are_refused(folder: Path, keys: str, bad: Any) -> None:
    np.save(folder / keys, np.zeros_like(np.load(folder / keys)) if bad is None else bad)
    rewritten(folder)
    with pytest.raises(BundleError, match="does not fit together"):
        Bundle.load(folder)


def test_predicting_reads_no_vocabulary_and_an_explanation_only_an_unchanged_one(folder: Path) -> None:
    model = Bundle.load(folder).model
    (folder / "vocabulary.json").write_text('["年费"]', encoding="utf-8")
    assert model.predict([TEXT])[0].category == "card_fees"
    with pytest.raises(BundleError, match="was changed"):
        model.explain(TEXT)


def test_terms_that_are_fewer_than_their_keys_are_refused(folder: Path) -> None:
    (folder / "vocabulary.json").write_text('["年费"]', encoding="utf-8")
    rewritten(folder)
    model = Bundle.load(folder).model
    with pytest.raises(BundleError, match="does not hold the terms of this model"):
        model.explain(TEXT)


def test_format_3_holds_what_it_was_given(folder: Path) -> None:
    bundle = Bundle.load(folder)
    assert bundle.manifest.format == FORMAT == 3
    assert bundle.reference == {"categories": {"card_fees": 3, "atm_and_cash": 3, "loan_pricing": 3}}
    assert bundle.card.startswith("# 模型卡 Model card: small-1\n")
    said = bundle.model.predict([TEXT])[0]
    assert (said.category, [signal.code for signal in said.signals]) == ("card_fees", ["legal"])


def test_it_knows_the_texts_it_learnt_from(folder: Path) -> None:
    """Each once, in ascending order, to be found however a text is written."""
    seen = Bundle.load(folder).seen
    assert seen is not None
    assert seen.dtype == np.uint64
    assert seen.tolist() == sorted({text_key(text) for texts in TEXTS.values() for text in texts})
    assert text_key("信用卡年費亂收,要求退還年費") in seen
    assert text_key("从未见过的投诉") not in seen


@pytest.mark.parametrize(
    "keys",
    [
        np.array([2, 1], np.uint64),
        np.array([1, 1], np.uint64),
        np.array([[1]], np.uint64),
        np.array([1.0]),
        np.array([object()]),
    ],
    ids=["falling", "twice", "a table", "floats", "pickled"],
)
def test_keys_of_texts_that_are_none_are_refused(folder: Path, keys: np.ndarray[Any, Any]) -> None:
    np.save(folder / "seen.npy", keys)
    rewritten(folder)
    bundle = Bundle.load(folder)  # serving does not read them
    with pytest.raises(BundleError, match=r"seen\.npy: (are no ascending keys|is no array).*Train again"):
        _ = bundle.seen


@pytest.mark.parametrize("text", ["[]", "{", b"\xff"])
def test_reference_statistics_that_are_none_are_refused(folder: Path, text: str | bytes) -> None:
    (folder / "reference.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    rewritten(folder)
    with pytest.raises(BundleError, match=r"reference\.json: is n"):
        _ = Bundle.load(folder).reference


def test_its_rules_route_where_nobody_put_others_in_force(tmp_path: Path) -> None:
    rules = RULES.read_text(encoding="utf-8").replace('then.department = "@category"', 'then.department = "operations"')
    write_bundle(tmp_path, small_manifest(), replace(small_parts(), rules=rules))
    bundle = Bundle.load(tmp_path)
    router = Router(bundle.taxonomy, bundled_rules(bundle.taxonomy, bundle.rules_text))
    assert router.book.version != Router(bundle.taxonomy).book.version
    assert router.book.text == rules


def test_rules_that_are_none_are_found(folder: Path) -> None:
    (folder / "routing.toml").write_text("format = 1", encoding="utf-8")
    rewritten(folder)
    with pytest.raises(RulesError):
        examine(folder)


def test_reports_may_travel_with_it_and_nothing_else(tmp_path: Path) -> None:
    documents = {"report.html": "<p>报告", "report.json": "{}"}
    assert set(documents) == DOCUMENTS
    (tmp_path / "good").mkdir()
    write_bundle(tmp_path / "good", small_manifest(), replace(small_parts(), documents=documents))
    assert Bundle.load(tmp_path / "good").files.text("report.html") == "<p>报告"
    with pytest.raises(ValueError, match=r"holds no notes\.txt"):
        write_bundle(tmp_path, small_manifest(), replace(small_parts(), documents={"notes.txt": ""}))


def test_a_model_without_a_taxonomy_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError):
        write_bundle(tmp_path, small_manifest(), replace(small_parts(), taxonomy="?"))


@pytest.mark.parametrize("number", [4, 99, 0, "2", None, [2]])
def test_another_format_asks_for_another_program(folder: Path, number: object) -> None:
    rewritten(folder, format=number)
    with pytest.raises(BundleError, match=r"this program reads formats 1 to 3\. Update the program"):
        Bundle.load(folder)


@pytest.mark.parametrize(
    "name", ["seen.npy", "card.md", "routing.toml", "thesaurus.txt", "signals.json", "signals_vocabulary.json"]
)
def test_what_format_3_must_have_may_not_be_missing(folder: Path, name: str) -> None:
    (folder / name).unlink()
    rewritten(folder)
    with pytest.raises(BundleError, match=f"does not name {name}"):
        Bundle.load(folder)


@pytest.mark.parametrize("name", ["notes.txt", "report.html"])
def test_a_file_its_format_does_not_have_is_refused_though_the_manifest_names_it(format_1: Path, name: str) -> None:
    (format_1 / name).write_bytes(b"x")
    rewritten(format_1)
    with pytest.raises(BundleError, match=f"names '{name}', which no such model has"):
        Bundle.load(format_1)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"files": []}, "files"),
        ({"metrics": None}, "metrics"),
        ({"classes": "card_fees"}, "classes"),
        ({"preset": ["v1"]}, "preset"),
    ],
)
def test_a_manifest_of_other_kinds_of_values_is_refused(folder: Path, changes: dict[str, Any], names: str) -> None:
    said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**said, **changes}), encoding="utf-8")
    with pytest.raises(BundleError, match=f"is not a manifest .*'{names}'"):
        Bundle.load(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": ["atm_and_cash", "card_fees"]},
        {"classes": [["card_fees"], "a", "b"]},
        {"thresholds": {"confidence": 1.0}},
        {"thresholds": {"confidence": 1.0, "margin": 0.0, "secondary": 1.0, "mood": 1.0}},
    ],
)
def test_what_does_not_fit_together_is_refused(folder: Path, changes: dict[str, Any]) -> None:
    rewritten(folder, **changes)
    with pytest.raises(BundleError, match=r"does not fit together .*Train again"):
        Bundle.load(folder)


@pytest.mark.parametrize("library", ["scikit-learn", "numpy"])
def test_a_pipeline_of_other_libraries_is_explained_before_it_is_unpickled(
    folder: Path, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = small_manifest().libraries
    rewritten(folder, libraries={**said, library: "0.9.1"})
    monkeypatch.setattr(joblib, "load", lambda *_: pytest.fail("unpickled"))
    with pytest.raises(BundleError, match=rf"was pickled by {library} 0\.9\.1, here is \d.*Train again"):
        load_pipeline(folder)


def test_serving_does_not_mind_other_libraries(folder: Path) -> None:
    said = Bundle.load(folder).model.predict([TEXT])
    rewritten(folder, libraries={"scikit-learn": "9.9.9", "numpy": "9.9.9"})
    assert Bundle.load(folder).model.predict([TEXT]) == said


def test_the_pipeline_of_the_same_libraries_says_the_same(folder: Path) -> None:
    pipeline = load_pipeline(folder)
    ranked = {rank.category: rank.probability for rank in Bundle.load(folder).model.predict([TEXT])[0].ranked}
    np.testing.assert_allclose(pipeline.predict_proba([TEXT])[0], [ranked[c] for c in pipeline.classes_], atol=1e-5)
