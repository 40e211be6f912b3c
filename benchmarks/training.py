"""How long the default preset takes to learn, beside fastText; and what it costs by size.

Rows are made of the corpus by recombination (`benchmarks.scale`). Both use two cores; fastText has the settings of
`benchmarks.peers`. Two clocks:

from words: fastText writes and reads its lines of words and learns. We have the terms of each text as lists in memory
(its words, and the characters, pairs and concepts that our default preset learns from too), count them, and learn.

from texts: both bring the texts to their canonical form and cut them first, on both cores; three rounds.

Sizes are learnt from texts, each in a process of its own, start included.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Final

import numpy as np

from benchmarks.peers import fit_fasttext
from benchmarks.rounds import ROUNDS, Goal, Record, interleaved, ratios
from benchmarks.scale import memory_of, recombined
from classifier.counts import Counts, count, in_blocks, joined
from classifier.features import Analyzer
from classifier.pipeline import build_pipeline, fit_to_terms, read_terms
from classifier.text import normalize
from classifier.tokenizer import Tokenizer

ROWS: Final = 100_000
SIZES: Final = 1_000, 10_000, 100_000
WHO: Final = "complaints", "fastText"
FEWER_ROUNDS: Final = 3
"""From texts: the whole takes a quarter of an hour."""
_BLOCK: Final = 1_000


def lines_of(tokenizer: Tokenizer, texts: Sequence[str]) -> list[str]:
    """Texts as fastText wants them: words between blanks."""
    return [" ".join(tokenizer(normalize(text))) for text in texts]


def learn_fasttext(lines: Sequence[str], labels: Sequence[str]) -> None:
    """Learn lines of words on both cores."""
    fit_fasttext(lines, labels, threads=2)


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
    """Both clocks, everybody in turn."""
    texts, labels = map(list, zip(*recombined(rows), strict=True))
    analyzer = build_pipeline()["tfidf"].analyzer
    terms = list(chain.from_iterable(in_blocks(partial(_terms_of, analyzer), texts)))
    lines = list(chain.from_iterable(in_blocks(partial(lines_of, analyzer.tokenizer), texts)))
    from_words = {WHO[0]: partial(learn_ours, terms, labels), WHO[1]: partial(learn_fasttext, lines, labels)}
    from_texts = {who: partial(learn, texts, labels) for who, learn in FROM_TEXTS.items()}
    for clock, works, rounds in (("words", from_words, ROUNDS), ("texts", from_texts, FEWER_ROUNDS)):
        found = interleaved({who: partial(_clocked, work) for who, work in works.items()}, rounds)
        record.take(f"training on {rows:,} rows, from {clock}", "s", found)
        if clock == "words":
            ratio = ratios(found[WHO[1]], found[WHO[0]])
            record.goals.append(Goal(f"training on {rows:,} rows, words given: fastText ÷ ours, seconds", ratio, 1.0))


def _terms_of(analyzer: Analyzer, texts: Sequence[str]) -> list[list[str]]:
    return [analyzer(text) for text in texts]


def _clocked(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


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
    costs = {who: {rows: cost(who, rows) for rows in asked.sizes} for who in WHO}
    for number, (what, unit) in enumerate((("training", "s"), ("training: peak memory", "GiB"))):
        record.curve(what, unit, {who: {rows: each[number] for rows, each in by.items()} for who, by in costs.items()})
    record.write()


if __name__ == "__main__":
    main()
