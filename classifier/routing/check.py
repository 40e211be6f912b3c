"""What can be wrong with rules that are each well formed: contradictory, unreachable, incomplete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from classifier.deadlines import Term
from classifier.errors import Finding
from classifier.routing.conditions import Between, Condition, OneOf, Within
from classifier.routing.rules import DECIDED_ONCE, Rule, RuleBook
from classifier.taxonomy import Taxonomy

_MINUTES: Final = {"minutes": 1, "calendar_days": 1_440, "working_days": 1_440}


def logical_findings(book: RuleBook, taxonomy: Taxonomy) -> Iterator[Finding]:
    """All that is wrong between the rules of a book and within each.

    Whether a rule can be reached is told from each rule before it alone: that several together leave it nothing is not
    found.
    """
    yield from _names(book)
    for number, rule in enumerate(book.rules):
        yield from _never(rule)
        yield from _outcomes(rule, taxonomy)
        yield from _hidden(rule, book.rules[:number])
    yield from _open(book)


def _names(book: RuleBook) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for rule in book.rules:
        if rule.name and rule.name in seen:
            yield Finding(rule.line, f"rule {rule.name!r} stands in line {seen[rule.name]} too", "Rename one.")
        seen.setdefault(rule.name, rule.line)


def _never(rule: Rule) -> Iterator[Finding]:
    """Conditions that no case has."""
    by_key = {condition.key: condition for condition in rule.conditions}
    for condition in rule.conditions:
        if isinstance(condition, Within) and condition.empty:
            yield Finding(
                rule.line,
                f"rule {rule.name!r}: no {condition.key} is at least {condition.at_least} and below {condition.below}",
                "Exchange the bounds.",
            )
        if isinstance(condition, Between) and condition.start == condition.end:
            yield Finding(rule.line, f"rule {rule.name!r}: 'from' is 'to'", "Leave 'time' out for the whole day.")
    category, group, secondary = (_values(by_key.get(key)) for key in ("category", "group", "secondary"))
    if category and group and not category & group:
        yield Finding(rule.line, f"rule {rule.name!r}: no category it names is in its group", "Leave one of them out.")
    if len(category) == 1 and category == secondary:
        yield Finding(
            rule.line,
            f"rule {rule.name!r}: a category is never its own secondary",
            "Leave 'secondary' out, or make two rules.",
        )


def _values(condition: Condition | None) -> frozenset[str]:
    return frozenset(condition.wanted) if isinstance(condition, OneOf) else frozenset()


def _outcomes(rule: Rule, taxonomy: Taxonomy) -> Iterator[Finding]:
    outcomes = rule.outcomes
    if outcomes.department in outcomes.co_departments:
        yield Finding(
            rule.line,
            f"rule {rule.name!r}: {outcomes.department} owns the case and is a co-department too",
            "A case has one owner: take it from co_departments.",
        )
    first, last = outcomes.first_response, outcomes.resolution
    if first and last and _least(first) > _least(last):
        yield Finding(
            rule.line,
            f"rule {rule.name!r}: the first response ({first.amount} {first.unit}) is due after the resolution "
            f"({last.amount} {last.unit})",
            "Exchange them.",
        )


def _least(term: Term) -> int:
    """Minutes that a term lasts at least."""
    return term.amount * _MINUTES[term.unit]


def _hidden(rule: Rule, before: tuple[Rule, ...]) -> Iterator[Finding]:
    """A rule whose outcomes are all decided before it, whenever it fires."""
    named = rule.outcomes.named()
    broader = [earlier for earlier in before if rule.narrower_than(earlier)]
    left = {
        outcome for outcome, value in named.items() if not any(_decides(earlier, outcome, value) for earlier in broader)
    }
    if not named or left:
        return
    last = broader[-1]
    if last.narrower_than(rule) and any(
        last.outcomes.named().get(outcome, value) != value for outcome, value in named.items()
    ):
        yield Finding(
            rule.line,
            f"rule {rule.name!r} contradicts rule {last.name!r} in line {last.line}: same conditions, other outcomes",
            "Remove one of them, or let them ask for different things.",
        )
        return
    yield Finding(
        rule.line,
        f"rule {rule.name!r} is never reached: "
        + ", ".join(f"{earlier.name!r} in line {earlier.line}" for earlier in broader)
        + " decided everything before",
        "Move it up, or remove it.",
    )


def _decides(earlier: Rule, outcome: str, value: object) -> bool:
    decided = earlier.outcomes.named().get(outcome)
    if outcome == "co_departments":  # they add up
        return isinstance(value, tuple) and set(value) <= set(earlier.outcomes.co_departments)
    return decided is not None


def _open(book: RuleBook) -> Iterator[Finding]:
    """Outcomes that a case may be left without."""
    if not book.rules:
        yield Finding(1, "there is no rule", "Add a [[rule]]; `complaints rules show` prints those of the program.")
        return
    always = [rule for rule in book.rules if not rule.conditions]
    decided = {outcome for rule in always for outcome in rule.outcomes.named()}
    missing = [outcome for outcome in DECIDED_ONCE if outcome not in decided]
    if missing:
        last = always[-1] if always else book.rules[-1]
        yield Finding(
            last.line,
            f"a case that no other rule meets is left without {', '.join(missing)}",
            "Let the last rule have no 'when' and name them.",
        )
