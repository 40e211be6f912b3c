"""What rose against the usual, judged as counts that scatter more than chance alone would have them.

Counted are a period and some earlier ones of the same length and the same weekdays. With K earlier counts that sum to
S, and nothing changed, the next count has mean m = (S + ½) / K and variance (m + a m²) (1 + 1/K): what is known of
the mean is itself uncertain, hence 1/K. Without overdispersion (a = 0) this is the predictive distribution that
Poisson counts have after Jeffreys' prior. Each class has its own `a`, by moments: (variance - mean) / mean² of its
earlier counts; where that is less than the median of all classes looked at, the median, for K counts alone say
little. The p-value is the upper tail of a negative binomial distribution of that mean and variance. All classes
looked at are one family, over which the false discovery rate is held (Benjamini and Hochberg, *JRSS B* 57, 1995).
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from api.overview.tail import at_least

ENOUGH: Final = 4
"""With fewer earlier periods nothing is said."""
LEVEL: Final = 0.05
"""A class rose if its adjusted p is no more: of those that are said to have risen, one in twenty did not."""

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Change:
    """A count against the usual.

    Attributes
    ----------
    cases : int
    usual : float or None
        Mean of the earlier counts; None without any.
    p, adjusted : float or None
        None with too little history.
    """

    cases: int
    usual: float | None
    p: float | None = None
    adjusted: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the usual."""
        return self.cases / self.usual if self.usual else None

    @property
    def more(self) -> float:
        """How many more than usual."""
        return self.cases - (self.usual or 0.0)

    @property
    def rose(self) -> bool:
        """Whether it is more than chance explains."""
        return self.adjusted is not None and self.adjusted <= LEVEL


def compare(counts: Mapping[Key, tuple[int, Sequence[int]]]) -> dict[Key, Change]:
    """Judge counts together.

    Parameters
    ----------
    counts : mapping
        Of each class its count, and the earlier ones: of all classes equally many.

    Examples
    --------
    >>> usual = [8, 11, 9, 12, 10, 9, 13, 8]
    >>> found = compare({"card_fees": (11, usual), "mobile_banking": (41, usual)})
    >>> [key for key, change in found.items() if change.rose]
    ['mobile_banking']
    """
    if not counts:
        return {}
    length = len(next(iter(counts.values()))[1])
    if length < ENOUGH:
        return {
            key: Change(cases, statistics.fmean(earlier) if earlier else None)
            for key, (cases, earlier) in counts.items()
        }
    own = {key: _overdispersion(earlier) for key, (_, earlier) in counts.items()}
    shared = statistics.median([a for a in own.values() if a is not None] or [0.0])
    chances = {
        key: _chance(cases, earlier, max(0.0, shared, own[key] or 0.0)) for key, (cases, earlier) in counts.items()
    }
    adjusted = dict(zip(chances, adjust(list(chances.values())), strict=True))
    return {
        key: Change(cases, statistics.fmean(earlier), chances[key], adjusted[key])
        for key, (cases, earlier) in counts.items()
    }


def adjust(chances: Sequence[float]) -> list[float]:
    """P-values adjusted by the step-up procedure of Benjamini and Hochberg, in the same order.

    Examples
    --------
    >>> adjust([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.03]
    """
    adjusted = [1.0] * len(chances)
    least = 1.0
    for rank, place in sorted(enumerate(sorted(range(len(chances)), key=chances.__getitem__), 1), reverse=True):
        least = min(least, chances[place] * len(chances) / rank)
        adjusted[place] = least
    return adjusted


def _overdispersion(counts: Sequence[int]) -> float | None:
    mean = statistics.fmean(counts)
    return (statistics.variance(counts) - mean) / mean**2 if mean else None


def _chance(cases: int, earlier: Sequence[int], overdispersion: float) -> float:
    mean = (sum(earlier) + 0.5) / len(earlier)
    return at_least(cases, mean, (mean + overdispersion * mean**2) * (1 + 1 / len(earlier)))
