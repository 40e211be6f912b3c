"""What the label audit finds, and what training on the audited labels is worth.

    python -m benchmarks.audit [--json FILE] [--only citizen7|intents118]

citizen7: a tenth of the labels is flipped to another class by seed. How many of them are found; and on grouped folds
with clean labels, how much of the accuracy that the noise costs comes back when each fold's training part is audited.
intents118: its labels are noisy as they come; before against after the audit on its dev part.

How the audit works was chosen on other data (`benchmarks.audit_choice`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.metrics import f1_score

from benchmarks.sets import FOLDER, bootstrap, grouped_folds, near_duplicate_groups, read
from classifier.pipeline import build_pipeline, fit_to_terms, read_terms
from training.audit import Audit, audit

SEEDS = (1, 2, 3)
NOISE = 0.1


def flipped(labels: Sequence[str], seed: int, share: float = NOISE) -> tuple[np.ndarray, np.ndarray]:
    """Labels of which a share is another class at random, shape (N,), and which rows these are, shape (N,)."""
    random = np.random.default_rng(seed)
    classes, own = np.unique(labels, return_inverse=True)
    rows = random.choice(len(labels), round(len(labels) * share), replace=False)
    own[rows] = (own[rows] + random.integers(1, len(classes), len(rows))) % len(classes)
    return classes[own], np.isin(np.arange(len(labels)), rows)


def found(result: Audit, planted: np.ndarray) -> dict[str, Any]:
    """How many of the planted errors are among the suspects."""
    rows = [suspect.row for suspect in result.suspects]
    hits = int(planted[rows].sum())
    return {
        "suspects": len(rows),
        "precision": hits / max(len(rows), 1),
        "recall": hits / int(planted.sum()),
        "estimated noise": result.noise,
    }


def cleaned(labels: np.ndarray, result: Audit) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Two ways to follow an audit blindly, suspects dropped or relabelled: rows to learn from, and their labels."""
    kept = np.ones(len(labels), dtype=bool)
    better = labels.copy()
    for suspect in result.suspects:
        kept[suspect.row] = False
        better[suspect.row] = suspect.suggested
    return {"dropped": (np.flatnonzero(kept), labels[kept]), "relabelled": (np.arange(len(labels)), better)}


def measure_citizens(console: Console) -> dict[str, Any]:
    """Errors found in citizen7, and the accuracy won back."""
    judged = read("citizen7/train.csv")
    texts, labels = judged.texts, np.array(judged.labels)
    terms, groups = read_terms(build_pipeline(), texts), near_duplicate_groups(texts)
    folds = grouped_folds(texts)

    def predicted(rows: np.ndarray, of: np.ndarray, outside: np.ndarray) -> np.ndarray:
        pipeline = fit_to_terms(build_pipeline(), [terms[i] for i in rows], of.tolist())
        said: np.ndarray = pipeline.predict([texts[i] for i in outside])
        return said

    right: dict[str, np.ndarray] = {
        way: np.zeros((len(SEEDS), len(labels))) for way in ("clean", "noisy", "dropped", "relabelled")
    }
    errors = {}
    for number, seed in enumerate(SEEDS):
        noisy, planted = flipped(labels, seed)
        result = audit(texts, noisy.tolist(), groups=groups.tolist(), seed=seed, progress=lambda *_: None)
        errors[seed] = found(result, planted)
        console.print(f"citizen7, seed {seed}: {errors[seed]}")
        for inside, outside in folds:
            part = audit(
                [texts[i] for i in inside],
                noisy[inside].tolist(),
                groups=groups[inside].tolist(),
                seed=seed,
                progress=lambda *_: None,
            )
            ways = {
                "clean": (np.arange(len(inside)), labels[inside]),
                "noisy": (np.arange(len(inside)), noisy[inside]),
                **cleaned(noisy[inside], part),
            }
            for way, (rows, of) in ways.items():
                right[way][number, outside] = predicted(inside[rows], of, outside) == labels[outside]
    return {
        "planted": errors,
        "accuracy": {
            way: {
                "mean": bootstrap(lambda rows, w=way: float(right[w][:, rows].mean()), len(labels)),
                **{f"seed {seed}": float(right[way][number].mean()) for number, seed in enumerate(SEEDS)},
            }
            for way in right
        },
        "won back": {
            way: {
                "mean": bootstrap(lambda rows, w=way: won_back(right, w, rows), len(labels), rounds=2_000),
                **{
                    f"seed {seed}": won_back({w: r[[number]] for w, r in right.items()}, way, np.arange(len(labels)))
                    for number, seed in enumerate(SEEDS)
                },
            }
            for way in ("dropped", "relabelled")
        },
    }


def won_back(right: dict[str, np.ndarray], way: str, rows: np.ndarray) -> float:
    """Which share of the accuracy that the noise cost is there again: 0 none, 1 all."""
    clean, noisy, audited = (right[name][:, rows].mean() for name in ("clean", "noisy", way))
    return float((audited - noisy) / (clean - noisy))


def measure_intents() -> dict[str, Any]:
    """Before and after the audit of intents118, judged on its dev part."""
    inside, outside = read("intents118/train.csv"), read("intents118/dev.csv")
    labels, true = np.array(inside.labels), np.array(outside.labels)
    terms = read_terms(build_pipeline(), inside.texts)
    groups = near_duplicate_groups(inside.texts)
    result = audit(inside.texts, inside.labels, groups=groups.tolist(), seed=SEEDS[0], progress=lambda *_: None)
    ways = {"as is": (np.arange(len(labels)), labels), **cleaned(labels, result)}
    said = {
        way: fit_to_terms(build_pipeline(), [terms[i] for i in rows], of.tolist()).predict(outside.texts)
        for way, (rows, of) in ways.items()
    }

    def accuracy(way: str, rows: np.ndarray) -> float:
        return float((said[way][rows] == true[rows]).mean())

    def macro_f1(way: str, rows: np.ndarray) -> float:
        return float(f1_score(true[rows], said[way][rows], average="macro", zero_division=0))

    figures: dict[str, Any] = {
        "suspects": len(result.suspects),
        "of": len(labels),
        "estimated noise": result.noise,
        "passed over": result.passed_over,
    }
    for name, measure in (("accuracy", accuracy), ("macro-F1", macro_f1)):
        for way in ways:
            figures[f"{name}, {way}"] = bootstrap(lambda rows, m=measure, w=way: m(w, rows), len(true))
        for way in ("dropped", "relabelled"):
            figures[f"{name}, {way} ÷ as is"] = bootstrap(
                lambda rows, m=measure, w=way: m(w, rows) / m("as is", rows), len(true)
            )
    return figures


def shown(value: Any) -> str:
    """A figure for the table."""
    if isinstance(value, dict):
        return f"{value['value']:.3f}  [{value['low']:.3f}, {value['high']:.3f}]"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def show(console: Console, results: dict[str, Any]) -> None:
    """Print all figures as tables."""
    if "citizen7" in results:
        figures = results["citizen7"]
        table = Table(f"citizen7, {NOISE:.0%} flipped", box=None, header_style="dim")
        for column in ("suspects", "precision", "recall", "estimated noise"):
            table.add_column(column, justify="right")
        for seed, errors in figures["planted"].items():
            table.add_row(f"seed {seed}", *map(shown, errors.values()))
        console.print(table)
        for name in ("accuracy", "won back"):
            table = Table(f"{name}, grouped folds, clean labels", box=None, header_style="dim")
            for column in ("mean of seeds  [95% interval]", *(f"seed {seed}" for seed in SEEDS)):
                table.add_column(column, justify="right")
            for way, row in figures[name].items():
                table.add_row(way, *map(shown, row.values()))
            console.print(table)
    if "intents118" in results:
        table = Table("intents118", box=None, header_style="dim")
        table.add_column("value  [95% interval]", justify="right")
        for name, value in results["intents118"].items():
            table.add_row(name, shown(value))
        console.print(table)
        console.print("published for deleting the noisy rows: macro-F1 0.733 ÷ 0.728 = 1.007")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--only", choices=["citizen7", "intents118"], help="measure one set")
    arguments = parser.parse_args()
    console = Console(width=110, highlight=False)
    if not FOLDER.is_dir():
        console.print(f"No evaluation data in {FOLDER}: set COMPLAINTS_EVAL. Nothing was measured.")
        return
    results: dict[str, Any] = {}
    if arguments.only != "citizen7":
        results["intents118"] = measure_intents()
    if arguments.only != "intents118":
        results["citizen7"] = measure_citizens(console)
    show(console, results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
