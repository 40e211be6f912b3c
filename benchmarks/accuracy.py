"""How well it reads, beside its peers, in one run.

    python -m benchmarks.accuracy [--json FILE] [--only bundled|splits]

The bundled model is trained afresh into a scratch store and asked about texts nobody here wrote; our recipe and its
peers are trained and tested on the same public splits. Published figures stand beside them, marked as published.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.metrics import f1_score

from benchmarks.evidence import deletion_ratio
from benchmarks.peers import PEERS
from benchmarks.robustness import kept
from benchmarks.sets import FOLDER, Judged, grouped_folds, interval, read
from classifier import ComplaintModel, Taxonomy
from classifier.taxonomy import BUNDLED
from models import Registry
from training import read_bundled_corpus, train
from training.calibration import calibration_error
from training.evaluate import OutOfFold

PUBLISHED = {
    "complaints6": "fine-tuned BERT 0.720 (its test part)",
    "citizen7": "SVM 0.920, fastText F1 0.93 (other splits)",
    "intents118": "RoBERTa macro-F1 0.728 (clean test part)",
}


def bundled_model(folder: Path) -> ComplaintModel:
    """The bundled model as the first start makes it."""
    registry = Registry(folder)
    rows = read_bundled_corpus(Taxonomy.bundled())
    train(rows, BUNDLED.read_text(encoding="utf-8"), registry, reason="benchmark", progress=lambda *_: None)
    return registry.load().model


def with_interval(values: np.ndarray) -> dict[str, float]:
    """A mean and its bootstrap interval."""
    low, high = interval(values)
    return {"value": float(values.mean()), "low": low, "high": high}


def measure_bundled(model: ComplaintModel) -> dict[str, Any]:
    """The bundled model on real complaints and on the seed statements."""
    real = read("real_dev.csv")
    predictions = model.predict(real.texts)
    right = real.right([p.category for p in predictions])
    top3 = np.array(
        [
            bool({r.category for r in p.ranked[:3]} & {a, b})
            for p, a, b in zip(predictions, real.labels, real.also_right, strict=True)
        ]
    )
    counts = Counter(real.labels)
    labels = np.array(real.labels)
    by_category = {code: float(right[labels == code].mean()) for code, n in counts.items() if n >= 5}
    automatic = np.array([p.decision == "auto" for p in predictions])
    said = [[p.secondary, s] for p, s in zip(predictions, real.secondary, strict=True)]
    found = seeds(model, "text_as_found")
    clean = seeds(model, "text_clean")
    shown, at_random = deletion_ratio(model, real.texts)
    return {
        "real_dev: right": with_interval(right),
        "real_dev: right among three": with_interval(top3),
        "real_dev: macro over categories of 5 and more": float(np.mean(list(by_category.values()))),
        "real_dev: automatic, coverage": with_interval(automatic),
        "real_dev: automatic, precision": with_interval(right[automatic]) if automatic.any() else None,
        "real_dev: calibration error": calibration_interval(model, predictions, real),
        "real_dev: secondary, example-based F1": float(np.mean([example_f1(set(a), set(b)) for a, b in said])),
        "seed_statements: right of 48, as found": int(found[0].sum()),
        "seed_statements: right of 48, clean": int(clean[0].sum()),
        "seed_statements: same label": int(sum(a == b for a, b in zip(found[1], clean[1], strict=True))),
        "label kept": kept(model, real.texts),
        "evidence: probability lost by deleting the shown words": shown,
        "evidence: probability lost by deleting as many random words": at_random,
        "by category": {code: [int(right[labels == code].sum()), n] for code, n in counts.most_common()},
    }


def seeds(model: ComplaintModel, column: str) -> tuple[np.ndarray, list[str]]:
    """Which seed statements are right in one of their two forms, and what was said."""
    judged = read("seed_statements.csv", column)
    predicted = [p.category for p in model.predict(judged.texts)]
    return judged.right(predicted), predicted


def example_f1(said: set[str], true: set[str]) -> float:
    """F1 of two sets of labels; two empty sets agree."""
    return 2 * len(said & true) / (len(said) + len(true)) if said or true else 1.0


def calibration_interval(model: ComplaintModel, predictions: list[Any], judged: Judged) -> dict[str, float]:
    """Expected calibration error of the first category, 15 bins, with its bootstrap interval."""
    classes = model.classes_
    probabilities = np.zeros((len(predictions), len(classes)))
    for i, prediction in enumerate(predictions):
        for ranked in prediction.ranked:
            probabilities[i, classes.index(ranked.category)] = ranked.probability
    first = np.array(classes)[probabilities.argmax(axis=1)].tolist()
    labels = np.where(judged.right(first), first, "wrong")
    random = np.random.default_rng(0)

    def error(rows: np.ndarray) -> float:
        return calibration_error(OutOfFold(classes, labels[rows], probabilities[rows]))

    errors = [error(random.integers(0, len(labels), len(labels))) for _ in range(500)]
    low, high = np.quantile(errors, [0.025, 0.975])
    return {"value": error(np.arange(len(labels))), "low": float(low), "high": float(high)}


def measure_splits() -> dict[str, Any]:
    """Every peer on every public split."""
    results: dict[str, Any] = {}
    for name, measure in (("complaints6", "accuracy"), ("intents118", "macro-F1")):
        inside, outside = read(f"{name}/train.csv"), read(f"{name}/dev.csv")
        for peer, fit in PEERS.items():
            predicted = np.array(fit(inside.texts, inside.labels, outside.texts))
            results.setdefault(f"{name}, {measure}", {})[peer] = scored(measure, np.array(outside.labels), predicted)
    citizens = read("citizen7/train.csv")
    folds = grouped_folds(citizens.texts)
    labels = np.array(citizens.labels)
    for peer, fit in PEERS.items():
        predicted = np.empty(len(labels), dtype=object)
        for inside_rows, outside_rows in folds:
            inside_texts = [citizens.texts[i] for i in inside_rows]
            predicted[outside_rows] = fit(
                inside_texts, labels[inside_rows].tolist(), [citizens.texts[i] for i in outside_rows]
            )
        results.setdefault("citizen7, accuracy, 5 grouped folds", {})[peer] = scored("accuracy", labels, predicted)
    return results


def scored(measure: str, labels: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Accuracy or macro-F1 with a bootstrap interval."""
    if measure == "accuracy":
        return with_interval(labels == predicted)
    random = np.random.default_rng(0)
    draws = [random.integers(0, len(labels), len(labels)) for _ in range(200)]
    low, high = np.quantile(
        [f1_score(labels[d], predicted[d], average="macro", zero_division=0) for d in draws], [0.025, 0.975]
    )
    return {"value": float(f1_score(labels, predicted, average="macro")), "low": float(low), "high": float(high)}


def text(value: Any) -> str:
    """A figure for the table."""
    if isinstance(value, dict) and "low" in value:
        return f"{value['value']:.3f}  [{value['low']:.3f}, {value['high']:.3f}]"
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value)


def show(console: Console, results: dict[str, Any]) -> None:
    """Print all figures as tables."""
    if "bundled" in results:
        show_bundled(console, results["bundled"])
    for name, peers in results.get("splits", {}).items():
        table = Table(name, box=None, header_style="dim")
        table.add_column("value  [95% interval]", justify="right")
        table.add_column("÷ tutorial", justify="right")
        tutorial = next(value["value"] for peer, value in peers.items() if peer.startswith("tutorial"))
        for peer, value in peers.items():
            table.add_row(peer, text(value), f"{value['value'] / tutorial:.2f}")
        table.add_row(f"published: {PUBLISHED[name.split(',')[0]]}", "", "")
        console.print(table)


def show_bundled(console: Console, figures: dict[str, Any]) -> None:
    """Print the bundled model's figures."""
    table = Table("bundled model", box=None, header_style="dim")
    table.add_column("value  [95% interval]", justify="right")
    for name, value in figures.items():
        if name == "label kept":
            for change, share in value.items():
                table.add_row(f"label kept: {change}", text(share))
            table.add_row("label kept: mean", text(float(np.mean(list(value.values())))))
        elif name != "by category":
            table.add_row(name, text(value))
    console.print(table)
    console.print("right by category: " + ", ".join(f"{c} {a}/{n}" for c, (a, n) in figures["by category"].items()))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--only", choices=["bundled", "splits"], help="measure one part")
    arguments = parser.parse_args()
    console = Console(width=110, highlight=False)
    if not FOLDER.is_dir():
        console.print(f"No evaluation data in {FOLDER}: set COMPLAINTS_EVAL. Nothing was measured.")
        return
    results: dict[str, Any] = {}
    if arguments.only != "splits":
        with tempfile.TemporaryDirectory() as folder:
            results["bundled"] = measure_bundled(bundled_model(Path(folder) / "store"))
    if arguments.only != "bundled":
        results["splits"] = measure_splits()
    show(console, results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
