"""Tagging files by ``complaints tag``: two cores against one on 200,000 rows, and what a file of any size costs.

    python -m benchmarks.files

Rows are recombined texts of about 100 characters (`benchmarks.scale`). The whole command is measured, from its start to
its end, as a user would run it; its affinity holds it to one core, as ``taskset`` does. Both have to write the same.
Memory is that of all processes of the command together, looked at four times a second.
"""

from __future__ import annotations

import argparse
import csv
import filecmp
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.rounds import ROUNDS, Goal, Record, interleaved, ratios
from benchmarks.scale import memory_of, recombined

ROWS: Final = 200_000
SIZES: Final = (1_000, 10_000, 100_000, 1_000_000, 2_000_000)
OURS: Final = "complaints"
_LEAST_CHARACTERS: Final = 50
"""Without the shorter ones, texts have 97 characters on average."""
_LOOK: Final = 0.25


def make(file: Path, rows: int) -> Path:
    """Write a file of so many complaints."""
    texts = (text for text, _ in recombined(2 * rows) if len(text) >= _LEAST_CHARACTERS)
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(("编号", "投诉内容"))
        writer.writerows((f"{number:08}", text) for number, text in enumerate(islice(texts, rows)))
    return file


def tagging(file: Path, cores: int) -> subprocess.Popen[bytes]:
    """Begin to tag a file by so many cores."""
    chosen = sorted(os.sched_getaffinity(0))[:cores]
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "tag", str(file), "-o", str(tagged(file, cores))],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: os.sched_setaffinity(0, chosen),
    )


def tagged(file: Path, cores: int) -> Path:
    """Where the result goes."""
    return file.with_suffix(f".by{cores}.csv")


def seconds(file: Path, cores: int) -> float:
    """Seconds that tagging takes."""
    begun = time.monotonic()
    end(tagging(file, cores))
    return time.monotonic() - begun


def end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a command, which has to succeed."""
    said = process.communicate()[1]
    if process.returncode:
        raise SystemExit(f"tagging failed: {said.decode()}")


def seconds_and_peak(file: Path) -> tuple[float, int]:
    """Seconds that tagging by all cores takes, and the most bytes it has."""
    begun, peak = time.monotonic(), 0
    process = tagging(file, len(os.sched_getaffinity(0)))
    while process.poll() is None:
        peak = max(peak, memory_of(process.pid))
        time.sleep(_LOOK)
    spent = time.monotonic() - begun
    end(process)
    return spent, peak


def by_size(sizes: list[int], folder: Path, record: Record) -> None:
    """One file of each size, by all cores: seconds, rows a second, peak memory."""
    took: dict[int, float] = {}
    peaks: dict[int, float] = {}
    for rows in sizes:
        file = make(folder / f"{rows}.csv", rows)
        took[rows], peak = seconds_and_peak(file)
        peaks[rows] = peak / 2**20
        print(
            f"{rows:>9,} rows  {took[rows]:7.1f} s  {rows / took[rows]:7,.0f} rows/s  {peaks[rows]:4.0f} MiB",
            flush=True,
        )
        for made in folder.iterdir():
            made.unlink()
    record.curve("tagging a file", "s", {OURS: took})
    record.curve("tagging a file: speed", "texts/s", {OURS: {rows: rows / each for rows, each in took.items()}})
    record.curve("tagging a file: peak memory", "MiB", {OURS: peaks})
    largest = max(sizes)
    record.goals.append(Goal(f"{largest:,}-row CSV tagged: peak memory", [peaks[largest]], 600, "less", "MiB"))


def by_cores(rounds: int, folder: Path, record: Record) -> None:
    """One file by one core and by two, in turn."""
    file = make(folder / "rows.csv", ROWS)
    took = interleaved({"one core": lambda: seconds(file, 1), "two cores": lambda: seconds(file, 2)}, rounds)
    if not filecmp.cmp(tagged(file, 1), tagged(file, 2), shallow=False):
        raise SystemExit("one core and two wrote different files")
    speeds = {who: [ROWS / spent for spent in each] for who, each in took.items()}
    record.take(f"tagging a CSV of {ROWS:,} rows: speed", "rows/s", speeds)
    for who, each in speeds.items():
        print(f"{who}: {median(each):,.0f} rows/s ({min(each):,.0f} to {max(each):,.0f})")
    what = f"two cores on a file of {ROWS:,} rows ÷ one core"
    record.goals.append(Goal(what, ratios(took["one core"], took["two cores"]), 1.7))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=SIZES, help="sizes of the files; none to leave them out")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of one core and two; 0 to leave them out")
    arguments = parser.parse_args()
    record = Record("files")
    with tempfile.TemporaryDirectory() as folder:
        if arguments.rows:
            by_size(arguments.rows, Path(folder), record)
        if arguments.rounds:
            by_cores(arguments.rounds, Path(folder), record)
    print(f"written: {record.write()}")


if __name__ == "__main__":
    main()
