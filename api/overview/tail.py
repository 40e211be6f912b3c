"""How surprising a count is: the upper tail of the negative binomial distribution."""

from __future__ import annotations

import math
from typing import Final

_ENOUGH: Final = 1e-14
_TERMS: Final = 10_000
_TINY: Final = 1e-300


def at_least(count: int, mean: float, variance: float) -> float:
    """The probability of so many or more, of counts that scatter more than Poisson's.

    With ``size = mean² / (variance - mean)`` it is the regularised incomplete beta function
    I(mean / (mean + size); count, size) (Johnson, Kemp and Kotz, *Univariate Discrete Distributions*, 3rd ed., 5.6).

    Parameters
    ----------
    count : int
        0 or more.
    mean : float
        Above 0.
    variance : float
        Above `mean`.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> round(at_least(8, 4.0, 6.0), 3)
    0.088
    >>> at_least(0, 4.0, 6.0)
    1.0
    """
    if count == 0:
        return 1.0
    size = mean * mean / (variance - mean)
    return min(1.0, incomplete_beta(mean / (mean + size), count, size))


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I(x; a, b), by its continued fraction.

    NIST Digital Library of Mathematical Functions, 8.17.22 and, for the other half, 8.17.4; the fraction is evaluated
    as Lentz does, *Applied Optics* 15 (1976), 668.

    Parameters
    ----------
    x : float
        Between 0 and 1.
    a, b : float
        Above 0.

    Raises
    ------
    ArithmeticError
        If the fraction does not settle.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) / a * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """1 / (1 + d1 / (1 + d2 / (1 + …)))."""
    c = 1.0
    value = d = 1 / ((1 - (a + b) * x / (a + 1)) or _TINY)  # as far as d1
    for term in range(2, _TERMS):
        m = term // 2
        if term % 2:
            coefficient = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            coefficient = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + coefficient * d or _TINY)
        c = 1 + coefficient / c or _TINY
        value *= c * d
        if abs(c * d - 1) < _ENOUGH:
            return value
    raise ArithmeticError(f"incomplete beta function of {x}, {a}, {b}: no result after {_TERMS} terms")
