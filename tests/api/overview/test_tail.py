"""The tail of the negative binomial distribution, against scipy's."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import betainc
from scipy.stats import nbinom, poisson

from api.overview.tail import at_least, incomplete_beta

sizes = st.floats(0.05, 1e5)


@given(st.floats(0, 1), sizes, sizes)
def test_the_incomplete_beta_function_is_scipys(x: float, a: float, b: float) -> None:
    assert incomplete_beta(x, a, b) == pytest.approx(betainc(a, b, x), rel=1e-7, abs=1e-12)


@given(st.integers(0, 3_000), st.floats(0.05, 1_000), st.floats(1.001, 50))
def test_the_tail_is_scipys(count: int, mean: float, spread: float) -> None:
    variance = mean * spread
    size = mean**2 / (variance - mean)
    assume(size > 1e-3)
    expected = nbinom.sf(count - 1, size, mean / variance)
    assert at_least(count, mean, variance) == pytest.approx(expected, rel=1e-6, abs=1e-13)


def test_a_tail_so_small_that_it_counts_for_nothing_is_still_right() -> None:
    assert at_least(300, 20.0, 30.0) == pytest.approx(nbinom.sf(299, 40, 2 / 3), rel=1e-9)


def test_with_hardly_more_scatter_than_poissons_it_is_poissons() -> None:
    assert at_least(15, 8.0, 8.0 + 1e-6) == pytest.approx(poisson.sf(14, 8.0), rel=1e-4)


@given(st.integers(0, 400), st.floats(0.5, 100), st.floats(1.01, 10))
def test_more_cases_are_never_less_surprising(count: int, mean: float, spread: float) -> None:
    assert 0 <= at_least(count + 1, mean, mean * spread) <= at_least(count, mean, mean * spread) <= 1
