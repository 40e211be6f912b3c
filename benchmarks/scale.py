"""What a big history costs: rows made of the corpus by recombination, trained by the command as a user would.

Each row's clauses come from other texts of one category, so that no two rows are the same and all words are natural.
Memory is that of all processes of the run together, looked at twice a second.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.rounds import Goal, Record
from classifier import Taxonomy
from training import read_bundled_corpus

_CLAUSE = re.compile("[^，。！？；,!?;]+[，。！？；,!?;]*")


def recombined(rows: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Texts and categories."""
    draw = random.Random(seed)  # no secret depends on it
    clauses: dict[str, list[str]] = defaultdict(list)
    for row in read_bundled_corpus(Taxonomy.bundled()):
        clauses[row.category] += _CLAUSE.findall(row.text)
    categories = sorted(clauses)
    for _ in range(rows):
        category = draw.choice(categories)
        yield "".join(draw.choices(clauses[category], k=draw.randint(3, 12))), category


def memory_of(group: int) -> int:
    """Bytes of all processes of a group, pages they share counted once between them."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == group:
                found = re.search(r"^Pss:\s+(\d+) kB", (folder / "smaps_rollup").read_text(), re.MULTILINE)
                total += int(found[1]) * 1024 if found else 0
        except (OSError, ProcessLookupError):
            continue
    return total


def train(rows: int) -> dict[str, float]:
    """Make so many rows and train on them: seconds, peak GiB, accuracy on the test part, and seconds by stage."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "history.csv"
        with file.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows([("text", "category"), *recombined(rows)])
        begun, peak = time.monotonic(), 0
        command = [sys.executable, "-m", "cli", "train", str(file), "--no-bundled", "--progress-json"]
        with (Path(scratch) / "out").open("w+") as output:
            process = subprocess.Popen(
                command,
                env={**os.environ, "COMPLAINTS_MODEL_STORE": f"{scratch}/store"},
                stdout=output,
                start_new_session=True,
            )
            while process.poll() is None:
                peak = max(peak, memory_of(process.pid))
                time.sleep(0.5)
            seconds = time.monotonic() - begun
            output.seek(0)
            lines = [json.loads(line) for line in output]
    if process.returncode:
        raise SystemExit(f"training failed: {lines[-1]}")
    test = lines[-1]["metrics"]["test"]
    return {"seconds": seconds, "peak": peak / 2**30, "accuracy": test["accuracy"], **lines[-1]["seconds"]}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="*", default=[1_000_000])
    record = Record("scale")
    for rows in parser.parse_args().rows:
        found = train(rows)
        for name, value in found.items():
            print(f"{rows:,}\t{name}\t{value:,.3f}")
        record.take(f"complaints train on {rows:,} rows", "s", {"complaints": [found["seconds"]]})
        record.goals.append(Goal(f"{rows:,} rows trained: peak memory", [found["peak"]], 4.0, "less", "GiB"))
    record.write()


if __name__ == "__main__":
    main()
