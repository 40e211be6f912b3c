"""A run: judged on what it had not seen, reproducible, kept."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import CorpusError
from classifier.pipeline import build_pipeline
from classifier.signals import SIGNALS
from classifier.taxonomy import BUNDLED
from classifier.thresholds import USUAL_LENGTH
from models import Manifest, Registry
from training import Labelled, SignalText, by_voice, read_signal_texts, train
from training.bundled import VOICES
from training.evaluate import FOLDS, CategoryScore, OutOfFold, cross_validate
from training.thresholds import (
    MARGIN,
    PRECISION_TARGET,
    RISK,
    automatic,
    choose_thresholds,
    coverage_and_precision,
)


@pytest.fixture(scope="module")
def signal_texts(corpus: list[Labelled]) -> list[SignalText]:
    """A tenth of them."""
    return read_signal_texts(corpus)[::10]


def test_every_category_is_judged(manifest: Manifest, corpus: list[Labelled]) -> None:
    scores, metrics = [CategoryScore(**score) for score in manifest.metrics["categories"]], manifest.metrics
    assert [score.category for score in scores] == manifest.classes
    assert sum(score.support for score in scores) == len(corpus)
    assert metrics["macro_f1"] == pytest.approx(np.mean([score.f1 for score in scores]))
    assert metrics["top3"] >= metrics["accuracy"]


def test_the_recipe_beats_guessing_by_far(manifest: Manifest) -> None:
    assert manifest.metrics["accuracy"] > 0.5
    assert min(score["recall"] for score in manifest.metrics["categories"]) > 0.2


def test_same_data_same_weights(corpus: list[Labelled], signal_texts: list[SignalText], tmp_path: Path) -> None:
    some = [row for row in corpus if row.category in ("card_fees", "atm_and_cash", "loan_pricing")]
    taxonomy = BUNDLED.read_text(encoding="utf-8")
    weights = []
    for name in ("a", "b"):
        registry = Registry(tmp_path / name)
        train(by_voice(some), signal_texts, taxonomy, registry, reason="", progress=lambda *_: None)
        model = registry.load().model
        assert model.detector is not None
        weights.append((model.scorer.weights, model.detector.weights))
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_progress_names_stage_and_steps(corpus: list[Labelled], signal_texts: list[SignalText], tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    some = [row for row in corpus if row.category in ("card_fees", "atm_and_cash")]
    taxonomy = BUNDLED.read_text(encoding="utf-8")
    train(by_voice(some), signal_texts, taxonomy, Registry(tmp_path), reason="", progress=lambda *t: told.append(t))
    steps = [len(list(stage)) for _, stage in groupby(told, key=lambda step: step[0])]
    assert steps[0] >= 2
    assert steps[1:] == [len(VOICES) + 1, 2, len(SIGNALS) + 1, 3]
    assert told[-1][1:] == (2, 2)


@pytest.mark.parametrize(
    ("labels", "says"),
    [(["a"] * 10 + ["b"] * 4, r"too few texts to judge: b \(4\)"), (["a"] * 10, "one category only")],
)
def test_too_little_to_judge_is_refused(labels: list[str], says: str) -> None:
    with pytest.raises(CorpusError, match=says):
        cross_validate(["年费"] * len(labels), labels, lambda: None, seed=0, progress=lambda *_: None)


def test_no_text_is_judged_by_a_fit_that_saw_its_group() -> None:
    """What only its own group's words betray cannot be told, nor are those words familiar."""
    own = {"甲": "蘋鸟", "乙": "石糖", "丙": "云鼓"}
    texts = [own[group]["ab".index(label)] * 2 for group in own for label in "ab" for _ in range(5)]
    labels = [label for _ in own for label in "ab" for _ in range(5)]
    groups = [group for group in own for _ in range(10)]
    judged = cross_validate(texts, labels, build_pipeline, groups=groups, seed=0, progress=lambda *_: None)
    np.testing.assert_allclose(judged.probabilities, 0.5, atol=0.01)
    assert judged.familiarity.tolist() == [0.0] * 30
    assert judged.characters.tolist() == [2.0] * 30
    seen = cross_validate(texts, labels, build_pipeline, seed=0, progress=lambda *_: None)
    assert seen.accuracy == 1.0
    assert seen.familiarity.min() > 0.9


def test_a_category_written_in_one_voice_only_is_refused() -> None:
    labels, groups = ["a"] * 5 + ["b"] * FOLDS, ["x", "y", "x", "y", "x", *["z"] * FOLDS]
    with pytest.raises(CorpusError, match="all texts of b are in one group"):
        cross_validate(["年费"] * 10, labels, lambda: None, groups=groups, seed=0, progress=lambda *_: None)


def said(first: list[float], right: list[bool]) -> OutOfFold:
    """Two categories in texts of usual length; the first has these probabilities and is right where said."""
    probabilities = np.column_stack([first, 1 - np.array(first)])
    labels = np.where(np.array(right) == (probabilities[:, 0] >= 0.5), "a", "b")
    return OutOfFold(("a", "b"), labels, probabilities, np.ones(len(first)), np.full(len(first), float(USUAL_LENGTH)))


def test_the_threshold_is_the_lowest_at_which_the_target_is_proven() -> None:
    """200 sure and right texts, then 100 less sure ones of which half are wrong."""
    first = [*np.linspace(0.99, 0.9, 200), *np.linspace(0.89, 0.7, 100)]
    right = [True] * 200 + [True, False] * 50
    out_of_fold = said(first, right)
    thresholds = choose_thresholds(out_of_fold, [()] * 300)
    assert 0.85 < thresholds.confidence < 0.9
    assert coverage_and_precision(out_of_fold, thresholds)[1] >= PRECISION_TARGET


def test_the_guarantee_holds_in_nine_of_ten_draws() -> None:
    """Drawn 200 times with honest confidence, the true precision misses the target in a tenth of the draws at most."""
    random = np.random.default_rng(0)
    missed = tried = 0
    for _ in range(200):
        first = random.beta(12, 1, 2_000) / 2 + 0.5
        thresholds = choose_thresholds(said(first.tolist(), (random.random(2_000) < first).tolist()), [()] * 2_000)
        fresh = random.beta(12, 1, 50_000) / 2 + 0.5
        decided = fresh[fresh >= thresholds.confidence]
        if len(decided):
            tried += 1
            missed += decided.mean() < PRECISION_TARGET
    assert tried > 100
    assert missed <= 200 * RISK * 1.5


def test_few_texts_prove_nothing() -> None:
    assert choose_thresholds(said([0.99] * 40, [True] * 40), [()] * 40).confidence == 1.0


def test_without_any_that_reaches_it_nothing_is_automatic() -> None:
    out_of_fold = said([0.9, 0.8, 0.7], [False, False, True])
    thresholds = choose_thresholds(out_of_fold, [()] * 3)
    assert thresholds.confidence == 1.0
    assert coverage_and_precision(out_of_fold, thresholds) == (0.0, 0.0)


def test_the_margin_keeps_two_minds_out() -> None:
    out_of_fold = said([0.54, 0.53], [True, True])
    assert coverage_and_precision(out_of_fold, choose_thresholds(out_of_fold, [()] * 2)) == (0.0, 0.0)
    assert MARGIN == 0.1


def test_short_texts_must_be_surer() -> None:
    """Of 600 texts alike in confidence, short ones are often wrong: most go to a person, and few of the others."""
    first = np.tile(np.linspace(0.9, 0.99, 300), 2).tolist()
    right = [True] * 300 + [True, False, True] * 100
    characters = np.array([120.0] * 300 + [2.0] * 300)
    out_of_fold = replace(said(first, right), characters=characters)
    decided = automatic(out_of_fold, choose_thresholds(out_of_fold, [()] * 600))
    assert decided[:300].mean() > 0.7
    assert decided[300:].mean() < decided[:300].mean() / 3


def test_strange_texts_go_to_a_person() -> None:
    out_of_fold = replace(said([0.99] * 300, [True] * 300), familiarity=np.array([0.1, 0.2] + [0.9] * 298))
    decided = automatic(out_of_fold, choose_thresholds(out_of_fold, [()] * 300))
    assert decided.tolist() == [False, False] + [True] * 298


def test_candidates_hold_the_right_category_as_often_as_promised(manifest: Manifest) -> None:
    assert manifest.metrics["candidates_hold"] >= PRECISION_TARGET
    assert 1 < manifest.metrics["candidates"] < 8


def test_without_proof_every_category_is_a_candidate() -> None:
    assert choose_thresholds(said([0.6] * 20, [True, False] * 10), [()] * 20).candidate == 0.0


def test_the_bundled_model_reaches_the_target_out_of_fold(manifest: Manifest) -> None:
    assert manifest.metrics["auto_precision"] >= PRECISION_TARGET
    assert manifest.metrics["auto_coverage"] > 0
