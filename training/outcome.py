"""What is kept of a run beside the weights: the manifest, statistics of the data, the evaluation report."""

from __future__ import annotations

import platform
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from typing import Any, Final

import numpy as np

from classifier.model import ComplaintModel
from classifier.taxonomy import Taxonomy
from classifier.thresholds import Thresholds
from classifier.tokenizer import Tokenizer
from models.manifest import FORMAT, Manifest
from training.calibration import calibration_error, reliability
from training.detector import SignalScore
from training.evaluate import OutOfFold
from training.fitting import Fitted
from training.labelled import fingerprint
from training.lesson import Lesson
from training.report import assess
from training.thresholds import candidates_and_hold, coverage_and_precision

_LIBRARIES: Final = ("numpy", "scikit-learn", "rjieba", "opencc", "complaint-classifier")


def manifest_of(
    lesson: Lesson,
    fitted: Fitted,
    thresholds: Thresholds,
    tokenizer: Tokenizer,
    signals: list[SignalScore],
    signal_texts: tuple[int, str],
    tested: OutOfFold | None,
    seed: int,
) -> Manifest:
    """What the bundle says about itself; `signal_texts` are how many there are, and their key."""
    created = datetime.now(UTC)
    sha256 = fingerprint(lesson.rows)
    measured = _figures(fitted.out_of_fold, thresholds)
    if tested is not None:
        measured["test"] = {"rows": len(lesson.test), **_figures(tested, thresholds)}
    moments = sorted(row.at for row in (*lesson.rows, *lesson.test) if row.at)
    span = {"from": f"{moments[0]:%Y-%m-%d}", "to": f"{moments[-1]:%Y-%m-%d}"} if moments else {}
    return Manifest(
        format=FORMAT,
        version=f"{fitted.preset}-{created:%Y%m%dT%H%M%SZ}-{sha256[:8]}",
        created=created.isoformat(timespec="seconds"),
        preset=fitted.preset,
        classes=fitted.pipeline.classes_.tolist(),
        thresholds=asdict(thresholds),
        tokenizer=tokenizer.identity(),
        data={
            "rows": len(lesson.rows),
            "sha256": sha256,
            "signal_texts": signal_texts[0],
            "signal_key": signal_texts[1],
            "seed": seed,
            **span,
            **lesson.data,
        },
        metrics={
            "method": lesson.method if tested is None else f"{lesson.method}; out of fold in the training part",
            **measured,
            "temperature": fitted.temperature,
            "regularization": asdict(fitted.regularization),
            "reliability": [
                asdict(point) for point in reliability(fitted.out_of_fold.confidence, fitted.out_of_fold.right)
            ],
            "categories": [asdict(score) for score in fitted.out_of_fold.by_category()],
            "signals": [asdict(score) for score in signals],
        },
        libraries={"python": platform.python_version(), **{name: library_version(name) for name in _LIBRARIES}},
        files={},
    )


def _figures(judged: OutOfFold, thresholds: Thresholds) -> dict[str, Any]:
    coverage, precision = coverage_and_precision(judged, thresholds)
    shown, hold = candidates_and_hold(judged, thresholds)
    return {
        "accuracy": judged.accuracy,
        "macro_f1": judged.macro_f1,
        "top3": judged.top3,
        "calibration_error": calibration_error(judged.confidence, judged.right),
        "auto_coverage": coverage,
        "auto_precision": precision,
        "candidates": shown,
        "candidates_hold": hold,
    }


def reference_of(lesson: Lesson, judged: OutOfFold) -> dict[str, Any]:
    """Statistics of the training data, to tell later whether what arrives is still alike."""
    marks = [0.05, 0.25, 0.5, 0.75, 0.95]
    lengths = [len(row.text) for row in lesson.rows]
    return {
        "categories": dict(sorted(Counter(row.category for row in lesson.rows).items())),
        "channels": dict(sorted(Counter(row.channel for row in lesson.rows if row.channel).items())),
        "quantiles": marks,
        "lengths": np.quantile(lengths, marks).tolist(),
        "confidence": np.quantile(judged.confidence, marks).tolist(),
        "familiarity": np.quantile(judged.familiarity, marks).tolist(),
    }


def report_of(
    lesson: Lesson,
    fitted: Fitted,
    tested: OutOfFold | None,
    champion: OutOfFold | None,
    thresholds: Thresholds,
    model: ComplaintModel,
    taxonomy: Taxonomy,
    seed: int,
) -> dict[str, Any]:
    """The report's document: of the test part, or of the rows judged out of fold where there is none."""
    judged = fitted.out_of_fold if tested is None else tested
    rows = [lesson.rows[i] for i in fitted.counted] if tested is None else lesson.test
    return assess(
        judged,
        rows,
        thresholds,
        model,
        taxonomy,
        method=lesson.method,
        learning=fitted.learning,
        champion=champion,
        data=lesson.data,
        seed=seed,
    )
