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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.metrics import f1_score

from benchmarks.sets import FOLDER, bootstrap, grouped_folds, near_duplicate_groups, read, with_interval
from classifier.pipeline import build_pipeline, fit_to_terms, read_terms
from training.audit import Audit, audit

SEEDS = (1, 2, 3)
NOISE = 0.1
SURE = 0.7
"""So probable must an error be to be dropped unseen, chosen where the audit was (docs/audit.md)."""


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
    """Ways to follow an audit without looking: rows to learn from, and their labels."""
    suspects = np.array([suspect.row for suspect in result.suspects], dtype=int)
    surest = np.array([suspect.row for suspect in result.suspects if suspect.wrong >= SURE], dtype=int)
    better = labels.copy()
    better[suspects] = [suspect.suggested for suspect in result.suspects]
    every = np.arange(len(labels))
    return {
        "dropped": (np.delete(every, suspects), np.delete(labels, suspects)),
        "surest dropped": (np.delete(every, surest), np.delete(labels, surest)),
        "relabelled": (every, better),
    }


def worked_through(labels: np.ndarray, right: np.ndarray, result: Audit) -> np.ndarray:
    """The labels after an analyst who errs in nothing decided about every suspect, and looked at no other row."""
    better = labels.copy()
    rows = [suspect.row for suspect in result.suspects]
    better[rows] = right[rows]
    return better


@dataclass(frozen=True)
class Citizens:
    """What was measured with citizen7 and one seed: errors found; by way of training, which texts are right, (N,)."""

    errors: dict[str, Any]
    right: dict[str, np.ndarray]


def measure_citizens(seed: int) -> Citizens:
    """Flip labels, audit all, and train on each fold's training part: clean, noisy, and audited in several ways."""
    judged = read("citizen7/train.csv")
    texts, labels = judged.texts, np.array(judged.labels)
    terms, groups = read_terms(build_pipeline(), texts), near_duplicate_groups(texts)
    noisy, planted = flipped(labels, seed)
    whole = audit(texts, noisy.tolist(), groups=groups.tolist(), seed=seed, progress=lambda *_: None)
    right: dict[str, np.ndarray] = {}
    for inside, outside in grouped_folds(texts):
        part = audit(
            [texts[i] for i in inside],
            noisy[inside].tolist(),
            groups=groups[inside].tolist(),
            seed=seed,
            progress=lambda *_: None,
        )
        every = np.arange(len(inside))
        ways = {
            "clean": (every, labels[inside]),
            "noisy": (every, noisy[inside]),
            **cleaned(noisy[inside], part),
            "worked through": (every, worked_through(noisy[inside], labels[inside], part)),
        }
        for way, (rows, of) in ways.items():
            pipeline = fit_to_terms(build_pipeline(), terms[inside[rows]], of.tolist())
            said = pipeline.predict([texts[i] for i in outside])
            right.setdefault(way, np.zeros(len(labels)))[outside] = said == labels[outside]
    return Citizens(found(whole, planted), right)


def won_back(right: dict[str, np.ndarray], way: str, rows: np.ndarray) -> float:
    """Which share of the accuracy that the noise cost is there again: 0 none, 1 all; the cost is at least one text."""
    clean, noisy, audited = (right[name][rows].mean() for name in ("clean", "noisy", way))
    return float((audited - noisy) / max(clean - noisy, 1 / len(rows)))


def summed_up(measured: dict[int, Citizens]) -> dict[str, Any]:
    """The figures of all seeds: each alone, and their mean with its interval over texts."""
    every = {seed: one.right for seed, one in measured.items()}
    mean = {way: np.mean([right[way] for right in every.values()], axis=0) for way in next(iter(every.values()))}
    n = len(mean["clean"])
    return {
        "planted": {seed: one.errors for seed, one in measured.items()},
        "accuracy": {
            way: {"mean": with_interval(mean[way]), **{seed: float(r[way].mean()) for seed, r in every.items()}}
            for way in mean
        },
        "won back": {
            way: {
                "mean": bootstrap(lambda rows, w=way: won_back(mean, w, rows), n, rounds=2_000),
                **{seed: won_back(right, way, np.arange(n)) for seed, right in every.items()},
            }
            for way in mean
            if way not in ("clean", "noisy")
        },
    }


def measure_intents() -> dict[str, Any]:
    """Before and after the audit of intents118, judged on its dev part."""
    inside, outside = read("intents118/train.csv"), read("intents118/dev.csv")
    labels, true = np.array(inside.labels), np.array(outside.labels)
    terms = read_terms(build_pipeline(), inside.texts)
    groups = near_duplicate_groups(inside.texts)
    result = audit(inside.texts, inside.labels, groups=groups.tolist(), seed=SEEDS[0], progress=lambda *_: None)
    ways = {"as is": (np.arange(len(labels)), labels), **cleaned(labels, result)}
    said = {
        way: fit_to_terms(build_pipeline(), terms[rows], of.tolist()).predict(outside.texts)
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
        for way in list(ways)[1:]:
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
            for column in ("mean of seeds  [95% interval]", *(f"seed {seed}" for seed in figures["planted"])):
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
        results["citizen7"] = summed_up({seed: measure_citizens(seed) for seed in SEEDS})
    show(console, results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
