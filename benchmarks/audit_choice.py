"""How the label audit decides what a suspect is: its choices against their alternatives.

    python -m benchmarks.audit_choice

A tenth of the labels is flipped at random in the bundled corpus (28 categories, and its 8 groups of categories) and in
complaints6, whose own labels are often wrong too. Never on the sets that `benchmarks.audit` reports on. Prints a
Markdown table; `docs/audit.md` holds one.
"""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
from cleanlab.filter import find_label_issues

from benchmarks.audit import flipped
from benchmarks.sets import read
from classifier import Taxonomy
from classifier.counts import Counts
from classifier.pipeline import build_pipeline, read_terms
from training import read_bundled_corpus
from training.audit import find_suspects, trusted_folds
from training.calibration import at_temperature, fit_temperature
from training.evaluate import OutOfFold, cross_validate

SEEDS = (11, 12, 13)
ROUNDS = 3
FILTERS = ("prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "predicted_neq_given")
EXPECTED = (0.7, 0.75, 0.775, 0.8, 0.85)


def sets() -> dict[str, tuple[list[str], list[str]]]:
    """Texts and labels of each set."""
    taxonomy = Taxonomy.bundled()
    rows = read_bundled_corpus(taxonomy)
    texts, complaints = [row.text for row in rows], read("complaints6/train.csv")
    return {
        "corpus": (texts, [row.category for row in rows]),
        "corpus, groups": (texts, [taxonomy[row.category].group.code for row in rows]),
        "complaints6": (complaints.texts, complaints.labels),
    }


def rounds(texts: list[str], terms: Counts, labels: np.ndarray, seed: int) -> Iterator[OutOfFold]:
    """What the fits of each round say, calibrated; suspects of a round are not learnt from in the next."""
    trusted = np.ones(len(labels), dtype=bool)
    for number in range(ROUNDS):
        judged = cross_validate(
            texts,
            labels.tolist(),
            build_pipeline,
            folds=trusted_folds(labels, None, trusted, seed + number),
            read=terms,
            seed=seed,
            progress=lambda *_: None,
        )
        judged = at_temperature(judged, fit_temperature(judged))
        yield judged
        trusted[:] = True
        trusted[[s.row for s in find_suspects(labels.tolist(), judged.probabilities, judged.classes)]] = False


def choices(judged: OutOfFold) -> Iterator[tuple[str, np.ndarray]]:
    """Each way to choose, and the rows it chooses."""
    given = np.searchsorted(judged.classes, judged.labels)
    for name in FILTERS:
        yield (
            f"cleanlab {name}",
            np.flatnonzero(find_label_issues(given, judged.probabilities, filter_by=name, n_jobs=1)),
        )
    for expected in EXPECTED:
        with patch("training.audit.EXPECTED_PRECISION", expected):
            suspects = find_suspects(judged.labels.tolist(), judged.probabilities, judged.classes)
        yield f"expected precision {expected}", np.array([s.row for s in suspects], dtype=int)


def main() -> None:
    """Measure every choice and print the table: precision / recall, means over the seeds."""
    measured: dict[str, dict[str, list[tuple[float, float]]]] = {}
    columns = sets()
    for name, (texts, labels) in columns.items():
        terms = read_terms(build_pipeline(), texts)
        for seed in SEEDS:
            noisy, planted = flipped(labels, seed)
            for number, judged in enumerate(rounds(texts, terms, noisy, seed), start=1):
                for choice, rows in choices(judged):
                    hits = planted[rows].sum()
                    figures = (hits / max(len(rows), 1), hits / planted.sum())
                    measured.setdefault(f"{choice}, round {number}", {}).setdefault(name, []).append(figures)
    print(f"| choice | {' | '.join(columns)} |")
    print("|---|" + "---:|" * len(columns))
    for choice, by_set in sorted(measured.items(), key=lambda item: item[0][-1]):
        means = [np.mean(by_set[name], axis=0) for name in columns]
        print(f"| {choice} | {' | '.join(f'{precision:.3f} / {recall:.3f}' for precision, recall in means)} |")


if __name__ == "__main__":
    main()
