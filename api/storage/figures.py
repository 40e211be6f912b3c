"""Counting cases. Every figure counts what `Filters` mean, as the list of cases behind it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, get_args

from sqlalchemy import Integer, RowMapping, Select, and_, case, cast, func, not_, or_, select

from api.storage.database import Database
from api.storage.facts import FACTS
from api.storage.filters import Due, Filters, after, china_day, end_of_day, is_due
from api.storage.schema import OPEN_CASES
from classifier.taxonomy import Taxonomy

Axis = Literal["category", "channel", "region"]
_NEWEST: Final = 5_000
_MOMENT: Final = timedelta(microseconds=1)
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
            first: date | None = connection.execute(select(func.min(FACTS.c.day))).scalar_one()
        return first

    def count(self, filters: Filters) -> int:
        """How many cases are meant."""
        return int(self._rows(filters, func.count())[0][0])

    def by_period(self, filters: Filters, axis: Axis, spans: Sequence[tuple[datetime, datetime]]) -> Sequence[Any]:
        """Cases of each class of an axis in several periods, by the place of the period: rows of three.

        Parameters
        ----------
        filters : Filters
            Without a period.
        axis : {'category', 'channel', 'region'}
        spans : sequence of (datetime, datetime)
            Periods apart from each other, each from a midnight in China.
        """
        keys = FACTS.c.day, FACTS.c[axis]
        # Whole days are counted from an index, and then taken off what came after the end of a period on its last day.
        whole = replace(filters, since=min(since for since, _ in spans), until=end_of_day(max(end for _, end in spans)))
        counted: Any = whole.narrow(select(*keys, func.count().label("cases")).group_by(*keys), self._taxonomy)
        if later := [after(end) for _, end in spans if not china_day(end)[1]]:
            less = select(*keys, -func.count()).where(or_(*later)).group_by(*keys)
            counted = counted.union_all(filters.narrow(less, self._taxonomy))
        days = counted.subquery()
        places = [
            (days.c.day.between(china_day(since)[0], china_day(end - _MOMENT)[0]), place)
            for place, (since, end) in enumerate(spans)
        ]
        place = case(*places)
        # PostgreSQL's sum of whole numbers is a decimal one.
        query = select(place, days.c[axis], cast(func.sum(days.c.cases), Integer)).group_by(place, days.c[axis])
        with self._database.connect() as connection:
            return [row for row in connection.execute(query).all() if row[0] is not None]

    def by_day(self, filters: Filters) -> Sequence[RowMapping]:
        """Of each day and category: how many cases, decided automatically, looked at by a person, and corrected."""
        keys = FACTS.c.day, FACTS.c.category
        corrected = and_(FACTS.c.looked_at, FACTS.c.category != FACTS.c.predicted)
        counts = {"cases": func.count(), "auto": _where(FACTS.c.verdict == "auto")}
        counts |= {"looked_at": _where(FACTS.c.looked_at), "corrected": _where(corrected)}
        query = select(*keys, *_named(counts)).group_by(*keys)
        return self._mappings(filters.narrow(query, self._taxonomy))

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

    def crossing(self, filters: Filters, *axes: str) -> Sequence[RowMapping]:
        """Cases by columns of `case_facts`."""
        keys = [FACTS.c[axis] for axis in axes]
        query = select(*keys, func.count().label("cases")).group_by(*keys)
        return self._mappings(filters.narrow(query, self._taxonomy))

    def lately(self, *columns: str) -> dict[str, list[str]]:
        """What there is to filter by: the values that columns of `case_facts` have in the newest cases."""
        keys = [FACTS.c[name] for name in columns]
        newest = select(*keys).order_by(FACTS.c.complaint.desc()).limit(_NEWEST).subquery()
        rows = self._mappings(select(newest).distinct())
        return {name: sorted({row[name] for row in rows} - {None}) for name in columns}

    def _rows(self, filters: Filters, *what: Any) -> Sequence[Any]:
        with self._database.connect() as connection:
            return connection.execute(filters.narrow(select(*what).select_from(FACTS), self._taxonomy)).all()

    def _mappings(self, query: Select[Any]) -> Sequence[RowMapping]:
        with self._database.connect() as connection:
            return connection.execute(query).mappings().all()


def _where(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _named(counts: Mapping[str, Any]) -> list[Any]:
    return [count.label(name) for name, count in counts.items()]
