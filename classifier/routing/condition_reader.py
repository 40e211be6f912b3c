"""Reading a file of rules: the conditions of a rule, and where what is wrong with them stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import time
from decimal import Decimal
from typing import Any, Final, cast

from classifier.errors import Finding
from classifier.routing.conditions import NAMES, Between, Condition, OneOf, Signalled, Within, Words
from classifier.routing.facts import CHANNELS, Facts
from classifier.routing.lines import Path as Place
from classifier.routing.lines import line_of
from classifier.signals import SIGNALS
from classifier.taxonomy import Taxonomy
from classifier.text import normalize

_DECISIONS: Final = {"auto": "自动", "review": "人工复核"}
_METADATA: Final = tuple(name.partition(".")[2] for name in NAMES if name.startswith("metadata."))
_PLAIN: Final = tuple(name for name in NAMES if "." not in name)


class ConditionReader:
    """Reads conditions, and collects what is wrong with a file.

    Parameters
    ----------
    text : str
        The file.
    taxonomy : Taxonomy
    source : str
        The file's name.
    strict : bool
        Whether what the taxonomy does not have is wrong, or left out.
    """

    def __init__(self, text: str, taxonomy: Taxonomy, source: str, *, strict: bool) -> None:
        self.text = text
        self.taxonomy = taxonomy
        self.source = source
        self.strict = strict
        self.findings: list[Finding] = []
        self.lines: Mapping[Place, int] = {}
        self.groups = {category.group.code: category.group.zh for category in taxonomy.values()}
        self.categories = {category.code: category.zh for category in taxonomy.values()}
        self.departments = {department.code: department.zh for department in taxonomy.departments.values()}

    def _fault(self, place: Place, what: str, remedy: str) -> None:
        self.findings.append(Finding(line_of(self.lines, place), what, remedy))

    def _only(self, table: Mapping[str, Any], known: Collection[str], place: Place) -> None:
        for name in table.keys() - set(known):
            self._fault((*place, name), f"{name!r} is unknown here", f"Known are: {', '.join(known)}.")

    def _tables(self, document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        tables = document.get(name, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._fault((name,), f"{name} is no list of tables", f"Write each as [[{name}]].")
            return []
        return tables

    def _named(self, table: Mapping[str, Any], field: str, place: Place) -> str:
        value = table.get(field)
        if not isinstance(value, str) or not value.strip():
            self._fault((*place, field), f"{field!r} is missing or empty", f'Add {field} = "…".')
            return ""
        return value

    def _table(self, table: Mapping[str, Any], name: str, place: Place) -> dict[str, Any]:
        value = table.get(name, {})
        if not isinstance(value, dict):
            self._fault((*place, name), f"{name!r} is no table", f"Write {name}.… = …")
            return {}
        return value

    def _conditions(self, when: Mapping[str, Any], place: Place) -> tuple[Condition, ...]:
        self._only(when, (*_PLAIN, "metadata"), place)
        metadata = self._table(when, "metadata", place)
        self._only(metadata, _METADATA, (*place, "metadata"))
        found = [self._condition(name, when[name], (*place, name)) for name in _PLAIN if name in when]
        found += [
            self._condition(f"metadata.{name}", metadata[name], (*place, "metadata", name))
            for name in _METADATA
            if name in metadata
        ]
        return tuple(condition for condition in found if condition is not None)

    def _condition(self, key: str, value: Any, place: Place) -> Condition | None:
        if key == "confidence":
            return self._within(key, value, place, lambda facts: Decimal(repr(facts.prediction.confidence)))
        if key == "metadata.amount":
            return self._within(key, value, place, lambda facts: cast("Decimal | None", facts.metadata.get("amount")))
        if key == "time":
            return self._between(value, place)
        words = self._words(key, value, place)
        if not words:
            return None
        if key == "words":
            return Words(tuple(dict.fromkeys(normalize(word) for word in words)))
        if key == "group":  # of a case only its category is known
            members = {c.code: c.group.zh for c in self.taxonomy.values() if c.group.code in words}
            return OneOf(key, members, _VALUES["category"])
        names = self._known(key)
        wanted = {word: names[word] if names is not None else word for word in words}
        return Signalled(wanted) if key == "signals" else OneOf(key, wanted, _VALUES[key])

    def _known(self, key: str) -> Mapping[str, str] | None:
        """The values a condition may name, with their names; None if any is right."""
        return {
            "category": self.categories,
            "secondary": self.categories,
            "group": self.groups,
            "decision": _DECISIONS,
            "signals": {code: names[0] for code, names in SIGNALS.items()},
            "channel": CHANNELS,
        }.get(key)

    def _words(self, key: str, value: Any, place: Place) -> list[str]:
        """One word or a list of them, those that are not known left out and found fault with."""
        words = [value] if isinstance(value, str) else value
        if (
            not isinstance(words, list)
            or not words
            or not all(isinstance(word, str) and word.strip() for word in words)
        ):
            self._fault(place, f"{key!r} is no list of words", f'Write {key} = ["…"].')
            return []
        known = self._known(key)
        if known is None:
            return words
        for word in words:
            if self.strict and word not in known:
                self._fault(place, f"{key} {word!r} is unknown", f"Known are: {', '.join(known)}.")
        return [word for word in words if word in known]

    def _within(self, key: str, value: Any, place: Place, of: Callable[[Facts], Decimal | None]) -> Condition | None:
        bounds = ("at_least", "below")
        if (
            not isinstance(value, dict)
            or not value
            or not value.keys() <= set(bounds)
            or not all(type(bound) in (int, float) for bound in value.values())
        ):
            self._fault(place, f"{key!r} has no bounds", f"Write {key} = {{ at_least = 0.5, below = 0.9 }}, or one.")
            return None
        low, high = (Decimal(repr(value[name])) if name in value else None for name in bounds)
        return Within(key, low, high, of)

    def _between(self, value: Any, place: Place) -> Condition | None:
        try:
            if not isinstance(value, dict) or value.keys() != {"from", "to"}:
                raise ValueError
            start, end = (_time(value[name]) for name in ("from", "to"))
        except ValueError:
            self._fault(place, "'time' is no part of the day", 'Write time = { from = "22:00", to = "06:00" }.')
            return None
        return Between(start, end)


_VALUES: Final[Mapping[str, Callable[[Facts], Collection[str | None]]]] = {
    "category": lambda facts: (facts.prediction.category,),
    "secondary": lambda facts: facts.prediction.secondary,
    "decision": lambda facts: (facts.prediction.decision,),
    "channel": lambda facts: (facts.channel,),
    "region": lambda facts: (facts.region,),
    "branch": lambda facts: (facts.branch,),
    "metadata.segment": lambda facts: (cast("str | None", facts.metadata.get("segment")),),
    "metadata.product": lambda facts: (cast("str | None", facts.metadata.get("product")),),
    "metadata.business_channel": lambda facts: (cast("str | None", facts.metadata.get("business_channel")),),
}
"""What a case has of what a rule asks for."""


def _time(value: Any) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str):
        return time.fromisoformat(value)
    raise ValueError(value)
