"""A training run: one function of (lesson, taxonomy, seed), which leaves a bundle in the store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from classifier.errors import BundleError
from classifier.fingerprint import text_key
from classifier.model import ComplaintModel
from classifier.pipeline import STREAM_PRESET
from classifier.routing import BUNDLED as RULES
from classifier.scorer import Scorer
from classifier.signals import SignalDetector
from classifier.taxonomy import Taxonomy
from classifier.tokenizer import Tokenizer
from models.bundle import Bundle
from models.manifest import Manifest
from models.registry import Registry
from models.writing import Parts, write_bundle
from training.compare import Comparison, compared
from training.detector import SignalScore, fit_detector
from training.evaluate import OutOfFold, judge
from training.fitting import Progress, fit
from training.lesson import Lesson
from training.outcome import manifest_of, reference_of, report_of
from training.report import render
from training.signal_texts import SignalText, signal_key
from training.streaming import fit_streaming
from training.thresholds import choose_thresholds

SEED: Final = 20_251
BIG: Final = 150_000
"""Rows above which the streaming preset is used."""
_REPORT: Final = "报告与保存 report, keeping"


@dataclass(frozen=True, slots=True)
class Run:
    """What a training run left.

    Attributes
    ----------
    manifest : Manifest
    signals : list of SignalScore
    report : dict
        The evaluation report's document (`training.report.assess`).
    comparison : Comparison or None
        With the champion on the test part, where it has learnt from none of it; kept in the store's history.
    """

    manifest: Manifest
    signals: list[SignalScore]
    report: dict[str, Any]
    comparison: Comparison | None


def train(
    lesson: Lesson,
    signal_texts: Sequence[SignalText],
    taxonomy: str,
    registry: Registry,
    *,
    reason: str,
    progress: Progress,
    preset: str | None = None,
    seed: int = SEED,
) -> Run:
    """Judge the recipe by cross-validation, fit it, judge the fit on the test part, keep the model.

    The same lesson, signal texts, taxonomy, seed and libraries give the same weights.

    Parameters
    ----------
    lesson : Lesson
    signal_texts : sequence of SignalText
        What the detector of signals learns from; one that learnt from the same is taken over from the store.
    taxonomy : str
        The taxonomy file's text; it travels with the model.
    registry : Registry
        Keeps the model; the first of a store becomes its champion.
    reason : str
        Why it was trained; stands in the store's history.
    progress : Progress
    preset : str, optional
        `DEFAULT_PRESET` or `STREAM_PRESET`; by default the latter for more than `BIG` rows.
    seed : int

    Returns
    -------
    Run

    Raises
    ------
    CorpusError
        If a category has too few texts to be judged.
    """
    categories, tokenizer = Taxonomy.parse(taxonomy, source="taxonomy"), Tokenizer()
    streamed = len(lesson.rows) > BIG if preset is None else preset == STREAM_PRESET
    if streamed:
        fitted = fit_streaming(lesson, tokenizer, seed, progress)
    else:
        fitted = fit(lesson, categories, tokenizer, seed, progress)
    thresholds = choose_thresholds(fitted.out_of_fold, [lesson.rows[i].secondary for i in fitted.counted])
    detector, signals = _detector(signal_texts, tokenizer, registry, progress)
    progress(_REPORT, 0, 2)
    scorer, classes = Scorer.compiled(fitted.pipeline), fitted.pipeline.classes_.tolist()
    tested = _judged(scorer, classes, lesson) if lesson.test else None
    key = len(signal_texts), signal_key(signal_texts, tokenizer)
    manifest = manifest_of(lesson, fitted, thresholds, tokenizer, signals, key, tested, seed)
    model = ComplaintModel(classes, scorer, thresholds, manifest.version, detector)
    champion = _champion(registry, lesson)
    said = None if champion is None else _judged(champion.model.scorer, champion.model.classes_, lesson)
    report = report_of(lesson, fitted, tested, said, thresholds, model, categories, seed)
    parts = Parts(
        scorer,
        detector,
        fitted.pipeline,
        taxonomy,
        RULES.read_text(encoding="utf-8"),
        reference=reference_of(lesson, fitted.out_of_fold),
        seen={text_key(row.text) for row in lesson.rows},
        documents={
            "report.html": render(report),
            "report.json": json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False),
        },
    )

    def write(folder: Path) -> str:
        return write_bundle(folder, manifest, parts)

    progress(_REPORT, 1, 2)
    registry.keep(manifest.version, write, reason=reason)
    comparison = None
    if champion is not None and said is not None and tested is not None:
        names = champion.manifest.version, manifest.version
        comparison = compared(names, (said, tested), lesson.test, categories, seen=0, seed=seed)
        registry.compared(manifest.version, names[0], verdict=comparison.verdict, reason=comparison.en)
    progress(_REPORT, 2, 2)
    return Run(manifest, signals, report, comparison)


def _judged(scorer: Scorer, classes: Sequence[str], lesson: Lesson) -> OutOfFold:
    return judge(scorer, classes, [row.text for row in lesson.test], [row.category for row in lesson.test])


def learnt_already(registry: Registry, lesson: Lesson) -> int | None:
    """From how many rows of the test part the champion has learnt; None if there is none, or nobody knows."""
    champion = _sound(registry, registry.champion)
    return None if champion is None else _learnt(champion, lesson)


def _champion(registry: Registry, lesson: Lesson) -> Bundle | None:
    """The present champion, if there is a test part and it has learnt from none of it."""
    champion = _sound(registry, registry.champion)
    return champion if champion and lesson.test and _learnt(champion, lesson) == 0 else None


def _learnt(bundle: Bundle, lesson: Lesson) -> int | None:
    if bundle.seen is None:
        return None
    keys = np.array([text_key(row.text) for row in lesson.test], np.uint64)
    return int(np.isin(keys, bundle.seen).sum())


def _detector(
    texts: Sequence[SignalText], tokenizer: Tokenizer, registry: Registry, progress: Progress
) -> tuple[SignalDetector, list[SignalScore]]:
    """The newest model's detector or the champion's, if it learnt from the same texts in the same way; or a new one."""
    key = signal_key(texts, tokenizer)
    for version in (*registry.versions()[-1:], registry.champion):
        kept = _sound(registry, version)
        if kept is not None and kept.manifest.data.get("signal_key") == key and kept.model.detector is not None:
            progress("信号 signals", 1, 1)
            return kept.model.detector, [SignalScore(**score) for score in kept.manifest.metrics["signals"]]
    return fit_detector(texts, tokenizer, lambda done, total: progress("信号 signals", done, total))


def _sound(registry: Registry, version: str | None) -> Bundle | None:
    """A kept model, unless it is damaged: `complaints models verify` tells of that, and to train again mends it."""
    try:
        bundle = registry.load(version) if version else None
        if bundle is not None:
            bundle.files.require_unchanged()
    except BundleError:
        return None
    return bundle
