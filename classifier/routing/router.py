"""From what is known of a case to who gets it, how soon, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from classifier.deadlines import CHINA, Deadline, Term, WorkCalendar
from classifier.routing.facts import Facts
from classifier.routing.prepared import PreparedRules
from classifier.routing.reading import bundled_rules
from classifier.routing.rules import ANY, OF_CATEGORY, ONE_LEVEL_UP, Priority, RuleBook
from classifier.taxonomy import Named, Taxonomy
from classifier.text import normalize


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a case goes.

    Attributes
    ----------
    department : Named
        The one owner.
    co_departments : tuple of Named
        Those who work on it too.
    queue : str
        Where in the department it lines up.
    priority : {'P1', 'P2', 'P3', 'P4'}
        P1 is first in line.
    first_response, resolution : Deadline
        When the customer must have been answered, and when the case must be decided: never after `statutory`.
    statutory : datetime or None
        The limit that the law sets, in UTC; None where none binds.
    trace : tuple of str
        The rules that fired, in order: why, on what evidence, and what each decided.
    tried : tuple of str
        The rules that did not, each with the first thing it missed.
    rules : str
        Version of the rules.
    """

    department: Named
    co_departments: tuple[Named, ...]
    queue: str
    priority: Priority
    first_response: Deadline
    resolution: Deadline
    statutory: datetime | None
    trace: tuple[str, ...]
    tried: tuple[str, ...]
    rules: str


class Router:
    """Turns what is known of cases into decisions.

    Parameters
    ----------
    taxonomy : Taxonomy
        Gives each category its department.
    book : RuleBook, optional
        By default the rules that come with the program.
    calendar : WorkCalendar, optional
        By default the published one.

    Raises
    ------
    RulesError
        If the program's own rules cannot be used with a taxonomy.
    """

    def __init__(self, taxonomy: Taxonomy, book: RuleBook | None = None, calendar: WorkCalendar | None = None) -> None:
        self.taxonomy = taxonomy
        self.book = book or bundled_rules(taxonomy)
        self.calendar = calendar or WorkCalendar()
        self._rules = PreparedRules(self.book.rules, taxonomy)
        self._version = self.book.version
        # Cases that arrive together end together.
        self._by_law = lru_cache(4_096)(self._last_moment)
        self._in_all = lru_cache(4_096)(self._last_of_all)
        # By any of its names, in canonical form: whoever registers a case writes the branch as he knows it.
        self._called = {
            normalize(name): named.code
            for named in taxonomy.departments.values()
            for name in (named.code, named.zh, named.en)
        }

    def route(self, facts: Facts, *, not_to: str | None = None) -> Decision:
        """Decide who owns a case, how soon it is due, and why; never a department that has returned it (`not_to`)."""
        decided: dict[str, Any] = {}
        co_departments: list[str] = []
        fired, tried = self._rules.look(facts)
        trace = [rule.fire(facts, decided, co_departments) for rule in fired]
        owner = self._owner(facts, decided, co_departments, trace)
        if owner == not_to:
            owner = self.book.above(owner)
            names = (self.taxonomy.departments[code].zh for code in (not_to, owner))
            trace.append("【退单】{}已退回，改由{}办理".format(*names))
        departments = self.taxonomy.departments
        first_response, resolution, statutory = self._due(facts.arrived, decided, trace)
        return Decision(
            departments[owner],
            tuple([departments[code] for code in dict.fromkeys(co_departments) if code != owner]),
            decided["queue"],
            decided["priority"],
            first_response,
            resolution,
            statutory,
            tuple(trace),
            tried,
            self._version,
        )

    def statutory(self, arrived: datetime, extensions: int = 0) -> datetime | None:
        """The latest moment, in UTC, to decide a case that has been extended so often; None where no law binds it.

        Raises
        ------
        ValueError
            If the law allows no such number of extensions.
        """
        limit = self._by_law(arrived.astimezone(CHINA).date(), extensions)
        return None if limit is None else limit[0].at

    def _last_moment(self, day: date, extensions: int) -> tuple[Deadline, str] | None:
        """What the law leaves a case that has arrived on a day in China, and how that is said."""
        statute = self.book.statute(day)
        if statute is None:
            return None
        if extensions >= len(statute.calendar_days):
            raise ValueError(f"{statute.name}: {len(statute.calendar_days) - 1} extensions at most")
        days = statute.calendar_days[extensions]
        start = datetime(day.year, day.month, day.day, tzinfo=CHINA)
        limit = self.calendar.deadline(start, Term(days, "calendar_days")).at
        said = f"【法定时限】《{statute.name}》{days}个自然日早于承诺时限，以此为准"
        return Deadline(limit, provisional=False), said

    def _owner(self, facts: Facts, decided: dict[str, Any], co_departments: list[str], trace: list[str]) -> str:
        owner: str = decided["department"]
        if owner == OF_CATEGORY:
            owner = self._department_of(facts.prediction.category, trace)
        complained_about = self._called.get(normalize(facts.branch)) if facts.branch else None
        if complained_about is None:
            return owner
        name = self.taxonomy.departments[complained_about].zh
        if complained_about in co_departments:
            co_departments[:] = [code for code in co_departments if code != complained_about]
            trace.append(f"【利益回避】被投诉的是{name}，不参与协办")
        if complained_about == owner:
            up = decided["conflict_of_interest"]
            owner = self.book.above(owner) if up == ONE_LEVEL_UP else up
            trace.append(f"【利益回避】被投诉的是{name}，改由{self.taxonomy.departments[owner].zh}办理")
        return owner

    def _department_of(self, code: str, trace: list[str]) -> str:
        category = self.taxonomy.get(code)
        if category is not None:
            return category.department.code
        # A kept case may be older than the taxonomy: it goes where any department's cases go one level up.
        owner = self.book.one_level_up[ANY]
        trace.append(f"【类别停用】现行分类没有{code}，由{self.taxonomy.departments[owner].zh}处理")
        return owner

    def _due(
        self, arrived: datetime, decided: dict[str, Any], trace: list[str]
    ) -> tuple[Deadline, Deadline, datetime | None]:
        first_response = self.calendar.deadline(arrived, decided["first_response"])
        term, day = decided["resolution"], arrived.astimezone(CHINA).date()
        if term.unit == "minutes":
            resolution, statutory, said = self._with_law(self.calendar.deadline(arrived, term), day)
        else:
            resolution, statutory, said = self._in_all(day, term)
        trace += said
        if first_response.at >= resolution.at:
            first_response = min(first_response, resolution)
        return first_response, resolution, statutory

    def _last_of_all(self, day: date, term: Term) -> tuple[Deadline, datetime | None, tuple[str, ...]]:
        start = datetime(day.year, day.month, day.day, tzinfo=CHINA)
        return self._with_law(self.calendar.deadline(start, term), day)

    def _with_law(self, promised: Deadline, day: date) -> tuple[Deadline, datetime | None, tuple[str, ...]]:
        """When a case that has arrived on a day must be decided, the limit that the law sets, and how that is said."""
        said = []
        limit = self._by_law(day, 0)
        if limit is not None:
            bound, why = limit
            if bound.at < promised.at:
                said.append(why)
            promised = min(promised, bound)
        if promised.provisional:
            said.append("【暂定时限】该年度的放假安排尚未公布，按周一至周五计算，公布后重算")
        return promised, None if limit is None else limit[0].at, tuple(said)


def in_china(moment: datetime) -> str:
    """A moment as people in China read it.

    Examples
    --------
    >>> from datetime import UTC
    >>> in_china(datetime(2026, 12, 14, 16, 0, tzinfo=UTC))
    '2026-12-14 24:00'
    """
    local = moment.astimezone(CHINA)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return f"{local - timedelta(days=1):%Y-%m-%d} 24:00"
    return f"{local:%Y-%m-%d %H:%M}"
