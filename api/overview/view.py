"""What the overview shows: every figure with the filters that list the cases behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, get_args

from api.overview.periods import Period
from api.overview.rising import Change
from api.storage import Due, Filters
from api.storage.figures import Axis
from classifier.deadlines import CHINA
from classifier.taxonomy import Named

AXES: Final[tuple[Axis, ...]] = get_args(Axis)


@dataclass(frozen=True, slots=True)
class Figure:
    """How many cases, and which."""

    cases: int
    filters: Filters


@dataclass(frozen=True, slots=True)
class Line:
    """A class of an axis.

    Attributes
    ----------
    axis : {'category', 'channel', 'region'}
    name : Named
    figure : Figure
    change : Change
    """

    axis: Axis
    name: Named
    figure: Figure
    change: Change


@dataclass(frozen=True, slots=True)
class Shares:
    """Of a category, or of all: what of its cases was decided automatically, looked at by a person, and corrected."""

    cases: Figure
    auto: Figure
    looked_at: Figure
    corrected: Figure


@dataclass(frozen=True, slots=True)
class Group:
    """A group of categories, and the cases of each day."""

    name: Named
    figure: Figure
    days: list[int]


@dataclass(frozen=True, slots=True)
class Load:
    """What a department, or all of them, has to do.

    Attributes
    ----------
    name : Named or None
        None for all.
    new : Figure
        Registered in the period.
    open : Figure
        Now, whenever registered.
    priorities : dict of str to Figure
        Of the open ones.
    now : dict of Due to Figure
        Deadlines of the open ones that are near or overdue.
    period : dict of Due to Figure
        How the deadlines of the new ones stand.
    """

    name: Named | None
    new: Figure
    open: Figure
    priorities: dict[str, Figure]
    now: dict[Due, Figure]
    period: dict[Due, Figure]


@dataclass(frozen=True, slots=True)
class View:
    """All of the overview.

    Attributes
    ----------
    period : Period
    total : Figure
    change : Change
        Of the total.
    shares : Shares
    days : list of Figure
    groups : list of Group
    lines : dict of Axis to list of Line
        The most frequent first.
    by_category : dict of str to Shares
    loads : list of Load
        The busiest first.
    load : Load
        Of all departments.
    earlier : int
        So many periods are the usual.
    looked_over : int
        So many classes were looked at for what rose.
    worked, usually_worked : float
        Working days of the period, and of the usual.
    """

    period: Period
    total: Figure
    change: Change
    shares: Shares
    days: list[Figure]
    groups: list[Group]
    lines: dict[Axis, list[Line]]
    by_category: dict[str, Shares]
    loads: list[Load]
    load: Load
    earlier: int
    looked_over: int
    worked: int
    usually_worked: float

    @property
    def rose(self) -> list[Line]:
        """What rose, the surest first."""
        lines = [line for axis in AXES for line in self.lines[axis] if line.change.rose]
        return sorted(lines, key=lambda line: (line.change.adjusted, -(line.change.ratio or 0)))


def narrowed(filters: Filters, **more: Any) -> Filters:
    """The filters with some more."""
    return replace(filters, **more)


def on(day: date, filters: Filters) -> Filters:
    """The filters, of one day of their period."""
    assert filters.until is not None  # noqa: S101  # a period has an end
    begin = datetime(day.year, day.month, day.day, tzinfo=CHINA)
    return replace(filters, since=begin, until=max(begin, min(begin + timedelta(days=1), filters.until)))
