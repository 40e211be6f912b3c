"""Rate limits: never more than the rate and its burst, never less, and each key for itself."""

from __future__ import annotations

import tempfile
from contextlib import closing
from itertools import accumulate
from pathlib import Path

from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.access.rates import BURST, Rates
from tests.api.access.conftest import Make
from tests.api.test_complaints import refused

RATES = st.floats(0.01, 40) | st.sampled_from([0.01, 0.5, 1.0, 7.0, 1_000_000.0])


@st.composite
def asked(draw: st.DrawFn, most: float = 2.0) -> tuple[float, list[float]]:
    """A rate, and moments at which a caller of that rate asks: in bunches, steadily, and after pauses."""
    rate = draw(RATES)
    gap = st.just(0.0) | st.floats(0, most) | st.just(1.0)
    gaps = draw(st.lists(gap.map(lambda turns: turns / rate), max_size=150))
    return rate, list(accumulate(gaps, initial=draw(st.floats(0, 1_000_000))))


def allowance(rate: float) -> float:
    """How many may come at once: a burst, and one in any case."""
    return max(BURST * rate, 1.0)


@given(asked())
def test_no_window_lets_more_through_than_rate_and_burst(asked: tuple[float, list[float]]) -> None:
    rate, moments = asked
    with closing(Rates()) as rates:
        through = [at for at in moments if rates.wait(1, rate, at) == 0]
    assert through[:1] == moments[:1]
    for first, begin in enumerate(through):
        for count, end in enumerate(through[first:], start=1):
            assert count <= rate * (end - begin) + allowance(rate) + 0.05


@given(asked())
def test_whoever_waits_as_told_is_let_through_and_not_a_moment_sooner(asked: tuple[float, list[float]]) -> None:
    rate, moments = asked
    with closing(Rates()) as rates:
        late = 0.0
        for asked_at in moments:
            at = max(asked_at, late)
            wait = rates.wait(1, rate, at)
            if not wait:
                continue
            assert 0 < wait <= 1 / rate + 1e-6
            if wait > 1e-5:
                assert rates.wait(1, rate, at + 0.9 * wait) > 0
            late = at + wait
            assert rates.wait(1, rate, late) == 0


@given(RATES, st.floats(0, 1_000_000), st.lists(st.floats(1, 3), max_size=100))
def test_whoever_keeps_the_rate_is_never_refused(rate: float, start: float, turns: list[float]) -> None:
    with closing(Rates()) as rates:
        for at in accumulate((turn / rate for turn in turns), initial=start):
            assert rates.wait(1, rate, at) == 0


def test_after_a_pause_a_burst_is_let_through_and_no_more() -> None:
    with closing(Rates()) as rates:
        for start in (1_000.0, 2_000.0):
            assert [rates.wait(1, 5.0, start) == 0 for _ in range(8)] == [True] * 5 + [False] * 3


def together(moments: tuple[float, list[float]], ways: list[tuple[int, int]], *rates: Rates) -> list[list[float]]:
    """What two keys are told that ask by turns; a way is a key and which of the counters it comes to."""
    said: list[list[float]] = [[], []]
    for at, (key, counter) in zip(moments[1], ways, strict=False):
        said[key].append(rates[counter].wait(key, moments[0], at))
    return said


WAYS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=151, max_size=151)


@given(asked(0.5), WAYS)
def test_keys_do_not_disturb_each_other(asked: tuple[float, list[float]], ways: list[tuple[int, int]]) -> None:
    with closing(Rates()) as both, closing(Rates()) as first, closing(Rates()) as second:
        apart = together(asked, [(key, key) for key, _ in ways], first, second)
        assert together(asked, ways, both, both) == apart


@given(asked(0.5), WAYS)
def test_counters_on_one_file_count_as_one(asked: tuple[float, list[float]], ways: list[tuple[int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(Rates()) as alone:
        path = Path(folder) / "rates"
        with closing(Rates(path)) as here, closing(Rates(path)) as there:
            assert together(asked, ways, here, there) == together(asked, ways, alone, alone)


# --- over HTTP


def test_a_key_over_its_rate_is_told_when_to_come_again(desk: TestClient, key: Make) -> None:
    hasty, calm = key("甲", "intake", rate=0.05), key("甲", "intake", rate=0.05)
    assert desk.get("/v1/model", headers=hasty).status_code == 200
    for path in ("/v1/model", "/v1/complaints", "/v2/nothing"):
        answer = desk.get(path, headers=hasty)
        refused(answer, "too-many-requests", 429)
        assert 1 <= int(answer.headers["retry-after"]) <= 20
        assert answer.headers["retry-after"] in answer.json()["detail"]
    assert desk.get("/v1/model", headers=calm).status_code == 200
    assert desk.get("/health/live", headers=hasty).status_code == 200


def test_a_fraction_of_a_second_is_told_as_a_whole_one(desk: TestClient, key: Make) -> None:
    hasty = key("甲", "intake", rate=1.0)
    answers = [desk.get("/v1/model", headers=hasty) for _ in range(30)]
    assert {answer.headers["retry-after"] for answer in answers if answer.status_code == 429} == {"1"}


def test_what_is_refused_for_its_rate_is_not_kept(desk: TestClient, key: Make) -> None:
    sender = key("甲", "intake", rate=0.05)
    answers = [desk.post("/v1/complaints", json={"text": "年费太高"}, headers=sender) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 429, 429]
    assert len(desk.get("/v1/complaints", headers=key("乙", "review")).json()["items"]) == 1


def test_strangers_use_up_nobodys_rate(desk: TestClient, key: Make) -> None:
    bearer = key("甲", "intake", rate=0.05)
    for _ in range(5):
        refused(desk.get("/v1/model", headers={"authorization": "Bearer x"}), "no-key", 401)
    assert desk.get("/v1/model", headers=bearer).status_code == 200
