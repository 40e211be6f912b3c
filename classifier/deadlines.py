"""Deadlines in minutes, calendar days, and working days of the Chinese calendar.

Days are days in China. The day something begins on is not counted, and a deadline in days ends with its last day
(Civil Code, articles 201 and 203). Where the code would move a last day that is a holiday behind it, this program does
not: being early is no breach.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import chinese_calendar

from classifier.errors import CalendarError

CHINA: Final = timezone(timedelta(hours=8))

Unit = Literal["minutes", "working_days", "calendar_days"]
UNITS: Final[tuple[Unit, ...]] = ("minutes", "working_days", "calendar_days")

_DAY: Final = timedelta(days=1)
_PUBLISHED: Final = range(min(chinese_calendar.holidays).year, max(chinese_calendar.holidays).year + 1)


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time: so many of a unit, at least one.

    Examples
    --------
    >>> Term(15, "working_days")
    Term(amount=15, unit='working_days')
    """

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError(f"{self.amount} {self.unit}: a term is one or more")


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """The moment a term ends.

    Attributes
    ----------
    at : datetime
        In UTC.
    provisional : bool
        True if it counts working days of a year whose holidays are not known yet: they were taken from Monday to
        Friday, and it is to be computed again.
    """

    at: datetime
    provisional: bool


class WorkCalendar:
    """Which days are worked.

    Parameters
    ----------
    own : mapping of date to bool, optional
        Days that are worked (True) or not (False), whatever the published calendar says.
    complete : collection of int, optional
        Years beyond the published calendar of which `own` has all holidays.

    Examples
    --------
    >>> calendar = WorkCalendar()
    >>> calendar.is_workday(date(2026, 10, 1)), calendar.is_workday(date(2026, 10, 10))
    (False, True)
    >>> received = datetime(2026, 9, 30, 17, 0, tzinfo=CHINA)
    >>> calendar.deadline(received, Term(1, "working_days")).at.astimezone(CHINA).isoformat()
    '2026-10-09T00:00:00+08:00'
    """

    def __init__(self, own: Mapping[date, bool] | None = None, complete: frozenset[int] = frozenset()) -> None:
        self._own = dict(own or {})
        self._complete = complete
        self._last_day = lru_cache(4_096)(self._count)  # cases that arrive together end together

    # What is counted already stays behind.
    def __reduce__(self) -> tuple[Any, ...]:
        return WorkCalendar, (self._own, self._complete)

    @classmethod
    def load(cls, path: Path) -> WorkCalendar:
        """Read a bank's own days from a file, as `from_toml` does. Raises `CalendarError`."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            remedy = "Give a TOML file in UTF-8."
            raise CalendarError(f"cannot be read ({error})", where=str(path), remedy=remedy) from error
        return cls.from_toml(text, str(path))

    @classmethod
    def from_toml(cls, text: str, source: str = "calendar.toml") -> WorkCalendar:
        r"""Read a bank's own days.

        Parameters
        ----------
        text : str
            ``holidays`` and ``workdays`` are lists of dates, ``complete`` one of years; each may be missing.
        source : str
            The file's name, for errors.

        Raises
        ------
        CalendarError
            If it is no TOML, has another entry, a value of another kind, or a day that is both.

        Examples
        --------
        >>> own = WorkCalendar.from_toml("complete = [2027]\nholidays = [2027-01-01]")
        >>> own.is_workday(date(2027, 1, 1)), own.knows(2027)
        (False, True)
        """
        try:
            entries = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise CalendarError(f"is not TOML ({error})", where=source, remedy="Correct that line.") from error
        if unknown := sorted(entries.keys() - {"holidays", "workdays", "complete"}):
            raise CalendarError(
                f"has {unknown[0]!r}, which nobody reads", where=source, remedy="Use holidays, workdays, complete."
            )
        holidays, workdays = (_dates(entries, name, source) for name in ("holidays", "workdays"))
        if both := sorted(set(holidays) & set(workdays)):
            raise CalendarError(
                f"{both[0]} is a holiday and a working day", where=source, remedy="Take it from one of the lists."
            )
        complete = entries.get("complete", [])
        if not isinstance(complete, list) or not all(type(year) is int for year in complete):
            raise CalendarError("complete is no list of years", where=source, remedy="Write complete = [2027].")
        return cls(dict.fromkeys(holidays, False) | dict.fromkeys(workdays, True), frozenset(complete))

    def knows(self, year: int) -> bool:
        """Whether a year's holidays are known."""
        return year in _PUBLISHED or year in self._complete

    def is_workday(self, day: date) -> bool:
        """Whether a day is worked; in a year that is not known, Monday to Friday are."""
        if day in self._own:
            return self._own[day]
        if day.year in _PUBLISHED:
            return _is_published_workday(day)
        return day.weekday() < 5

    def deadline(self, start: datetime, term: Term) -> Deadline:
        """When a term that begins at `start` (with its time zone) ends."""
        if term.unit == "minutes":
            return Deadline((start + timedelta(minutes=term.amount)).astimezone(UTC), provisional=False)
        end, provisional = self._last_day(start.astimezone(CHINA).date(), term)
        return Deadline(end, provisional)

    def _count(self, day: date, term: Term) -> tuple[datetime, bool]:
        """The end of a term of days that begins on a day, and whether that is provisional."""
        provisional = False
        left = term.amount
        while left:
            day += _DAY
            counted = term.unit == "calendar_days" or self.is_workday(day)
            provisional |= term.unit == "working_days" and not self.knows(day.year)
            left -= counted
        end = datetime(day.year, day.month, day.day, tzinfo=CHINA) + _DAY
        return end.astimezone(UTC), provisional


@lru_cache(4_096)  # the overview asks for the days of nine periods
def _is_published_workday(day: date) -> bool:
    return bool(chinese_calendar.is_workday(day))


def _dates(entries: Mapping[str, Any], name: str, source: str) -> list[date]:
    days = entries.get(name, [])
    if not isinstance(days, list) or not all(type(day) is date for day in days):
        raise CalendarError(f"{name} is no list of dates", where=source, remedy=f"Write {name} = [2027-01-01].")
    return days
