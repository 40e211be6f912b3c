"""Laws of deadlines, and days everybody in China remembers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.deadlines import CHINA, UNITS, Term, WorkCalendar
from classifier.errors import CalendarError

CALENDAR = WorkCalendar()
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.sampled_from([UTC, CHINA]))
terms = st.builds(Term, st.integers(1, 90), st.sampled_from(UNITS))


def last_day(start: datetime, term: Term, calendar: WorkCalendar = CALENDAR) -> date:
    """The day that a deadline ends with."""
    return (calendar.deadline(start, term).at.astimezone(CHINA) - timedelta(microseconds=1)).date()


def china(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=CHINA)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("start", "term", "last"),
    [
        (china(2026, 9, 29, 9, 0), Term(1, "working_days"), date(2026, 9, 30)),
        (china(2026, 9, 30, 23, 59), Term(1, "working_days"), date(2026, 10, 8)),
        (china(2026, 10, 9, 9, 0), Term(1, "working_days"), date(2026, 10, 10)),  # a Saturday that was worked
        (china(2026, 2, 13, 9, 0), Term(2, "working_days"), date(2026, 2, 24)),  # over the Spring Festival
        (china(2026, 11, 24, 10, 0), Term(15, "working_days"), date(2026, 12, 15)),
        (china(2026, 11, 24, 10, 0), Term(15, "calendar_days"), date(2026, 12, 9)),
        (china(2026, 1, 31, 0, 0), Term(30, "calendar_days"), date(2026, 3, 2)),
        (datetime(2026, 11, 23, 16, 30, tzinfo=UTC), Term(1, "calendar_days"), date(2026, 11, 25)),  # the 24th there
    ],
)
def test_days_as_they_are_counted_in_china(start: datetime, term: Term, last: date) -> None:
    assert last_day(start, term) == last


def test_minutes_are_minutes_whatever_the_day() -> None:
    start = china(2026, 9, 30, 23, 0)
    assert CALENDAR.deadline(start, Term(24 * 60, "minutes")).at == start + timedelta(days=1)


@given(moments, terms)
def test_a_deadline_is_later_than_its_start_and_in_utc(start: datetime, term: Term) -> None:
    deadline = CALENDAR.deadline(start, term)
    assert deadline.at > start
    assert deadline.at.tzinfo is UTC


@given(moments, moments, terms)
def test_who_begins_later_has_no_earlier_deadline(one: datetime, other: datetime, term: Term) -> None:
    first, second = sorted((one, other))
    assert CALENDAR.deadline(first, term).at <= CALENDAR.deadline(second, term).at


@given(moments, st.integers(1, 60))
def test_working_days_end_with_a_working_day_and_are_counted(start: datetime, amount: int) -> None:
    last = last_day(start, Term(amount, "working_days"))
    first = start.astimezone(CHINA).date() + timedelta(days=1)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert CALENDAR.is_workday(last)
    assert sum(map(CALENDAR.is_workday, days)) == amount


@given(moments, st.integers(1, 60))
def test_working_days_never_end_before_as_many_calendar_days(start: datetime, amount: int) -> None:
    assert last_day(start, Term(amount, "working_days")) >= last_day(start, Term(amount, "calendar_days"))


def test_a_year_that_is_not_published_is_provisional_until_it_is_known() -> None:
    start = china(2090, 12, 29, 9, 0)
    assert CALENDAR.deadline(start, Term(5, "working_days")).provisional
    assert not CALENDAR.deadline(start, Term(5, "calendar_days")).provisional
    known = WorkCalendar.from_toml("complete = [2090, 2091]\nholidays = [2091-01-01]\nworkdays = [2090-12-30]")
    assert not known.deadline(start, Term(5, "working_days")).provisional
    assert last_day(start, Term(1, "working_days"), known) == date(2090, 12, 30), "a Saturday"
    assert last_day(start, Term(2, "working_days"), known) == date(2091, 1, 2), "not New Year"


def test_a_deadline_within_a_known_year_is_final() -> None:
    assert not CALENDAR.deadline(china(2026, 12, 1, 9, 0), Term(10, "working_days")).provisional


def test_a_bank_may_work_on_a_published_holiday_and_rest_on_a_working_day() -> None:
    own = WorkCalendar({date(2026, 10, 1): True, date(2026, 9, 30): False})
    assert last_day(china(2026, 9, 29, 9, 0), Term(1, "working_days"), own) == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("holidays = [", "is not TOML"),
        ("holiday = []", "'holiday', which nobody reads"),
        ("holidays = ['2027-01-01']", "holidays is no list of dates"),
        ("workdays = 2027-01-01", "workdays is no list of dates"),
        ("holidays = [2027-01-01T00:00:00]", "holidays is no list of dates"),
        ("holidays = [2027-01-01]\nworkdays = [2027-01-01]", "2027-01-01 is a holiday and a working day"),
        ("complete = ['2027']", "complete is no list of years"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_remedy(text: str, said: str) -> None:
    with pytest.raises(CalendarError) as refused:
        WorkCalendar.from_toml(text, "own.toml")
    assert str(refused.value).startswith("own.toml: ")
    assert said in str(refused.value)
    assert refused.value.remedy


@pytest.mark.parametrize("amount", [0, -1])
def test_a_term_is_one_or_more(amount: int) -> None:
    with pytest.raises(ValueError, match="one or more"):
        Term(amount, "minutes")
