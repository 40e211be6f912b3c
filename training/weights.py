"""How much a corrected case counts, by why a person looked at it.

A service hands to people what it is unsure of, a small blind sample of what it is sure of, and what departments return.
Learning from these alone would bend the model: hard cases would be all it knows. So a sampled case counts for the many
like it that nobody looked at, and the sum of all weights stays the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.labelled import Labelled

WEIGHTS: Final = {"sample": 2.0, "uncertain": 1.0, "correction": 1.0, "returned": 1.0}
"""Relative weights; a row of no known selection was labelled for its own sake and counts 1 (docs/training.md)."""


def selection_weights(rows: Sequence[Labelled]) -> NDArray[np.float64]:
    """The weight of each row, shape (N,); their mean is 1.

    Examples
    --------
    >>> cases = [Labelled("甲", "a", selection="sample"), Labelled("乙", "b", selection="uncertain")]
    >>> selection_weights(cases).tolist()
    [1.3333333333333333, 0.6666666666666666]
    """
    weights = np.array([WEIGHTS.get(row.selection, 1.0) for row in rows])
    return weights / weights.mean() if len(weights) else weights
