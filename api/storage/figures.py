"""Counting cases. Every figure counts what `Filters` mean, as the list of cases behind it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Integer,
    RowMapping,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    not_,
    select,
    text,
    union_all,
)

from api.storage.database import Database, utc
from api.storage.facts import FACTS
from api.storage.filters import NOT_GIVEN, Due, Filters, is_due
from api.storage.schema import OPEN_CASES
from classifier.taxonomy import Taxonomy

Axis = Literal["category", "channel", "region"]
Span = tuple[datetime, datetime]
"""A period, half-open; with their time zone."""
Counts = dict[str, list[int]]
"""Of each class of an axis that has cases, how many in each of some periods; `NOT_GIVEN` is a class of its own."""

_NEWEST: Final = 5_000
DUES: Final[tuple[Due, ...]] = get_args(Due)


class Figures:
    """The figures of a database.

    Parameters
    ----------
    database : Database
    taxonomy : Taxonomy
        Says which categories are of a group, a business, a cause.
    """

    def __init__(self, database: Database, taxonomy: Taxonomy) -> None:
        self._database = database
        self._taxonomy = taxonomy

    def first_day(self) -> date | None:
        """The day of the first case, or None without any."""
        with self._database.connect() as connection:
            query = select(FACTS.c.day).order_by(FACTS.c.registered_at).limit(1)
            first: date | None = connection.execute(query).scalar_one_or_none()
        return first

    def counts(self, filters: Filters, axis: Axis, periods: Sequence[Span]) -> Counts:
        """Of each class of an axis, how many cases in each of some periods.

        Parameters
        ----------
        filters : Filters
            Without a period.
        axis : {'category', 'channel', 'region'}
        periods : sequence of Span
        """
        # Each class in each period is one stretch of an index: to group all rows takes several times as long.
        value = FACTS.c[axis]
        classes = select(func.min(value).label("value")).cte("classes", recursive=True)
        following = select(func.min(value)).where(value > classes.c.value).scalar_subquery()
        classes = classes.union_all(select(following).where(classes.c.value.is_not(None)))
        spans = _spans(periods)
        within = FACTS.c.registered_at >= spans.c.since, FACTS.c.registered_at < spans.c.until
        counted = filters.narrow(select(func.count()).select_from(FACTS).where(*within), self._taxonomy)

        def cases(of: ColumnElement[bool]) -> Any:
            return counted.where(of).correlate(spans, classes).scalar_subquery()

        named = select(spans.c.place, classes.c.value, cases(value == classes.c.value))
        named = named.select_from(spans.join(classes, classes.c.value.is_not(None)))
        unnamed = select(spans.c.place, literal(NOT_GIVEN), cases(value.is_(None)))
        found: Counts = {}
        with self._database.connect() as connection:
            for place, code, number in connection.execute(union_all(named, unnamed)):
                if number:
                    found.setdefault(code, [0] * len(periods))[place] += number
        return found

    def arrived(self, filters: Filters) -> Sequence[RowMapping]:
        """Of each department: how many cases, and how many of them are known to have missed a deadline."""
        counts = {what: _where(FACTS.c[f"{what}_missed"]) for what in ("first_response", "resolution")}
        query = select(FACTS.c.department, func.count().label("cases"), *_named(counts)).group_by(FACTS.c.department)
        return self._mappings(filters.narrow(query, self._taxonomy))

    def opened(self, filters: Filters) -> Sequence[RowMapping]:
        """Of each department and priority: how many cases are open, and how their deadlines stand.

        Of the missed ones, those alone that are not known yet to `arrived`.
        """
        keys = FACTS.c.department, FACTS.c.priority
        counts: dict[str, Any] = {"cases": func.count()}
        for due in DUES:
            counts[due] = _where(is_due(due))
            if due.endswith("missed"):
                counts[due] = _where(and_(is_due(due), not_(FACTS.c[due])))
        joined = FACTS.join(OPEN_CASES, OPEN_CASES.c.complaint == FACTS.c.complaint)
        query = select(*keys, *_named(counts)).select_from(joined).group_by(*keys)
        return self._mappings(replace(filters, state="open").narrow(query, self._taxonomy))

    def crossing(self, filters: Filters, span: Span, *axes: str) -> Sequence[RowMapping]:
        """Cases of a period by columns of `case_facts`: the same values may come twice, to be added up."""
        keys = [FACTS.c[axis] for axis in axes]
        query = select(*keys, func.count().label("cases")).group_by(*keys)
        # To group is to sort, which takes most of the time in SQLite: either half on its own, both at once.
        since, until = span
        middle = since + (until - since) / 2
        halves = replace(filters, since=since, until=middle), replace(filters, since=middle, until=until)
        with ThreadPoolExecutor(len(halves)) as pool:
            first, second = pool.map(lambda half: self._mappings(half.narrow(query, self._taxonomy)), halves)
        return [*first, *second]

    def lately(self, *columns: str) -> dict[str, list[str]]:
        """What there is to filter by: the values that columns of `case_facts` have in the newest cases."""
        keys = [FACTS.c[name] for name in columns]
        newest = select(*keys).order_by(FACTS.c.complaint.desc()).limit(_NEWEST).subquery()
        rows = self._mappings(select(newest).distinct())
        return {name: sorted({row[name] for row in rows} - {None}) for name in columns}

    def _mappings(self, query: Select[Any]) -> Sequence[RowMapping]:
        with self._database.connect() as connection:
            return connection.execute(query).mappings().all()


def _spans(periods: Sequence[Span]) -> CTE:
    """A row for each period: its place, beginning and end."""
    # Written out, since SQLAlchemy compiles a statement with its own `values` anew each time.
    rows = ", ".join(f"({place}, :since_{place}, :until_{place})" for place in range(len(periods)))
    moments = [
        bindparam(f"{end}_{place}", utc(moment), DateTime)
        for place, period in enumerate(periods)
        for end, moment in zip(("since", "until"), period, strict=True)
    ]
    written = text(f"SELECT column1 AS place, column2 AS since, column3 AS until FROM (VALUES {rows}) AS given")  # noqa: S608  # numbers alone
    return written.bindparams(*moments).columns(place=Integer, since=DateTime, until=DateTime).cte("spans")


def _where(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _named(counts: Mapping[str, Any]) -> list[Any]:
    return [count.label(name) for name, count in counts.items()]
