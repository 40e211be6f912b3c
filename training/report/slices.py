"""The same accuracy, looked at by channel, by length, by month: an average can hide a part where a model is poor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from training.evaluate import OutOfFold
from training.labelled import Labelled
from training.report.figures import FEW, share

LENGTHS: Final = (20, 50, 100, 200, 500)
"""The longest texts of all bins of length but the last, in characters."""

UNKNOWN: Final = ""
"""The name of what a row does not say."""


def slices_of(judged: OutOfFold, rows: Sequence[Labelled], seed: int) -> dict[str, list[dict[str, Any]]]:
    """Accuracy by channel (the largest first), by length and by month of arrival (in order).

    What nothing is known of is left out; rows of which it is not known come last.
    """
    bins = np.searchsorted(LENGTHS, judged.characters)
    names = [f"1–{LENGTHS[0]}", *(f"{a + 1}–{b}" for a, b in pairwise(LENGTHS))]
    names.append(f"> {LENGTHS[-1]}")
    channels = _accuracies([row.channel for row in rows], judged, seed)
    by_length = {part["name"]: part for part in _accuracies([names[b] for b in bins.tolist()], judged, seed)}
    months = _accuracies([f"{row.at:%Y-%m}" if row.at else UNKNOWN for row in rows], judged, seed)
    slices = {
        "channel": sorted(channels, key=lambda part: (part["name"] == UNKNOWN, -part["rows"], part["name"])),
        "length": [by_length[name] for name in names if name in by_length],
        "month": sorted(months, key=lambda part: (part["name"] == UNKNOWN, part["name"])),
    }
    return {by: parts for by, parts in slices.items() if any(part["name"] != UNKNOWN for part in parts)}


def _accuracies(names: Sequence[str], judged: OutOfFold, seed: int) -> list[dict[str, Any]]:
    """Rows and accuracy of every name."""
    different, places = np.unique(np.array(names), return_inverse=True)
    counts = np.bincount(places)
    rights = np.bincount(places, weights=judged.right).astype(int)
    return [
        {"name": name, "rows": count, "few": count < FEW, "accuracy": share(right, count, seed)}
        for name, count, right in zip(different.tolist(), counts.tolist(), rights.tolist(), strict=True)
    ]
