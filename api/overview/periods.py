"""Periods of days in China, and the earlier ones that they are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from api.storage.figures import Span
from classifier.deadlines import CHINA, WorkCalendar

Name = Literal["day", "week", "month", "quarter", "own"]
LENGTHS: Final[dict[Name, int]] = {"day": 1, "week": 7, "month": 28, "quarter": 91}
"""In days; but for a day whole weeks, so that every period has the same weekdays."""

_WEEK: Final = 7
_DAILY: Final = 35
_MOST: Final = 8
_FEWEST: Final = 4
_YEAR: Final = 52 * _WEEK


@dataclass(frozen=True, slots=True)
class Period:
    """Some days in China, the last of them as far as a moment.

    Attributes
    ----------
    name : {'day', 'week', 'month', 'quarter', 'own'}
    first, last : date
    until : datetime
        Its end, on the last day or at its midnight; it does not belong to it.
    """

    name: Name
    first: date
    last: date
    until: datetime

    @classmethod
    def ending(cls, name: Name, moment: datetime) -> Period:
        """The last day, week, month of four weeks or quarter of thirteen, as it stood at a moment.

        Examples
        --------
        >>> week = Period.ending("week", datetime(2026, 11, 24, 9, 30, tzinfo=CHINA))
        >>> str(week.first), str(week.last), week.earlier(date(2026, 11, 5))[0][0].isoformat()
        ('2026-11-18', '2026-11-24', '2026-11-11T00:00:00+08:00')
        """
        until = moment.astimezone(CHINA).replace(second=0, microsecond=0)
        # What ends at midnight belongs to the day before.
        last = until.date() if until.time() != time() else until.date() - timedelta(days=1)
        return cls(name, last - timedelta(days=LENGTHS[name] - 1), last, until)

    @classmethod
    def own(cls, first: date, last: date, now: datetime) -> Period:
        """Whole days, both included; today as far as now."""
        present = now.astimezone(CHINA).replace(second=0, microsecond=0)
        return cls("own", first, last, max(_midnight(first), min(_midnight(last) + timedelta(days=1), present)))

    @property
    def since(self) -> datetime:
        """Its beginning."""
        return _midnight(self.first)

    @property
    def span(self) -> Span:
        """Its beginning and its end."""
        return self.since, self.until

    @property
    def days(self) -> list[date]:
        """All of them, in order."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def steps(self) -> list[Period]:
        """Its days, each alone or, of a longer period, those of seven at a time."""
        days = self.days
        length = 1 if len(days) <= _DAILY else _WEEK
        return [self._part(days[start : start + length]) for start in range(0, len(days), length)]

    def _part(self, days: list[date]) -> Period:
        first, last = days[0], days[-1]
        until = min(_midnight(last) + timedelta(days=1), self.until)
        return Period("own", first, last, max(_midnight(first), until))

    def earlier(self, first_case: date | None) -> list[Span]:
        """Beginning and end of the earlier periods with the same weekdays, the latest first.

        As many as eight, of which all but four lie within a year, and none of which begins before the first case.
        """
        if first_case is None:
            return []
        step = timedelta(days=-(-len(self.days) // _WEEK) * _WEEK)
        most = max(_FEWEST, min(_MOST, _YEAR // step.days))
        spans = [(self.since - step * n, self.until - step * n) for n in range(1, most + 1)]
        return [span for span in spans if span[0].date() >= first_case]

    def worked(self, calendar: WorkCalendar, back: timedelta = timedelta()) -> int:
        """How many of its days are worked, or of those so long before."""
        return sum(calendar.is_workday(day - back) for day in self.days)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)
