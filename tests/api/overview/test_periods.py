"""Periods, and the earlier ones they are compared with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.overview.periods import LENGTHS, Name, Period
from classifier.deadlines import CHINA, WorkCalendar

LONG_AGO = date(2015, 1, 1)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


def test_a_day_is_one_of_china() -> None:
    period = Period.ending("day", datetime(2026, 11, 23, 17, 30, tzinfo=UTC))
    assert (period.first, period.until.hour) == (date(2026, 11, 24), 1)


def test_what_ends_at_midnight_has_the_day_before_whole() -> None:
    period = Period.ending("week", datetime(2026, 11, 24, tzinfo=CHINA))
    assert (period.first, period.last) == (date(2026, 11, 17), date(2026, 11, 23))
    assert period.until - period.since == timedelta(days=7)


@given(st.sampled_from(list(LENGTHS)), moments)
def test_earlier_periods_have_the_same_weekdays_and_end_at_the_same_time(name: Name, moment: datetime) -> None:
    period = Period.ending(name, moment)
    earlier = period.earlier(LONG_AGO)
    assert len(earlier) == (4 if name == "quarter" else 8)
    ends = [period.since]
    for since, until in earlier:
        assert (period.since - since).days % 7 == 0
        assert until - since == period.until - period.since
        assert until <= ends[-1]
        ends.append(since)


@given(st.integers(1, 400), moments)
def test_so_have_those_of_days_of_ones_own(length: int, moment: datetime) -> None:
    first = moment.date() - timedelta(days=500)
    period = Period.own(first, first + timedelta(days=length - 1), moment)
    assert len(period.days) == length
    for since, until in period.earlier(LONG_AGO):
        assert since.weekday() == period.since.weekday()
        assert until <= period.since


def test_none_begins_before_the_first_case() -> None:
    period = Period.ending("week", datetime(2026, 11, 24, 12, tzinfo=CHINA))
    assert len(period.earlier(date(2026, 11, 4))) == 2
    assert period.earlier(None) == []


def test_today_goes_as_far_as_now() -> None:
    now = datetime(2026, 11, 24, 9, 30, 21, tzinfo=CHINA)
    assert Period.own(date(2026, 11, 1), date(2026, 11, 24), now).until == now.replace(second=0)
    assert Period.own(date(2026, 11, 1), date(2026, 11, 23), now).until == datetime(2026, 11, 24, tzinfo=CHINA)
    future = Period.own(date(2027, 1, 1), date(2027, 1, 2), now)
    assert future.since == future.until


def test_a_long_period_goes_by_weeks() -> None:
    quarter = Period.ending("quarter", datetime(2026, 11, 24, 12, tzinfo=CHINA))
    assert [len(step.days) for step in quarter.steps] == [7] * 13
    assert len(Period.ending("month", datetime(2026, 11, 24, 12, tzinfo=CHINA)).steps) == 28


@pytest.mark.parametrize(("last", "worked"), [(date(2026, 10, 7), 0), (date(2026, 11, 8), 5)])
def test_holidays_are_known(last: date, worked: int) -> None:
    end = datetime(last.year, last.month, last.day, 23, tzinfo=CHINA)
    assert Period.ending("week", end).worked(WorkCalendar()) == worked
