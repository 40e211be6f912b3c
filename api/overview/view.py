"""What the overview shows: every figure with the filters that list the cases behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, get_args

from api.overview.periods import Period
from api.overview.rising import Change
from api.storage import Due, Filters
from api.storage.figures import Axis
from classifier.taxonomy import Named

AXES: Final[tuple[Axis, ...]] = get_args(Axis)

_HALF_A_DAY: Final = 0.5
_SHARE: Final = 0.15


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

    auto: Figure
    looked_at: Figure
    corrected: Figure


@dataclass(frozen=True, slots=True)
class Step:
    """A day of the period, or some days together."""

    first: date
    last: date
    figure: Figure


@dataclass(frozen=True, slots=True)
class Group:
    """A group of categories, and its cases step by step."""

    name: Named
    figure: Figure
    steps: list[int]


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
    steps : list of Step
    groups : list of Group
    lines : dict of Axis to list of Line
        The most frequent first.
    by_category : dict of str to Shares
    loads : list of Load
        The busiest first.
    load : Load
        Of all departments.
    earlier : int
        So many periods there are to compare with; if they are enough, they are the usual.
    looked_over : int
        So many classes were looked at for what rose.
    worked, usually_worked : float
        Working days of the period, and of the usual one.
    """

    period: Period
    total: Figure
    change: Change
    shares: Shares
    steps: list[Step]
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
    def other_calendar(self) -> bool:
        """Whether holidays make the period another one than the usual."""
        return abs(self.worked - self.usually_worked) > max(_HALF_A_DAY, _SHARE * self.usually_worked)

    @property
    def rose(self) -> list[Line]:
        """What rose, by how many cases more than usual."""
        lines = [line for axis in AXES for line in self.lines[axis] if line.change.rose]
        return sorted(lines, key=lambda line: -line.change.more)


def narrowed(filters: Filters, **more: Any) -> Filters:
    """The filters with some more."""
    return replace(filters, **more)
