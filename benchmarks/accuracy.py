"""How well it reads, beside its peers, in one run.

    python -m benchmarks.accuracy [--json FILE] [--only bundled|splits]

The bundled model is trained afresh into a scratch store and asked about texts nobody here wrote; our recipe and its
peers are trained and tested on the same public splits. Published figures stand beside them, marked as published.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.metrics import f1_score

from benchmarks.bundled import bundled_model, measure_bundled
from benchmarks.peers import PEERS
from benchmarks.sets import FOLDER, bootstrap, grouped_folds, read, with_interval

PUBLISHED = {
    "complaints6": "fine-tuned BERT 0.720 (its test part)",
    "citizen7": "SVM 0.920, fastText F1 0.93 (other splits)",
    "intents118": "RoBERTa macro-F1 0.728 (clean test part)",
}


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
    return bootstrap(
        lambda rows: f1_score(labels[rows], predicted[rows], average="macro", zero_division=0), len(labels), rounds=200
    )


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
        elif name not in ("by category", "reliability"):
            table.add_row(name, text(value))
    console.print(table)
    curve = Table("confidence, on average", box=None, header_style="dim")
    curve.add_column("right", justify="right")
    curve.add_column("texts", justify="right")
    for point in figures["reliability"]:
        curve.add_row(f"{point['confidence']:.3f}", f"{point['right']:.3f}", str(point["texts"]))
    console.print(curve)
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
