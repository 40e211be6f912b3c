"""What rose: what is said of counts against the usual."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from api.overview.rising import adjust, compare

USUAL = [40, 44, 38, 41, 45, 36, 42, 39]


def test_an_outage_is_found_and_the_others_are_left_alone() -> None:
    counts = dict.fromkeys("abcdefgh", (41, USUAL)) | {"outage": (95, USUAL)}
    found = compare(counts)
    assert [name for name, change in found.items() if change.rose] == ["outage"]
    assert found["outage"].ratio == pytest.approx(95 / 40.625)
    assert found["outage"].usual == pytest.approx(40.625)


def test_a_class_that_always_scatters_has_to_rise_further() -> None:
    calm, wild = [20] * 8, [2, 61, 8, 40, 1, 30, 3, 15]
    found = compare({"calm": (45, calm), "wild": (45, wild), "other": (20, calm)})
    assert (found["calm"].rose, found["wild"].rose) == (True, False)


def test_what_never_came_before_can_rise() -> None:
    found = compare({"new": (9, [0] * 8), "one": (1, [0] * 8), **dict.fromkeys("abc", (20, USUAL[:8]))})
    assert (found["new"].rose, found["one"].rose) == (True, False)
    assert found["new"].ratio is None


@pytest.mark.parametrize("earlier", [[], [10], [10, 12, 9]])
def test_too_little_history_says_nothing(earlier: list[int]) -> None:
    (change,) = compare({"a": (500, earlier)}).values()
    assert (change.p, change.adjusted, change.rose) == (None, None, False)


def test_fewer_than_usual_is_no_rise() -> None:
    assert not compare({"a": (3, USUAL)})["a"].rose


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_p_values_are_adjusted_as_by_scipy(chances: list[float]) -> None:
    assert adjust(chances) == pytest.approx(false_discovery_control(chances, method="bh"))


@pytest.mark.parametrize("scatter", [0.0, 0.05])
def test_where_nothing_changed_little_is_said_to_have_risen(scatter: float) -> None:
    draw = np.random.default_rng(7)
    chances, alarms, rounds = [], 0, 120
    for _ in range(rounds):
        means = np.exp(draw.uniform(0, 5, 40))[:, None] * np.ones(9)
        counts = draw.negative_binomial(1 / scatter, 1 / (1 + scatter * means)) if scatter else draw.poisson(means)
        found = compare({row: (int(now), [int(n) for n in earlier]) for row, (now, *earlier) in enumerate(counts)})
        chances += [change.p for change in found.values() if change.p is not None]
        alarms += any(change.rose for change in found.values())
    assert np.mean(np.array(chances) <= 0.05) <= 0.05
    assert alarms / rounds <= 0.1
