"""How long the default preset takes to learn, beside fastText; and what it costs by size.

Rows are made of the corpus by recombination (`benchmarks.scale`). Both may use all cores; fastText has the settings of
`benchmarks.peers`. Two clocks:

from words: fastText reads lines of words and learns. We have the words and everything else that we make of a text
(characters, pairs, concepts) as lists in memory, count them, and learn.

from texts: everybody cuts the texts too, on all cores.

Sizes are run each in a process of its own, from texts, its start included, and that of the processes it starts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Final

import numpy as np

from benchmarks.rounds import Goal, Record, interleaved, ratios
from benchmarks.scale import memory_of, recombined
from classifier.counts import Counts, count, in_blocks, joined
from classifier.pipeline import build_pipeline, fit_to_terms, read_terms
from classifier.text import normalize
from classifier.tokenizer import Tokenizer

ROWS: Final = 100_000
SIZES: Final = 1_000, 10_000, 100_000
WHO: Final = "complaints", "fastText"
_BLOCK: Final = 1_000


def lines_of(tokenizer: Tokenizer, texts: Sequence[str]) -> list[str]:
    """Texts as fastText wants them: words between blanks."""
    return [" ".join(tokenizer(normalize(text))) for text in texts]


def learn_fasttext(lines: Sequence[str], labels: Sequence[str]) -> None:
    """Write the lines and let fastText learn them, as `benchmarks.peers` does but on both cores."""
    import fasttext as library

    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(f"__label__{label} {line}\n" for line, label in zip(lines, labels, strict=True))
        file.flush()
        library.train_supervised(file.name, lr=1.0, epoch=25, wordNgrams=2, dim=100, thread=2, seed=1, verbose=0)


def fasttext_from_texts(texts: Sequence[str], labels: Sequence[str]) -> None:
    """Cut and learn."""
    learn_fasttext(list(chain.from_iterable(in_blocks(partial(lines_of, Tokenizer()), texts))), labels)


def learn_ours(terms: Sequence[list[str]], labels: Sequence[str]) -> None:
    """Count and learn."""
    blocks = (terms[start : start + _BLOCK] for start in range(0, len(terms), _BLOCK))
    counts = Counts(*joined(map(count, blocks)), np.zeros(len(terms), np.intp))
    fit_to_terms(build_pipeline(), counts, labels)


def ours_from_texts(texts: Sequence[str], labels: Sequence[str]) -> None:
    """Read and learn."""
    pipeline = build_pipeline()
    fit_to_terms(pipeline, read_terms(pipeline, texts), labels)


FROM_TEXTS: Final = dict(zip(WHO, (ours_from_texts, fasttext_from_texts), strict=True))


def measure(record: Record, rows: int) -> None:
    """Both clocks, in turn."""
    texts, labels = map(list, zip(*recombined(rows), strict=True))
    analyzer = build_pipeline()["tfidf"].analyzer
    terms = [analyzer(text) for text in texts]
    lines = lines_of(analyzer.tokenizer, texts)

    def clocked(work: partial[None]) -> float:
        begun = time.perf_counter()
        work()
        return time.perf_counter() - begun

    works = {
        "complaints, from words": partial(learn_ours, terms, labels),
        "fastText, from words": partial(learn_fasttext, lines, labels),
        **{f"{who}, from texts": partial(learn, texts, labels) for who, learn in FROM_TEXTS.items()},
    }
    found = interleaved({name: partial(clocked, work) for name, work in works.items()})
    record.take(f"training on {rows:,} rows", "s", found)
    for clock, limit in (("words", 1.0), ("texts", 1.0)):
        ratio = ratios(found[f"fastText, from {clock}"], found[f"complaints, from {clock}"])
        record.goals.append(Goal(f"fastText ÷ ours on {rows:,} rows, from {clock}: seconds", ratio, limit))


def cost(who: str, rows: int) -> tuple[float, float]:
    """Seconds and GiB at most of a process, and those it starts, that does nothing but learn."""
    command = [sys.executable, "-m", "benchmarks.training", "--only", who, "--rows", str(rows)]
    begun, peak = time.monotonic(), 0
    process = subprocess.Popen(command, start_new_session=True)
    while process.poll() is None:
        peak = max(peak, memory_of(process.pid))
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"{who} failed on {rows:,} rows")
    return time.monotonic() - begun, peak / 2**30


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="up to 1,000,000 if there is time")
    parser.add_argument("--only", choices=WHO, help="learn from texts once, and say nothing")
    asked = parser.parse_args()
    if asked.only:
        texts, labels = map(list, zip(*recombined(asked.rows), strict=True))
        FROM_TEXTS[asked.only](texts, labels)
        return
    record = Record("training")
    measure(record, asked.rows)
    for rows in asked.sizes:
        costs = {who: cost(who, rows) for who in WHO}
        record.take(f"a process that trains on {rows:,} rows", "s", {who: [c[0]] for who, c in costs.items()})
        record.take(f"peak memory, {rows:,} rows", "GiB", {who: [c[1]] for who, c in costs.items()})
    record.write()


if __name__ == "__main__":
    main()
