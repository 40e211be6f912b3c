"""The texts of signals: as docs/signals.md says, and none to be measured with among those to learn from."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from classifier.fingerprint import shingles, similarity

HERE = Path(__file__).parents[2]
LEARNT, MEASURED = HERE / "training" / "signals", HERE / "tests" / "classifier" / "signals"
CODES = sorted(path.stem for path in LEARNT.glob("*.csv"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_signal_has_both_files_and_a_definition() -> None:
    assert sorted(path.stem for path in MEASURED.glob("*.csv")) == CODES
    defined = (HERE / "docs" / "signals.md").read_text("utf-8").split("\n## ")[0]
    assert sorted(line.split("`")[1] for line in defined.splitlines() if "| `" in line) == CODES
    assert len(CODES) == 9


@pytest.mark.parametrize("code", CODES)
def test_a_signals_texts_are_half_and_half_and_show_their_place(code: str) -> None:
    for folder, each in ((LEARNT, 250), (MEASURED, 20)):
        texts = rows(folder / f"{code}.csv")
        counts = Counter(row["label"] for row in texts)
        assert counts["1"] == counts["0"] == len(texts) / 2 >= each
        assert all(row["span"] in row["text"] and bool(row["span"]) == (row["label"] == "1") for row in texts)


@pytest.mark.parametrize("code", CODES)
def test_no_text_stands_twice_or_nearly(code: str) -> None:
    texts = [row["text"] for folder in (MEASURED, LEARNT) for row in rows(folder / f"{code}.csv")]
    seen: list[frozenset[str]] = []
    holding: dict[str, list[int]] = {}
    for text in texts:
        mine = shingles(text)
        shared = Counter(place for shingle in mine for place in holding.get(shingle, ()))
        # Half of all shingles in common is half of one's own at least.
        likely = (place for place, count in shared.items() if count >= len(mine) / 2)
        assert all(similarity(mine, seen[place]) <= 0.5 for place in likely), text
        for shingle in mine:
            holding.setdefault(shingle, []).append(len(seen))
        seen.append(mine)
    assert len({text.strip() for text in texts}) == len(texts)
