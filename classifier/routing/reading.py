"""Reading a file of rules: TOML text in, a checked `RuleBook` out, or all that is wrong with it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, cast

from classifier.deadlines import UNITS, Term
from classifier.errors import Finding, RulesError
from classifier.routing.check import logical_findings
from classifier.routing.condition_reader import ConditionReader
from classifier.routing.lines import Path as Place
from classifier.routing.lines import entry_lines, line_of
from classifier.routing.rules import (
    ANY,
    OF_CATEGORY,
    ONE_LEVEL_UP,
    OUTCOMES,
    PRIORITIES,
    Outcomes,
    Priority,
    Rule,
    RuleBook,
    Statute,
)
from classifier.taxonomy import Taxonomy

BUNDLED: Final = Path(__file__).with_name("default.toml")

FORMAT: Final = 1
"""Of the file; a new meaning gets a new number."""


def read_rules(text: str, taxonomy: Taxonomy, *, source: str) -> RuleBook:
    """Read and check a file of rules.

    Parameters
    ----------
    text : str
        As docs/rules.md describes it.
    taxonomy : Taxonomy
        Has the categories, groups and departments that rules may name.
    source : str
        The file's name, for errors.

    Raises
    ------
    RulesError
        With everything that is wrong, each with its line and remedy.
    """
    return _Reader(text, taxonomy, source, strict=True).book()


def bundled_rules(taxonomy: Taxonomy, text: str | None = None) -> RuleBook:
    """The rules that come with a model or the program, without what a bank's own taxonomy does not have.

    Parameters
    ----------
    taxonomy : Taxonomy
    text : str, optional
        Those that came with a model; by default the program's.

    Raises
    ------
    RulesError
        If the taxonomy lacks a department without which they are no rules, such as ``triage``.
    """
    text = BUNDLED.read_text(encoding="utf-8") if text is None else text
    return _Reader(text, taxonomy, taxonomy.source, strict=False).book()


class _Reader(ConditionReader):
    """Reads the whole file."""

    def book(self) -> RuleBook:
        try:
            document = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            found = Finding(_toml_line(error), f"this is not TOML ({error})", "Correct this line.")
            raise RulesError(self.source, [found]) from error
        self.lines = entry_lines(self.text)
        self._only(document, ("format", "statute", "one_level_up", "rule"), ())
        if document.get("format") != FORMAT:
            self._fault(("format",), f"format is {document.get('format')!r}", f"Write format = {FORMAT}.")
        book = RuleBook(self.text, self._rules(document), self._statutes(document), self._up(document))
        self.findings += logical_findings(book, self.taxonomy)
        if self.findings:
            raise RulesError(self.source, set(self.findings))
        return book

    def _rules(self, document: Mapping[str, Any]) -> tuple[Rule, ...]:
        rules = []
        for number, table in enumerate(self._tables(document, "rule")):
            place: Place = ("rule", number)
            self._only(table, ("name", "why", "when", "then"), place)
            when, then = (self._table(table, name, place) for name in ("when", "then"))
            if not then:
                self._fault((*place, "then"), "the rule decides nothing", f"Name one of: {', '.join(OUTCOMES)}.")
            found = len(self.findings)
            conditions = self._conditions(when, (*place, "when"))
            if not self.strict and len(conditions) < len(when):
                del self.findings[found:]  # it asks for what this taxonomy does not have: it can never fire
                continue
            sound = len(self.findings) == found
            rule = Rule(
                self._named(table, "name", place),
                line_of(self.lines, place),
                self._named(table, "why", place),
                conditions,
                self._outcomes(then, (*place, "then")),
            )
            if sound:  # else it would seem to ask for less than it does, and to leave the others nothing
                rules.append(rule)
        return tuple(rules)

    def _outcomes(self, then: Mapping[str, Any], place: Place) -> Outcomes:
        self._only(then, OUTCOMES, place)
        given: dict[str, Any] = {}
        for name in ("department", "conflict_of_interest"):
            if name in then:
                given[name] = self._department(then[name], name, (*place, name))
        if "co_departments" in then:
            given["co_departments"] = self._co_departments(then["co_departments"], (*place, "co_departments"))
        if "queue" in then:
            given["queue"] = self._named(then, "queue", place)
        if "priority" in then:
            given["priority"] = self._priority(then["priority"], (*place, "priority"))
        for name in ("first_response", "resolution"):
            if name in then:
                given[name] = self._term(then[name], name, (*place, name))
        return Outcomes(**given)

    def _department(self, value: Any, outcome: str, place: Place) -> str | None:
        stands = {"department": OF_CATEGORY, "conflict_of_interest": ONE_LEVEL_UP}.get(outcome)
        known = [*([stands] if stands else []), *self.departments]
        if value in known:
            return str(value)
        self._fault(
            place,
            f"{self.taxonomy.source} has no department {value!r}",
            f"Use one of: {', '.join(known)}; or add it there as a [[department]].",
        )
        return None

    def _co_departments(self, value: Any, place: Place) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            self._fault(place, "'co_departments' is no list of departments", 'Write co_departments = ["…"].')
            return ()
        codes = [code for code in value if self.strict or code in self.departments]
        found = [self._department(code, "co_departments", place) for code in codes]
        return tuple(dict.fromkeys(code for code in found if code))

    def _priority(self, value: Any, place: Place) -> Priority | None:
        if value in PRIORITIES:
            return cast(Priority, value)
        self._fault(place, f"priority is {value!r}", f"Use one of: {', '.join(PRIORITIES)}.")
        return None

    def _term(self, value: Any, outcome: str, place: Place) -> Term | None:
        unit = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else None
        if unit in UNITS and type(value[unit]) is int and 1 <= value[unit] <= _LONGEST:
            return Term(value[unit], unit)
        self._fault(
            place,
            f"{outcome!r} is no length of time from 1 to {_LONGEST:,}",
            f"Write {outcome} = {{ working_days = 15 }}, or with one of: {', '.join(UNITS)}.",
        )
        return None

    def _statutes(self, document: Mapping[str, Any]) -> tuple[Statute, ...]:
        statutes = []
        for number, table in enumerate(self._tables(document, "statute")):
            place: Place = ("statute", number)
            self._only(table, ("name", "effective", "calendar_days"), place)
            effective, days = table.get("effective"), table.get("calendar_days")
            if not isinstance(effective, date) or isinstance(effective, datetime):
                self._fault((*place, "effective"), "'effective' is no date", "Write effective = 2020-03-01.")
                continue
            rising = isinstance(days, list) and all(type(day) is int and 1 <= day <= _LONGEST for day in days)
            if not rising or not days or days != sorted(set(days)):
                self._fault(
                    (*place, "calendar_days"), "'calendar_days' do not rise", "Write calendar_days = [15, 30, 60]."
                )
                continue
            statutes.append(Statute(self._named(table, "name", place), effective, tuple(days)))
        return tuple(sorted(statutes, key=lambda statute: statute.effective))

    def _up(self, document: Mapping[str, Any]) -> Mapping[str, str]:
        above = self._table(document, "one_level_up", ())
        up: dict[str, str] = {}
        for below, department in above.items():
            place: Place = ("one_level_up", below)
            if not self.strict and below not in (*self.departments, ANY):
                continue
            if below != ANY:
                self._department(below, "co_departments", place)
            found = self._department(department, "co_departments", place)
            if found:
                up[below] = found
        if ANY not in above:
            self._fault(("one_level_up",), f"nobody stands above the rest (no {ANY!r})", f'Add "{ANY}" = "…".')
        for below in up:
            seen = [below]
            while (higher := up.get(seen[-1])) is not None and higher not in seen:
                seen.append(higher)
            if higher is not None:
                self._fault(("one_level_up", below), f"{below!r} stands above itself", "Break the circle.")
        return {ANY: "", **up}


_LONGEST: Final = 1_000_000


def _toml_line(error: tomllib.TOMLDecodeError) -> int:
    """The line its message names; a file that ends too soon names none."""
    words = str(error).rpartition("line ")[2].split(",")[0].split()
    return int(words[0]) if words and words[0].isdecimal() else 1
