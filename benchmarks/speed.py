"""One text, many texts, and the first answer of a new process: ours beside the tutorial pipeline and fastText.

    python -m benchmarks.speed [--rounds N]

Texts are of 80 to 140 characters, from the bundled corpus, in an order drawn once. All three have learnt them: speed
does not depend on it. Each says label and probability of the raw text, cutting included; fastText gets the words that
ours has, of the canonical text, so that it is charged for cutting and not for the canonical form. Everything but the
start runs on one core.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import joblib

from benchmarks.big import FEATURES, big_store, grown
from benchmarks.peers import fit_fasttext, fit_tutorial, jieba_words, line
from benchmarks.rounds import ROUNDS, Goal, Record, interleaved, one_core, ratios
from classifier import Taxonomy, normalize
from models import Registry, store_path
from training import read_bundled_corpus

CHARACTERS: Final = range(80, 141)
SINGLE: Final = 1_000
OURS, TUTORIAL, FASTTEXT, UNCUT = "ours", "tutorial", "fastText, same words", "fastText, words given"

START_OURS: Final = """
import sys
from pathlib import Path
from models import Registry
print(Registry(Path(sys.argv[1])).load().model.predict([sys.argv[2]])[0].category)
"""
START_TUTORIAL: Final = """
import sys
import jieba
import joblib
jieba.setLogLevel(60)
print(joblib.load(sys.argv[1]).predict([" ".join(jieba.lcut(sys.argv[2]))])[0])
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """How somebody reads one text and many.

    Attributes
    ----------
    one : callable
        From a text, as `given`, to anything.
    many : callable
        From all of them.
    given : sequence
        The texts in the form this one is given.
    """

    one: Callable[[str], object]
    many: Callable[[Sequence[str]], object]
    given: Sequence[str]


def microseconds(peer: Peer) -> tuple[float, float]:
    """Median and 99th percentile of reading one text."""
    took = []
    for text in peer.given[:SINGLE]:
        begun = time.perf_counter_ns()
        peer.one(text)
        took.append(time.perf_counter_ns() - begun)
    took.sort()
    return took[len(took) // 2] / 1_000, took[len(took) * 99 // 100] / 1_000


def texts_a_second(peer: Peer) -> float:
    """Of reading all texts at once."""
    begun = time.perf_counter()
    peer.many(peer.given)
    return len(peer.given) / (time.perf_counter() - begun)


def seconds_to_answer(script: str, *arguments: str, **environment: str) -> float:
    """From the start of a new process to its first answer."""
    begun = time.perf_counter()
    command = [sys.executable, "-c", script, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "PYTHONWARNINGS": "ignore", **environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        answered = bool(process.stdout and process.stdout.readline())
        took = time.perf_counter() - begun
    if process.returncode or not answered:
        raise RuntimeError(f"a new process gave no answer:\n{script}")
    return took


def peers(scratch: Path) -> tuple[dict[str, Peer], str]:
    """Load ours and fit the others, whose fitted pipeline is left in `scratch`; and one text."""
    model = Registry(store_path()).load().model
    rows = read_bundled_corpus(Taxonomy.bundled())
    cut, labels = model.scorer.analyzer.tokenizer, [row.category for row in rows]
    pipeline = fit_tutorial([" ".join(jieba_words(row.text)) for row in rows], labels)
    joblib.dump(pipeline, scratch / "tutorial.joblib")
    library = fit_fasttext([line(cut(normalize(row.text))) for row in rows], labels)
    texts = [row.text for row in rows if len(row.text) in CHARACTERS]
    random.Random(7).shuffle(texts)
    canonical = [normalize(text) for text in texts]
    return {
        OURS: Peer(lambda text: model.predict([text])[0], model.predict, texts),
        TUTORIAL: Peer(
            lambda text: pipeline.predict_proba([" ".join(jieba_words(text))]),
            lambda texts: pipeline.predict([" ".join(jieba_words(text)) for text in texts]),
            texts,
        ),
        FASTTEXT: Peer(
            lambda text: library.predict(line(cut(text))),
            lambda texts: [library.predict(line(cut(text))) for text in texts],
            canonical,
        ),
        UNCUT: Peer(
            library.predict,
            lambda texts: [library.predict(text) for text in texts],
            [line(cut(text)) for text in canonical],
        ),
    }, texts[0]


def measure_single(record: Record, peers: Mapping[str, Peer], rounds: int) -> None:
    """One text after the other."""
    found = interleaved({who: partial(microseconds, peer) for who, peer in peers.items()}, rounds)
    p50, p99 = ({who: [each[place] for each in values] for who, values in found.items()} for place in (0, 1))
    record.take("one text, p50", "µs", p50)
    record.take("one text, p99", "µs", p99)
    record.goals += [
        Goal("one text, p50: tutorial ÷ ours", ratios(p50[TUTORIAL], p50[OURS]), 12),
        Goal("one text, p99: tutorial ÷ ours", ratios(p99[TUTORIAL], p99[OURS]), 8),
        Goal("one text, p50: fastText on the same words ÷ ours", ratios(p50[FASTTEXT], p50[OURS]), 0.6),
    ]


def measure_batch(record: Record, peers: Mapping[str, Peer], rounds: int) -> None:
    """Thousands at once."""
    found = interleaved({who: partial(texts_a_second, peer) for who, peer in peers.items()}, rounds)
    record.take("batch on one core", "texts/s", found)
    record.goals += [
        Goal("batch on one core: ours ÷ tutorial", ratios(found[OURS], found[TUTORIAL]), 8),
        Goal("batch on one core: ours ÷ fastText's loop on the same words", ratios(found[OURS], found[FASTTEXT]), 1),
    ]


def measure_start(record: Record, scratch: Path, text: str, rounds: int) -> None:
    """New processes; all files they read were read before."""
    registry, fitted = big_store(scratch / "store"), scratch / "tutorial.joblib"
    joblib.dump(grown(joblib.load(fitted), registry.load().model.scorer.vocabulary), scratch / "grown.joblib")

    def without_cache() -> float:
        with tempfile.TemporaryDirectory(dir=scratch) as folder:  # jieba keeps its dictionary there
            return seconds_to_answer(START_TUTORIAL, str(fitted), text, TMPDIR=folder)

    found = interleaved(
        {
            OURS: partial(seconds_to_answer, START_OURS, str(registry.store), text),
            "ours, the store's champion": partial(seconds_to_answer, START_OURS, str(store_path()), text),
            "tutorial, as fitted": partial(seconds_to_answer, START_TUTORIAL, str(fitted), text),
            "tutorial, as many features": partial(
                seconds_to_answer, START_TUTORIAL, str(scratch / "grown.joblib"), text
            ),
            "tutorial, as fitted, before jieba has its cache": without_cache,
        },
        rounds,
    )
    record.take(what := f"new process to first answer ({FEATURES:,} features)", "s", found)
    alike = found["tutorial, as many features"]
    record.goals.append(Goal(f"{what}: tutorial ÷ ours", ratios(alike, found[OURS]), 6))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    record = Record("speed")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        with one_core():
            everyone, text = peers(scratch)
            measure_single(record, everyone, rounds)
            measure_batch(record, everyone, rounds)
        measure_start(record, scratch, text, rounds)
    record.write()


if __name__ == "__main__":
    main()
