"""Rules made ready for many cases: found by what a case has, their sentences made beforehand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from classifier.deadlines import Term
from classifier.routing.conditions import OneOf, Signalled
from classifier.routing.facts import Facts
from classifier.routing.rules import DECIDED_ONCE, OF_CATEGORY, Rule
from classifier.taxonomy import Taxonomy

_LABELS: Final = {
    "department": "部门",
    "queue": "队列",
    "priority": "优先级",
    "first_response": "首次回应时限",
    "resolution": "办结时限",
}
_UNITS: Final = {"minutes": "分钟", "working_days": "个工作日", "calendar_days": "个自然日"}


class PreparedRules:
    """The rules of a book, found by what a case has.

    Most rules begin with a list of values, of which a case has none: they are not even looked at.

    Parameters
    ----------
    rules : sequence of Rule
    taxonomy : Taxonomy
    """

    def __init__(self, rules: Sequence[Rule], taxonomy: Taxonomy) -> None:
        self._rules = [PreparedRule(rule, taxonomy) for rule in rules]
        self._others = 0  # those that no value tells: bit by rule, as below
        listed: dict[str, tuple[Callable[[Facts], Collection[str | None]], dict[str | None, int]]] = {}
        for number, rule in enumerate(self._rules):
            if rule.first is None:
                self._others |= 1 << number
                continue
            _, by_value = listed.setdefault(rule.first.key, (rule.first.of, {}))
            for value in rule.first.wanted:
                by_value[value] = by_value.get(value, 0) | 1 << number
        self._listed = tuple(listed.values())
        self._parted = lru_cache(4_096)(self._part)  # few of all that could be come

    def look(self, facts: Facts) -> tuple[Sequence[PreparedRule], tuple[str, ...]]:
        """The rules that a case fires, in their order, and of the others what it missed, in words."""
        left = self._others
        for of, by_value in self._listed:
            for value in of(facts):
                left |= by_value.get(value, 0)
        rules, missed, asking = self._parted(left)
        for number in asking:
            miss = self._rules[number].missed(facts)
            if miss:
                left ^= 1 << number
                missed = {**missed, number: miss}
        if asking:
            rules, _, _ = self._parted(left)
        return rules, tuple([missed[number] for number in sorted(missed)] if asking else missed.values())

    def _part(self, left: int) -> tuple[Sequence[PreparedRule], Mapping[int, str], Sequence[int]]:
        """Of those left: the rules, what is said of the others, and which of the left ones ask for more."""
        inside = [number for number in range(len(self._rules)) if left >> number & 1]
        missed = {number: rule.first_missed for number, rule in enumerate(self._rules) if not left >> number & 1}
        return [self._rules[number] for number in inside], missed, [n for n in inside if self._rules[n].asks_more]


class PreparedRule:
    """A rule with its sentences made beforehand.

    Parameters
    ----------
    rule : Rule
    taxonomy : Taxonomy

    Attributes
    ----------
    first : OneOf, Signalled or None
        Its first condition, if that is a list of values: `missed` takes it for granted.
    first_missed : str
        What is said when the first condition does not hold; empty if there is none.
    asks_more : bool
        Whether there are conditions that `missed` looks at.
    """

    def __init__(self, rule: Rule, taxonomy: Taxonomy) -> None:
        first = rule.conditions[0] if rule.conditions else None
        self.first = first if isinstance(first, OneOf | Signalled) else None
        missed = [f"【{rule.name}】未触发，它要求{condition.asked}" for condition in rule.conditions]
        self.first_missed = missed[0] if missed else ""
        looked_at = slice(0 if self.first is None else 1, None)
        self._looked_at = list(zip(rule.conditions[looked_at], missed[looked_at], strict=True))
        self.asks_more = bool(self._looked_at)
        self._conditions = rule.conditions
        self._head = f"【{rule.name}】{rule.why}"
        named = rule.outcomes.named()
        self._co_departments = rule.outcomes.co_departments
        self._once = [(name, named[name], _said(name, named[name], taxonomy)) for name in DECIDED_ONCE if name in named]
        settled = [_LABELS[name] for name, _, saying in self._once if saying]
        self._settled = "、".join(settled) + "已由前面的规则决定"
        self._adding = _said("co_departments", self._co_departments, taxonomy)

    def missed(self, facts: Facts) -> str:
        """The first thing that a case misses, in words; empty if it misses nothing."""
        for condition, missed in self._looked_at:
            if not condition.holds(facts):
                return missed
        return ""

    def fire(self, facts: Facts, decided: dict[str, Any], co_departments: list[str]) -> str:
        """Decide what is still open, and say so."""
        said = []
        for name, value, saying in self._once:
            if name not in decided:
                decided[name] = value
                if saying:
                    said.append(saying)
        if self._co_departments:
            co_departments += self._co_departments
            said.append(self._adding)
        shown = "、".join(said) or self._settled
        if not self._conditions:
            return f"{self._head}：{shown}"
        evidence = "；".join([condition.evidence(facts) for condition in self._conditions])
        return f"{self._head}（{evidence}）：{shown}"


def _said(name: str, value: Any, taxonomy: Taxonomy) -> str:
    """What a rule decides, in words; empty for what matters only when it happens."""
    if name == "department":
        return "由类别对应的部门办理" if value == OF_CATEGORY else f"由{taxonomy.departments[value].zh}办理"
    if name == "co_departments":
        return "协办" + "、".join(taxonomy.departments[code].zh for code in value)
    if name == "queue":
        return f"队列{value}"
    if name == "priority":
        return f"优先级{value}"
    if isinstance(value, Term):
        whole_hours = value.unit == "minutes" and not value.amount % 60
        length = f"{value.amount // 60}小时" if whole_hours else f"{value.amount}{_UNITS[value.unit]}"
        return f"{length}内{'首次回应' if name == 'first_response' else '办结'}"
    return ""
