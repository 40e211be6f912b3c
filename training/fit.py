"""A training run: one function of (labelled data, taxonomy, seed), which leaves a bundle in the store."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Final

from sklearn.pipeline import Pipeline

from classifier.fingerprint import text_key
from classifier.pipeline import DEFAULT_PRESET, build_pipeline, fit_to_terms, read_terms
from classifier.routing import BUNDLED as RULES
from classifier.scorer import Scorer
from classifier.taxonomy import Taxonomy
from classifier.thesaurus import Thesaurus
from classifier.tokenizer import Tokenizer
from models.manifest import FORMAT, Manifest
from models.registry import Registry
from models.writing import Parts, write_bundle
from training.bundled import definition_texts
from training.calibration import at_temperature, calibration_error, fit_temperature, fold_in, reliability
from training.detector import SignalScore, fit_detector
from training.evaluate import OutOfFold, cross_validate
from training.labelled import Labelled, fingerprint
from training.signal_texts import SignalText
from training.thresholds import candidates_and_hold, choose_thresholds, coverage_and_precision

SEED: Final = 20_251

Progress = Callable[[str, int, int], None]
"""Told (stage, steps done, steps in all)."""

_LIBRARIES: Final = ("numpy", "scikit-learn", "rjieba", "opencc", "complaint-classifier")


@dataclass(frozen=True, slots=True)
class Run:
    """What a training run left."""

    manifest: Manifest
    out_of_fold: OutOfFold
    signals: list[SignalScore]


def train(
    rows: Sequence[Labelled],
    signal_texts: Sequence[SignalText],
    taxonomy: str,
    registry: Registry,
    *,
    reason: str,
    progress: Progress,
) -> Run:
    """Judge the recipe by cross-validation, fit it on all rows, keep the model.

    Parameters
    ----------
    rows : sequence of Labelled
    signal_texts : sequence of SignalText
        What the model's detector of signals learns from.
    taxonomy : str
        The taxonomy file's text; it travels with the model.
    registry : Registry
        Keeps the model; the first of a store becomes its champion.
    reason : str
        Why it was trained; stands in the store's history.
    progress : Progress

    Returns
    -------
    Run

    Raises
    ------
    CorpusError
        If a category has too few texts to be judged.
    """
    texts, labels = [row.text for row in rows], [row.category for row in rows]
    definitions = definition_texts(Taxonomy.parse(taxonomy, source="taxonomy"), only=set(labels))
    tokenizer, thesaurus = Tokenizer(), Thesaurus()

    def build() -> Pipeline:
        return build_pipeline(tokenizer=tokenizer, thesaurus=thesaurus)

    read = read_terms(build(), texts), read_terms(build(), definitions[0])
    with ThreadPoolExecutor(1) as aside:  # judging the recipe leaves a core idle now and then
        fitting = aside.submit(fit_to_terms, build(), [*read[0], *read[1]], [*labels, *definitions[1]])
        measured = cross_validate(
            texts,
            labels,
            build,
            groups=[row.voice for row in rows],
            extra=definitions,
            read=read,
            seed=SEED,
            progress=lambda done, total: progress("交叉验证 cross-validation", done, total),
        )
        progress("训练 fitting", 0, 1)
        pipeline = fitting.result()
    temperature = fit_temperature(measured)
    out_of_fold = at_temperature(measured, temperature)
    thresholds = choose_thresholds(out_of_fold, [row.secondary for row in rows])
    coverage, precision = coverage_and_precision(out_of_fold, thresholds)
    shown, hold = candidates_and_hold(out_of_fold, thresholds)
    fold_in(temperature, pipeline)
    progress("训练 fitting", 1, 1)
    detector, signals = fit_detector(signal_texts, tokenizer, lambda done, total: progress("信号 signals", done, total))
    created = datetime.now(UTC)
    data_fingerprint = fingerprint(rows)
    manifest = Manifest(
        format=FORMAT,
        version=f"{DEFAULT_PRESET}-{created:%Y%m%dT%H%M%SZ}-{data_fingerprint[:8]}",
        created=created.isoformat(timespec="seconds"),
        preset=DEFAULT_PRESET,
        classes=pipeline.classes_.tolist(),
        thresholds=asdict(thresholds),
        tokenizer=tokenizer.identity(),
        data={"rows": len(rows), "sha256": data_fingerprint, "signal_texts": len(signal_texts)},
        metrics={
            "method": "one voice left out at a time",
            "accuracy": out_of_fold.accuracy,
            "macro_f1": out_of_fold.macro_f1,
            "top3": out_of_fold.top3,
            "temperature": temperature,
            "calibration_error": calibration_error(out_of_fold.confidence, out_of_fold.right),
            "auto_coverage": coverage,
            "auto_precision": precision,
            "candidates": shown,
            "candidates_hold": hold,
            "reliability": [asdict(point) for point in reliability(out_of_fold.confidence, out_of_fold.right)],
            "categories": [asdict(score) for score in out_of_fold.by_category()],
            "signals": [asdict(score) for score in signals],
        },
        libraries={"python": platform.python_version(), **{name: library_version(name) for name in _LIBRARIES}},
        files={},
    )

    parts = Parts(
        Scorer.compiled(pipeline),
        detector,
        pipeline,
        taxonomy,
        RULES.read_text(encoding="utf-8"),
        reference={"categories": dict(sorted(Counter(labels).items()))},
        seen={text_key(text) for text in texts},
    )

    def write(folder: Path) -> str:
        return write_bundle(folder, manifest, parts)

    registry.keep(manifest.version, write, reason=reason)
    return Run(manifest, out_of_fold, signals)
