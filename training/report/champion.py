"""The model beside the present champion, on the same rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluate import OutOfFold
from training.intervals import mid_p
from training.report.figures import FEW, Tally, figure
from training.report.names import Categories


def beside_champion(
    judged: OutOfFold, champion: OutOfFold, new: Tally, old: Tally, categories: Categories
) -> dict[str, Any]:
    """Accuracy and macro-F1 of both and their difference, McNemar's counts, and the categories won and lost.

    A category with `FEW` rows or more is won or lost if the interval of its difference of F1 leaves out 0. Macro-F1 is
    over the categories that the rows have, so that a champion that knows others does not lose by them.

    Parameters
    ----------
    judged, champion : OutOfFold
        What both said of the same rows.
    new, old : Tally
        The same, counted and drawn again in pairs.
    categories : Categories
        In the tallies' order.
    """
    asked = np.flatnonzero(new.support[0]).tolist()
    return {
        "accuracy": _both(new.accuracy, old.accuracy),
        "macro_f1": _both(new.macro_f1, old.macro_f1),
        "mcnemar": _mcnemar(judged.right, champion.right),
        "categories": _won_and_lost(new, old, categories),
        "unknown": [
            {**categories.named(k), "rows": int(new.support[0, k])}
            for k in asked
            if categories.codes[k] not in champion.classes
        ],
    }


def _both(new: NDArray[np.float64], old: NDArray[np.float64]) -> dict[str, Any]:
    return {"new": figure(new), "champion": figure(old), "difference": figure(new - old)}


def _mcnemar(new: NDArray[np.bool_], old: NDArray[np.bool_]) -> dict[str, Any]:
    """Rows by who is right, and the two-sided mid-p probability of so uneven a count between equally good models."""
    ours, theirs = int((new & ~old).sum()), int((old & ~new).sum())
    return {
        "both": int((new & old).sum()),
        "new_only": ours,
        "champion_only": theirs,
        "neither": int((~new & ~old).sum()),
        "p": mid_p(ours, theirs),
    }


def _won_and_lost(new: Tally, old: Tally, categories: Categories) -> dict[str, Any]:
    """Categories won and lost, the largest difference first; how many are neither, and how many have too few rows."""
    f1 = new.f1, old.f1
    support = new.support[0]
    parts = [
        {**categories.named(k), "rows": int(support[k]), **_both(f1[0][:, k], f1[1][:, k])}
        for k in np.flatnonzero(support >= FEW).tolist()
    ]
    parts.sort(key=lambda part: -abs(part["difference"]["value"]))
    won = [part for part in parts if part["difference"]["low"] > 0]
    lost = [part for part in parts if part["difference"]["high"] < 0]
    few = int(((support > 0) & (support < FEW)).sum())
    return {"won": won, "lost": lost, "even": len(parts) - len(won) - len(lost), "few": few}
