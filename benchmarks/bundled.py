"""The bundled model on texts nobody here wrote: real complaints, and the statements of the sources."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evidence import deletion_ratio
from benchmarks.robustness import kept
from benchmarks.sets import bootstrap, read, with_interval
from classifier import ComplaintModel, Taxonomy
from classifier.taxonomy import BUNDLED
from models import Registry
from training import by_voice, read_bundled_corpus, read_signal_texts, train
from training.calibration import calibration_error, reliability


def bundled_model(folder: Path) -> ComplaintModel:
    """The bundled model as the first start makes it."""
    registry = Registry(folder)
    rows = read_bundled_corpus(Taxonomy.bundled())
    text = BUNDLED.read_text(encoding="utf-8")
    train(by_voice(rows), read_signal_texts(rows), text, registry, reason="benchmark", progress=lambda *_: None)
    return registry.load().model


def measure_bundled(model: ComplaintModel) -> dict[str, Any]:
    """All figures of the bundled model, by name."""
    return {**measure_real(model), **measure_seeds(model)}


def measure_real(model: ComplaintModel) -> dict[str, Any]:
    """The bundled model on real complaints."""
    real = read("real_dev.csv")
    predictions = model.predict(real.texts)
    right = real.right([{p.category} for p in predictions])
    candidates = [{c.category for c in p.candidates} for p in predictions]
    automatic = np.array([p.decision == "auto" for p in predictions])
    confidence = np.array([p.confidence for p in predictions])
    said = [{p.category, *p.secondary} for p in predictions]
    true = [{label, *codes} for label, codes in zip(real.labels, real.secondary, strict=True)]
    labels, counts = np.array(real.labels), Counter(real.labels)
    shown, at_random = deletion_ratio(model, real.texts)
    return {
        "real_dev: right": with_interval(right),
        "real_dev: right among three": with_interval(
            real.right([{r.category for r in p.ranked[:3]} for p in predictions])
        ),
        "real_dev: macro over categories of 5 and more": float(
            np.mean([right[labels == code].mean() for code, n in counts.items() if n >= 5])
        ),
        "real_dev: automatic, coverage": with_interval(automatic),
        "real_dev: automatic, precision": with_interval(right[automatic]) if automatic.any() else None,
        "real_dev: to a person, candidates shown": float(
            np.mean([len(c) for c, a in zip(candidates, automatic, strict=True) if not a])
        ),
        "real_dev: to a person, right one among them": with_interval(real.right(candidates)[~automatic]),
        "real_dev: calibration error": bootstrap(
            lambda rows: calibration_error(confidence[rows], right[rows]), len(right)
        ),
        "real_dev: all categories, example-based F1": example_f1(said, true),
        "real_dev: the same with the first category alone": example_f1([{p.category} for p in predictions], true),
        "label kept": kept(model, real.texts),
        "evidence: probability lost by deleting the shown words": shown,
        "evidence: probability lost by deleting as many random words": at_random,
        "by category": {code: [int(right[labels == code].sum()), n] for code, n in counts.most_common()},
        "reliability": [asdict(point) for point in reliability(confidence, right)],
    }


def measure_seeds(model: ComplaintModel) -> dict[str, Any]:
    """The bundled model on the statements of the sources, as found on the web and clean."""
    found, clean = (read("seed_statements.csv", column) for column in ("text_as_found", "text_clean"))
    of_found, of_clean = ([p.category for p in model.predict(judged.texts)] for judged in (found, clean))
    return {
        "seed_statements: right of 48, as found": int(found.right([{code} for code in of_found]).sum()),
        "seed_statements: right of 48, clean": int(clean.right([{code} for code in of_clean]).sum()),
        "seed_statements: same label": sum(a == b for a, b in zip(of_found, of_clean, strict=True)),
    }


def example_f1(said: list[set[str]], true: list[set[str]]) -> float:
    """Example-based F1: the mean over texts of the F1 of two sets of categories."""
    return float(np.mean([2 * len(s & t) / (len(s) + len(t)) for s, t in zip(said, true, strict=True)]))
