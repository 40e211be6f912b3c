"""How well signals are found: in texts that were written for it before there was a detector, and out of fold.

Run with ``python -m benchmarks.signals``.
"""

from __future__ import annotations

import csv
from pathlib import Path

from classifier import Taxonomy, Tokenizer
from classifier.signals import SIGNALS, SignalDetector
from classifier.text import normalize
from training import read_bundled_corpus, read_signal_texts
from training.detector import fit_detector

HELD_OUT = Path(__file__).parents[1] / "tests" / "classifier" / "signals"


def measure(code: str, detector: SignalDetector) -> tuple[float, float, float]:
    """Precision and recall on the held-out texts of a signal, and the share of those found that are found in place."""
    with (HELD_OUT / f"{code}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [{s.code: s for s in detector.find(row["text"], normalize(row["text"]))}.get(code) for row in rows]
    hits = [(row, signal) for row, signal in zip(rows, found, strict=True) if signal and row["label"] == "1"]
    in_place = 0
    for row, signal in hits:
        start = row["text"].index(row["span"])
        in_place += signal.start < start + len(row["span"]) and start < signal.end
    told = sum(signal is not None for signal in found)
    there = sum(row["label"] == "1" for row in rows)
    return len(hits) / max(told, 1), len(hits) / there, in_place / max(len(hits), 1)


def main() -> None:
    """Fit the bundled detector and print a row per signal."""
    texts = read_signal_texts(read_bundled_corpus(Taxonomy.bundled()))
    detector, scores = fit_detector(texts, Tokenizer(), lambda *_: None)
    print(f"{len(texts):,} texts to learn from; held out: {len(SIGNALS)} x 20 that carry it, 20 that look like it")
    print(f"{'':18}held out: precision recall in place | out of fold: texts precision recall false alarms mistaken")
    for score in scores:
        precision, recall, in_place = measure(score.code, detector)
        print(
            f"{score.code:18}{precision:19.2f}{recall:7.2f}{in_place:9.2f} |"
            f"{score.texts:19}{score.precision:10.3f}{score.recall:7.3f}{score.false_alarms:13.4f}{score.mistaken:9.3f}"
        )


if __name__ == "__main__":
    main()
