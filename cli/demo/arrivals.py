"""When complaints arrive: by day and hour as at any bank, and on one morning all at once."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from classifier.deadlines import CHINA, WorkCalendar

WEEKS: Final = 13

Why = Literal["usual", "outage", "rising", "copied"]

_HOURS: Final = (2, 1, 1, 1, 1, 2, 5, 14, 38, 72, 84, 70, 46, 50, 66, 68, 62, 50, 38, 34, 36, 30, 18, 7)
"""How many complaints come in each hour of a working day, in proportion."""
_WEEKDAYS: Final = (1.15, 1.05, 1.0, 1.0, 0.98, 0.95, 0.9)
_OFF: Final = 0.5
"""A day on which nobody works, beside one on which everybody does."""
_MONTH_END: Final = 1.3
_OUTAGE: Final = 0.03
"""Share of the quarter's complaints that come of one morning's outage, and of those that come of a new fee."""
_RISING: Final = 0.012
_COPIED: Final = 9
"""So many customers send the same letter."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A complaint that is to come, and why: as usual, of the outage, of what rises, or of the letter that is copied."""

    at: datetime
    why: Why = "usual"


def first_day(until: datetime) -> date:
    """The quarter's first day."""
    return until.astimezone(CHINA).date() - timedelta(weeks=WEEKS)


def outage(until: datetime) -> datetime:
    """When the outage began: nine o'clock on a Wednesday, some six weeks before the end."""
    middle = first_day(until) + timedelta(days=45)
    return datetime.combine(middle + timedelta(days=2 - middle.weekday()), time(9), CHINA)


def arrivals(size: int, until: datetime, calendar: WorkCalendar, rng: random.Random) -> list[Arrival]:
    """About so many arrivals in the quarter up to a moment, in their order.

    Parameters
    ----------
    size : int
    until : datetime
    calendar : WorkCalendar
    rng : random.Random
    """
    begun = outage(until)
    extra = [
        *(_in(rng, begun, timedelta(hours=3), "outage") for _ in range(round(size * _OUTAGE))),
        *(_in(rng, until - timedelta(days=6), timedelta(days=6), "rising") for _ in range(round(size * _RISING))),
        *(_in(rng, begun + timedelta(days=12), timedelta(days=3), "copied") for _ in range(min(_COPIED, size // 100))),
    ]
    hours = [
        datetime.combine(first_day(until) + timedelta(days=day), time(hour), CHINA)
        for day in range(WEEKS * 7 + 1)
        for hour in range(24)
    ]
    hours = [hour for hour in hours if hour < until]
    weights = [_busy(hour, calendar) for hour in hours]
    usual = [_in(rng, hour, timedelta(hours=1), "usual") for hour in rng.choices(hours, weights, k=size - len(extra))]
    return sorted((one for one in (*usual, *extra) if one.at < until), key=lambda one: one.at)


def working(moment: datetime, calendar: WorkCalendar) -> bool:
    """Whether offices are open."""
    there = moment.astimezone(CHINA)
    return calendar.is_workday(there.date()) and time(9) <= there.time() < time(17, 30)


def _busy(hour: datetime, calendar: WorkCalendar) -> float:
    day = hour.date()
    busy = _HOURS[hour.hour] * (_WEEKDAYS[day.weekday()] if calendar.is_workday(day) else _OFF)
    month_end = {(day + timedelta(days=ahead)).day for ahead in (0, 1, 2)}
    return busy * (_MONTH_END if 1 in month_end else 1)


def _in(rng: random.Random, begin: datetime, lasts: timedelta, why: Why) -> Arrival:
    # Of an outage people complain at once, and fewer as it goes on.
    share = rng.random() ** 1.6 if why == "outage" else rng.random()
    return Arrival((begin + lasts * share).replace(microsecond=0), why)
