"""What blind review says of a model: its live precision."""

from __future__ import annotations

import math

from pydantic import BaseModel, Field

from api.storage import Reviews
from models import Manifest


class PrecisionOut(BaseModel):
    """What blind review says of a model's sure cases, beside what its training measured."""

    model: str
    stated: float | None = Field(description="Precision of auto by cross-validation; null for another model.")
    looked_at: int
    right: int
    precision: float
    interval: tuple[float, float] = Field(description="95%, Wilson score.")


def precision(reviews: Reviews, serving: Manifest) -> list[PrecisionOut]:
    """What blind review says of every model, the one reviewed last first.

    Parameters
    ----------
    reviews : Reviews
    serving : Manifest
        Of the model whose training is to be compared with.
    """
    return [
        PrecisionOut(
            model=row["model"],
            stated=serving.metrics["auto_precision"] if row["model"] == serving.version else None,
            looked_at=row["looked_at"],
            right=row["right"],
            precision=row["right"] / row["looked_at"],
            interval=wilson(row["right"], row["looked_at"]),
        )
        for row in reviews.sampled()
    ]


def wilson(right: int, looked_at: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson, "Probable inference", JASA 22, 1927).

    Parameters
    ----------
    right, looked_at : int
        At least one was looked at.

    Examples
    --------
    >>> [round(bound, 3) for bound in wilson(95, 100)]
    [0.888, 0.978]
    """
    z = 1.959964
    share, spread = right / looked_at, z * z / looked_at
    middle = share + spread / 2
    half = z * math.sqrt(share * (1 - share) / looked_at + spread / (4 * looked_at))
    # The share lies within but for the last digit of a float.
    return min(share, max(0.0, (middle - half) / (1 + spread))), max(share, min(1.0, (middle + half) / (1 + spread)))
