"""Routing rules in words: what a rule asks for, what it decides, and what would change under others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from api.channels import CHANNELS
from api.console.pages import Words
from classifier.deadlines import Term
from classifier.routing.conditions import Between, Condition, OneOf, Signalled, Within
from classifier.routing.conditions import Words as WordsInText
from classifier.routing.rules import OF_CATEGORY, ONE_LEVEL_UP, RuleBook
from classifier.signals import SIGNALS
from classifier.taxonomy import Taxonomy

_NAMES: Final[Mapping[str, str]] = {
    "category": "category",
    "group": "group",
    "secondary": "secondary category",
    "confidence": "confidence",
    "decision": "verdict",
    "signals": "signal",
    "channel": "channel",
    "region": "region",
    "branch": "branch complained about",
    "metadata.segment": "segment",
    "metadata.product": "product",
    "metadata.business_channel": "business channel",
    "metadata.amount": "amount",
}
_UNITS: Final[Mapping[str, Words]] = {
    "minutes": Words("分钟", "minutes"),
    "calendar_days": Words("个自然日", "calendar days"),
    "working_days": Words("个工作日", "working days"),
}
_STANDS: Final[Mapping[str, Words]] = {
    OF_CATEGORY: Words("类别的归口部门", "the category's department"),
    ONE_LEVEL_UP: Words("上一级部门", "one level up"),
}


class RuleWords:
    """Says rules in both languages, by the names of a taxonomy.

    Parameters
    ----------
    taxonomy : Taxonomy
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._english: Mapping[str, Mapping[str, str]] = {
            "category": {category.code: category.en for category in taxonomy.values()},
            "secondary": {category.code: category.en for category in taxonomy.values()},
            "group": {category.code: category.group.en for category in taxonomy.values()},  # a case has its category
            "decision": {"auto": "automatic", "review": "to review"},
            "channel": {code: name.en for code, name in CHANNELS.items()},
        }
        self._by_name = {department.zh: department.en for department in taxonomy.departments.values()}

    def rules(self, book: RuleBook) -> list[dict[str, Any]]:
        """Every rule: name, line, why, what it asks for, and what it decides, in order."""
        return [
            {
                "name": rule.name,
                "line": rule.line,
                "why": rule.why,
                "asks": [Words(condition.asked, self._asked(condition)) for condition in rule.conditions],
                "decides": list(self._decided(rule.outcomes.named())),
            }
            for rule in book.rules
        ]

    def department(self, code: str) -> Words:
        """The name of a department, or of what stands for one."""
        known = self._taxonomy.departments.get(code)
        return _STANDS.get(code) or (Words(known.zh, known.en) if known else Words(code, code))

    def change(self, what: str, value: str) -> tuple[Words, Words]:
        """What a dry run says of a case, and how it says what changes."""
        zh, _, en = what.partition(" ")
        return Words(zh, en.capitalize()), Words(value, self._in_english(value))

    def _asked(self, condition: Condition) -> str:
        match condition:
            case Signalled():
                return f"carries the signal {_either(SIGNALS[code][1] for code in condition.wanted)}"
            case WordsInText():
                return f"its text has {_either(condition.wanted)}"
            case Between():
                return f"arrives from {condition.start:%H:%M} to {condition.end:%H:%M}"
            case OneOf():
                names = self._english.get(condition.key, {})
                return f"{_NAMES[condition.key]} is {_either(names.get(value, value) for value in condition.wanted)}"
            case Within():
                bounds = [f"at least {condition.at_least}"] if condition.at_least is not None else []
                bounds += [f"below {condition.below}"] if condition.below is not None else []
                return f"{_NAMES[condition.key]} is {' and '.join(bounds)}"
        return condition.asked

    def _decided(self, outcomes: Mapping[str, Any]) -> Iterator[tuple[Words, Words]]:
        for outcome, value in outcomes.items():
            if outcome == "co_departments":
                departments = [self.department(code) for code in value]
                said = Words("、".join(one.zh for one in departments), ", ".join(one.en for one in departments))
            elif outcome in ("department", "conflict_of_interest"):
                said = self.department(value)
            elif isinstance(value, Term):
                said = _length(value)
            else:
                said = Words(str(value), str(value))
            yield _OUTCOMES[outcome], said

    def _in_english(self, value: str) -> str:
        length = re.fullmatch(r"(\d+)(分钟|小时|天)", value)
        if length:
            return f"{length[1]} {_LENGTHS[length[2]]}"
        return ", ".join(self._by_name.get(name, name) for name in value.split("、"))


_OUTCOMES: Final[Mapping[str, Words]] = {
    "department": Words("部门", "Department"),
    "co_departments": Words("协办", "Working on it too"),
    "queue": Words("队列", "Queue"),
    "priority": Words("优先级", "Priority"),
    "first_response": Words("首次响应", "First response"),
    "resolution": Words("办结", "Decision"),
    "conflict_of_interest": Words("投诉本部门时", "If it is complained about"),
}
_LENGTHS: Final = {"分钟": "min", "小时": "h", "天": "days"}


def _length(term: Term) -> Words:
    if term.unit == "minutes" and term.amount >= 60 and term.amount % 60 == 0:
        hours = term.amount // 60
        return Words(f"{hours}小时", f"{hours} hour{'s' if hours > 1 else ''}")
    unit = _UNITS[term.unit]
    return Words(f"{term.amount}{unit.zh}", f"{term.amount} {unit.en if term.amount > 1 else unit.en[:-1]}")


def _either(names: Iterable[str]) -> str:
    return " or ".join(f"“{name}”" for name in dict.fromkeys(names))
