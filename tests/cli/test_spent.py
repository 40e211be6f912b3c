"""Where a run's time went: every second is some stage's, or the rest's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.spent import REST, Spent


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second passes whenever somebody looks."""
    ticks: Iterator[int] = iter(range(100))
    monkeypatch.setattr("cli.spent.time.monotonic", lambda: float(next(ticks)))


@pytest.mark.usefixtures("clock")
def test_every_second_belongs_to_what_was_under_way() -> None:
    spent = Spent()
    tell = spent.through(lambda *_: None)
    tell("a", 0, 2)  # before, nothing was
    tell("a", 1, 2)
    tell("a", 2, 2)
    tell("b", 0, 1)  # in between, nothing
    tell("b", 1, 1)
    spent.end()
    assert spent.seconds == {REST: 3.0, "a": 2.0, "b": 1.0}


@pytest.mark.usefixtures("clock")
def test_a_stage_that_tells_of_its_first_step_when_it_is_done_has_taken_the_time_before() -> None:
    spent = Spent()
    tell = spent.through(lambda *_: None)
    tell("a", 1, 2)
    tell("a", 2, 2)
    assert spent.seconds == {"a": 2.0}


def test_what_is_told_is_passed_on() -> None:
    told = []
    Spent().through(lambda *step: told.append(step))("a", 1, 2)
    assert told == [("a", 1, 2)]
