"""The overview is counted here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from api.overview.loads import loads
from api.overview.names import CHANNELS, categories, group_of, named
from api.overview.periods import Period
from api.overview.rising import Change, compare
from api.overview.view import AXES, Figure, Group, Line, Shares, View, narrowed, on
from api.service import Service
from api.storage import Database, Figures, Filters
from api.storage.figures import Axis
from classifier.deadlines import WorkCalendar
from classifier.taxonomy import Named, Taxonomy


class Overview:
    """Makes overviews of a database.

    Parameters
    ----------
    service : Service
    database : Database
    """

    def __init__(self, service: Service, database: Database) -> None:
        self._service = service
        self._database = database

    def view(self, period: Period, chosen: Filters) -> View:
        """Count it all.

        Parameters
        ----------
        period : Period
        chosen : Filters
            Without a period.
        """
        serving = self._service.serving
        figures = Figures(self._database, serving.taxonomy)
        filters = replace(chosen, since=period.since, until=period.until)
        earlier = period.earlier(figures.first_day())
        counts = {axis: figures.by_day(filters, axis, earlier) for axis in AXES}
        total, changes = _compared(counts, period, earlier)
        lines = {axis: _lines(axis, changes[axis], filters, serving.taxonomy) for axis in AXES}
        shares, by_category = _shares(figures.by_category(filters), filters)
        opened = figures.work(replace(chosen, state="open"))
        load, departments = loads(opened, figures.work(filters), chosen, filters, serving.taxonomy)
        calendar = serving.calendar or WorkCalendar()
        spans = [period.since - since for since, _ in earlier]
        return View(
            period=period,
            total=Figure(total.cases, filters),
            change=total,
            shares=shares,
            days=_days(counts["category"], period, filters),
            groups=_groups(counts["category"], period, filters, serving.taxonomy),
            lines=lines,
            by_category=by_category,
            loads=departments,
            load=load,
            earlier=len(earlier),
            looked_over=sum(map(len, changes.values())),
            worked=period.worked(calendar),
            usually_worked=sum(period.worked(calendar, back) for back in spans) / len(spans) if spans else 0.0,
        )


Counts = Sequence[tuple[date, Any, int]]


def _compared(
    counts: Mapping[Axis, Counts], period: Period, earlier: Sequence[tuple[datetime, datetime]]
) -> tuple[Change, dict[Axis, dict[Any, Change]]]:
    """The total, and every class of every axis, against the usual; the classes are judged together."""
    spans = [(period.since, period.until), *earlier]
    place = {
        since.date() + timedelta(days=n): number
        for number, (since, _) in enumerate(spans)
        for n in range(len(period.days))
    }
    sums: dict[tuple[Axis, Any], list[int]] = {}
    for axis, rows in counts.items():
        for day, value, cases in rows:
            if (number := place.get(day)) is not None:
                sums.setdefault((axis, value), [0] * len(spans))[number] += cases
    all_of = [sum(column) for column in zip(*(s for (axis, _), s in sums.items() if axis == "category"), strict=True)]
    total = compare({"": (all_of[0], all_of[1:])})[""] if all_of else Change(0, 0.0 if earlier else None)
    judged = compare({key: (found[0], found[1:]) for key, found in sums.items()})
    by_axis: dict[Axis, dict[Any, Change]] = {axis: {} for axis in AXES}
    for (axis, value), change in judged.items():
        by_axis[axis][value] = change
    return total, by_axis


def _lines(axis: Axis, changes: Mapping[Any, Change], filters: Filters, taxonomy: Taxonomy) -> list[Line]:
    names = {"category": categories(taxonomy), "channel": CHANNELS, "region": {}}[axis]
    lines = []
    for value, change in changes.items():
        name = named(value, names)
        lines.append(Line(axis, name, Figure(change.cases, narrowed(filters, **{axis: name.code})), change))
    return sorted(lines, key=lambda line: (-line.figure.cases, line.name.code))


def _shares(rows: Sequence[RowMapping], filters: Filters) -> tuple[Shares, dict[str, Shares]]:
    def shares(found: Mapping[str, int], within: Filters) -> Shares:
        return Shares(
            Figure(found["cases"], within),
            Figure(found["auto"], replace(within, decision="auto")),
            Figure(found["looked_at"], replace(within, review="looked_at")),
            Figure(found["corrected"], replace(within, review="corrected")),
        )

    total: Counter[str] = Counter()
    for row in rows:
        total.update({name: row[name] for name in ("cases", "auto", "looked_at", "corrected")})
    by_category = {row["category"]: shares(row, replace(filters, category=row["category"])) for row in rows}
    return shares(total, filters), by_category


def _days(counts: Counts, period: Period, filters: Filters) -> list[Figure]:
    found: Counter[date] = Counter()
    for day, _, cases in counts:
        found[day] += cases
    return [Figure(found[day], on(day, filters)) for day in period.days]


def _groups(counts: Counts, period: Period, filters: Filters, taxonomy: Taxonomy) -> list[Group]:
    found: dict[Named, Counter[date]] = {category.group: Counter() for category in taxonomy.values()}
    for day, code, cases in counts:
        if period.first <= day <= period.last:
            found.setdefault(group_of(code, taxonomy), Counter())[day] += cases
    within = {day: on(day, filters) for day in period.days}
    return [
        Group(
            name,
            Figure(by_day.total(), replace(filters, group=name.code)),
            [Figure(by_day[day], replace(within[day], group=name.code)) for day in period.days],
        )
        for name, by_day in found.items()
        if by_day
    ]
