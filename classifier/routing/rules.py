"""Routing rules: a book of ordered rules, each with conditions and outcomes.

A rule fires when all its conditions hold. Of the rules that fire, the first one that names an outcome decides it;
co-departments alone add up. The last rule has no conditions and names every outcome, so that nothing stays open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Final, Literal

from classifier.deadlines import Term
from classifier.routing.conditions import Condition

Priority = Literal["P1", "P2", "P3", "P4"]
PRIORITIES: Final[tuple[Priority, ...]] = ("P1", "P2", "P3", "P4")
"""The first is first in line."""

OF_CATEGORY: Final = "@category"
"""Stands for the department that the taxonomy gives the case's category."""
ONE_LEVEL_UP: Final = "one_level_up"
"""Stands for the department above the one that is complained about."""
ANY: Final = "*"
"""Stands for every department that ``[one_level_up]`` does not name."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What a rule decides; None is left to the rules behind it.

    Attributes
    ----------
    department : str or None
        The one owner: a code, or `OF_CATEGORY`.
    co_departments : tuple of str
        Codes of those who work on it too.
    queue : str or None
        Where in the department it lines up.
    priority : {'P1', 'P2', 'P3', 'P4'} or None
    first_response, resolution : Term or None
        What the house promises the customer.
    conflict_of_interest : str or None
        Who gets the case if it complains about its owner: a code, or `ONE_LEVEL_UP`.
    """

    department: str | None = None
    co_departments: tuple[str, ...] = ()
    queue: str | None = None
    priority: Priority | None = None
    first_response: Term | None = None
    resolution: Term | None = None
    conflict_of_interest: str | None = None

    def named(self) -> dict[str, object]:
        """The outcomes it decides."""
        return {name: value for name in OUTCOMES if (value := getattr(self, name))}


OUTCOMES: Final = tuple(field.name for field in fields(Outcomes))
DECIDED_ONCE: Final = tuple(name for name in OUTCOMES if name != "co_departments")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes
    ----------
    name : str
    line : int
        Of the file, from 1.
    why : str
        What it tells the department that gets the case.
    conditions : tuple of Condition
        All must hold.
    outcomes : Outcomes
    """

    name: str
    line: int
    why: str
    conditions: tuple[Condition, ...]
    outcomes: Outcomes

    def narrower_than(self, other: Rule) -> bool:
        """Whether the other one fires whenever this one does."""
        mine = {condition.key: condition for condition in self.conditions}
        return all(theirs.key in mine and theirs.implied_by(mine[theirs.key]) for theirs in other.conditions)


@dataclass(frozen=True, slots=True)
class Statute:
    """A time limit that the law sets, whatever the house promises.

    Attributes
    ----------
    name : str
    effective : date
        It binds cases that arrive on this day in China or later.
    calendar_days : tuple of int
        The limit for deciding a case, and what it becomes by the first extension, the second and so on.
    """

    name: str
    effective: date
    calendar_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """A checked file of rules.

    Attributes
    ----------
    text : str
        The file.
    rules : tuple of Rule
    statutes : tuple of Statute
        In order of their effective dates.
    one_level_up : mapping of str to str
        The department above each; `ANY` for all others.
    """

    text: str
    rules: tuple[Rule, ...]
    statutes: tuple[Statute, ...]
    one_level_up: Mapping[str, str]

    @property
    def version(self) -> str:
        """What decisions name it by: the beginning of the text's SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    def statute(self, day: date) -> Statute | None:
        """The one that binds a case that arrives on a day in China."""
        return next((statute for statute in reversed(self.statutes) if statute.effective <= day), None)

    def above(self, department: str) -> str:
        """The department one level up."""
        return self.one_level_up.get(department) or self.one_level_up[ANY]
