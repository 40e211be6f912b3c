"""Which cases are meant: what a list is narrowed by and a figure counts, so that the two always agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Float, FromClause, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from api.storage.database import now, utc
from api.storage.facts import FACTS
from api.storage.schema import COMPLAINTS, OPEN_CASES, STANDING
from classifier.taxonomy import UNDECIDED, Taxonomy

NOT_GIVEN: Final = "none"
"""Stands for the cases that name no channel, region, product or segment."""

Due = Literal[
    "first_response_near",
    "first_response_overdue",
    "first_response_missed",
    "resolution_near",
    "resolution_overdue",
    "resolution_missed",
]
"""near: a fourth of the time is left; overdue: it is over, still to be done; missed: it was over, done or not."""

_NEAR: Final = 4
"""As in `api.deciding`: near is when a fourth of the time to a due date is left."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which cases; what is None does not matter. The period is of registration, half-open.

    Attributes
    ----------
    category, group, department, decision, priority, channel, region, product, segment, model : str
        As the case stands now; `decision` is the model's verdict, auto or review.
    since, until : datetime
        With their time zone.
    words : str
        All of them stand in the text.
    hour : int
        Of registration, China.
    state : {'open', 'closed'}
    due : Due
    review : {'looked_at', 'corrected'}
        A person has said what it is about; and it was something else than the model had said.
    sampled : {'looked_at', 'right', 'wrong'}
        A person has looked at a sure case blind, and found the model right or wrong.
    kind : str
        complaint, unless a person said otherwise.
    business, cause, business_channel : str
        The statistical axes, of the category or as a person set them; `UNDECIDED` for what is open.
    """

    category: str | None = None
    department: str | None = None
    decision: str | None = None
    channel: str | None = None
    region: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None
    group: str | None = None
    priority: str | None = None
    product: str | None = None
    segment: str | None = None
    hour: int | None = None
    state: Literal["open", "closed"] | None = None
    due: Due | None = None
    review: Literal["looked_at", "corrected"] | None = None
    sampled: Literal["looked_at", "right", "wrong"] | None = None
    model: str | None = None
    kind: str | None = None
    business: str | None = None
    cause: str | None = None
    business_channel: str | None = None

    def narrow(self, query: Select[Any], taxonomy: Taxonomy) -> Select[Any]:
        """A query of `case_facts`, narrowed.

        Parameters
        ----------
        query : Select
        taxonomy : Taxonomy
            Says which categories are of a group, a business, a cause.
        """
        equal: dict[str, Any] = {
            "category": self.category,
            "department": self.department,
            "verdict": self.decision,
            "priority": self.priority,
            "hour": self.hour,
            "model": self.model,
            "kind": self.kind,
        }
        query = query.where(*(FACTS.c[name] == value for name, value in equal.items() if value is not None))
        for name in ("channel", "region", "product", "segment"):
            if (value := getattr(self, name)) is not None:
                query = query.where(FACTS.c[name] == (None if value == NOT_GIVEN else value))
        if self.group is not None:
            codes = [code for code, category in taxonomy.items() if category.group.code == self.group]
            query = query.where(FACTS.c.category.in_(codes))
        return query.where(*self._period(), *self._standing(), *self._facets(taxonomy), *self._words())

    def _period(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.since is not None:
            found.append(FACTS.c.registered_at >= utc(self.since))
        if self.until is not None:
            found.append(FACTS.c.registered_at < utc(self.until))
        return found

    def _standing(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.state is not None:
            still_open = FACTS.c.complaint.in_(_open(OPEN_CASES.c.resolution_due.is_not(None)))
            found.append(still_open if self.state == "open" else ~still_open)
        if self.due is not None:
            found.append(_due(self.due))
        if self.review is not None:
            found.append(FACTS.c.looked_at)
            if self.review == "corrected":
                found.append(FACTS.c.category != FACTS.c.predicted)
        if self.sampled is not None:
            first = select(func.min(STANDING.c.number)).where(STANDING.c.selection == "sample")
            blind = STANDING.c.number.in_(first.group_by(STANDING.c.complaint))
            found.append(FACTS.c.complaint.in_(select(STANDING.c.complaint).where(blind)))
            said = select(STANDING.c.complaint, STANDING.c.category).where(blind)
            right = tuple_(FACTS.c.complaint, FACTS.c.predicted).in_(said)
            found += {"looked_at": [], "right": [right], "wrong": [~right]}[self.sampled]
        return found

    def _facets(self, taxonomy: Taxonomy) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        for axis in ("business", "cause"):
            wanted, set_by_hand = getattr(self, axis), FACTS.c[axis]
            if wanted is None:
                continue
            fixed = [code for code, category in taxonomy.items() if getattr(category, axis) != UNDECIDED]
            mine = [code for code in fixed if getattr(taxonomy[code], axis) == wanted]
            is_open = FACTS.c.category.not_in(fixed)
            same = set_by_hand.is_(None) if wanted == UNDECIDED else set_by_hand == wanted
            found.append(or_(FACTS.c.category.in_(mine), and_(is_open, same)))
        if self.business_channel is not None:
            wanted = None if self.business_channel == UNDECIDED else self.business_channel
            found.append(FACTS.c.business_channel == wanted)
        return found

    def _words(self) -> list[ColumnElement[bool]]:
        holds = [_stands_in(COMPLAINTS.c.text, word) for word in (self.words or "").split()]
        # All texts are read once, in their order: to look each up by its case takes three times as long.
        return [FACTS.c.complaint.in_(select(COMPLAINTS.c.number).where(*holds))] if holds else []


def _stands_in(text: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """Whether a word stands in a text, whatever its case; one that has none, as words in Chinese, costs less."""
    return (text.contains if word.lower() == word.upper() else text.icontains)(word, autoescape=True)


def is_due(due: Due, facts: FromClause = FACTS) -> ColumnElement[bool]:
    """Whether this holds at present of a row of `case_facts` that is joined with its row of `open_cases`, if any."""
    what, _, how = due.rpartition("_")
    at, moment = OPEN_CASES.c[f"{what}_due"], now()
    if how == "near":
        left = _seconds(at) - moment.replace(tzinfo=UTC).timestamp()
        return and_(at > moment, left * _NEAR <= _seconds(at) - _seconds(facts.c.begun_at))
    return at <= moment if how == "overdue" else or_(facts.c[f"{what}_missed"], at <= moment)


def _due(due: Due) -> ColumnElement[bool]:
    """The same of a row alone."""
    what, _, how = due.rpartition("_")
    if how == "missed":
        overdue = FACTS.c.complaint.in_(_open(OPEN_CASES.c[f"{what}_due"] <= now()))
        return or_(FACTS.c[f"{what}_missed"], overdue)
    # Not correlated: the few open cases are looked at, and not all there are.
    facts = FACTS.alias()
    return FACTS.c.complaint.in_(_open(is_due(due, facts)).join(facts, facts.c.complaint == OPEN_CASES.c.complaint))


def _open(*conditions: ColumnElement[bool]) -> Select[tuple[int]]:
    return select(OPEN_CASES.c.complaint).where(*conditions)


class _seconds(FunctionElement[float]):  # noqa: N801  # a function of SQL
    """Seconds since 1970."""

    type = Float()
    inherit_cache = True


@compiles(_seconds, "sqlite")
def _in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"((julianday({compiler.process(element.clauses, **options)}) - 2440587.5) * 86400)"


@compiles(_seconds, "postgresql")
def _in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"EXTRACT(EPOCH FROM {compiler.process(element.clauses, **options)})"
