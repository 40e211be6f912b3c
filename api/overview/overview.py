"""The overview is counted here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from statistics import fmean
from typing import Any

from sqlalchemy import RowMapping

from api.channels import CHANNELS
from api.overview import regulator
from api.overview.loads import loads
from api.overview.names import categories, group_of, named
from api.overview.periods import Period
from api.overview.regulator import Regulator
from api.overview.rising import ENOUGH, Change, compare
from api.overview.view import AXES, Figure, Group, Line, Shares, Step, View, during, narrowed
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

    def values(self) -> dict[str, list[str]]:
        """Products, segments and regions that there have been lately."""
        return Figures(self._database, self._service.serving.taxonomy).lately("product", "segment", "region")

    def regulator(self, period: Period, chosen: Filters, axes: Sequence[regulator.Axis] = regulator.AXES) -> Regulator:
        """The regulator's table of a period, by some of its axes or by all."""
        filters = replace(chosen, since=period.since, until=period.until)
        taxonomy = self._service.serving.taxonomy
        return Regulator(Figures(self._database, taxonomy), taxonomy, filters, axes)

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
        known = len(earlier)
        if known < ENOUGH:
            earlier = []  # too few to say what is usual
        spans = [(period.since, period.until), *earlier]
        total, changes = _compared({axis: figures.by_period(chosen, axis, spans) for axis in AXES}, len(spans))
        by_day = figures.by_day(filters)
        lines = {axis: _lines(axis, changes[axis], filters, serving.taxonomy) for axis in AXES}
        shares, by_category = _shares(by_day, filters)
        open_now, open_of_period = figures.opened(chosen), figures.opened(filters)
        load, departments = loads(open_now, open_of_period, figures.arrived(filters), chosen, filters, serving.taxonomy)
        calendar = serving.calendar or WorkCalendar()
        back = [period.since - since for since, _ in earlier]
        return View(
            period=period,
            total=Figure(total.cases, filters),
            change=total,
            shares=shares,
            steps=_steps(by_day, period, filters),
            groups=_groups(by_day, period, filters, serving.taxonomy),
            lines=lines,
            by_category=by_category,
            loads=departments,
            load=load,
            earlier=known,
            looked_over=sum(value is not None for change in changes.values() for value in change),
            worked=period.worked(calendar),
            usually_worked=sum(period.worked(calendar, by) for by in back) / len(back) if back else 0.0,
        )


def _compared(counts: Mapping[Axis, Sequence[Any]], periods: int) -> tuple[Change, dict[Axis, dict[Any, Change]]]:
    """The total, and every class of every axis, against the usual; the classes are judged together."""
    sums: dict[tuple[Axis, Any], list[int]] = {}
    for axis, rows in counts.items():
        for place, value, cases in rows:
            sums.setdefault((axis, value), [0] * periods)[place] += cases
    all_of = [sum(column) for column in zip(*(s for (axis, _), s in sums.items() if axis == "category"), strict=True)]
    total = compare({"": (all_of[0], all_of[1:])})[""] if all_of else Change(0, 0.0 if periods > 1 else None)
    # What does not say its channel or region is no class that rises: a file that has no such column came in.
    judged = compare({key: (found[0], found[1:]) for key, found in sums.items() if key[1] is not None})
    by_axis: dict[Axis, dict[Any, Change]] = {axis: {} for axis in AXES}
    for (axis, value), found in sums.items():
        usual = fmean(found[1:]) if periods > 1 else None
        by_axis[axis][value] = judged.get((axis, value)) or Change(found[0], usual)
    return total, by_axis


def _lines(axis: Axis, changes: Mapping[Any, Change], filters: Filters, taxonomy: Taxonomy) -> list[Line]:
    names = {"category": categories(taxonomy), "channel": CHANNELS, "region": {}}[axis]
    lines = []
    for value, change in changes.items():
        name = named(value, names)
        lines.append(Line(axis, name, Figure(change.cases, narrowed(filters, **{axis: name.code})), change))
    return sorted(lines, key=lambda line: (-line.figure.cases, line.name.code))


def _shares(rows: Sequence[RowMapping], filters: Filters) -> tuple[Shares, dict[str, Shares]]:
    def shares(found: Counter[str], within: Filters) -> Shares:
        return Shares(
            Figure(found["cases"], within),
            Figure(found["auto"], narrowed(within, decision="auto")),
            Figure(found["looked_at"], narrowed(within, review="looked_at")),
            Figure(found["corrected"], narrowed(within, review="corrected")),
        )

    total: Counter[str] = Counter()
    found: dict[str, Counter[str]] = {}
    for row in rows:
        counts = {name: row[name] for name in ("cases", "auto", "looked_at", "corrected")}
        found.setdefault(row["category"], Counter()).update(counts)
        total.update(counts)
    by_category = {code: shares(counted, narrowed(filters, category=code)) for code, counted in found.items()}
    return shares(total, filters), by_category


def _steps(rows: Sequence[RowMapping], period: Period, filters: Filters) -> list[Step]:
    found: Counter[date] = Counter()
    for row in rows:
        found[row["day"]] += row["cases"]
    return [
        Step(days[0], days[-1], Figure(sum(found[day] for day in days), during(days[0], days[-1], filters)))
        for days in period.steps
    ]


def _groups(rows: Sequence[RowMapping], period: Period, filters: Filters, taxonomy: Taxonomy) -> list[Group]:
    found: dict[Named, Counter[date]] = {category.group: Counter() for category in taxonomy.values()}
    for row in rows:
        found.setdefault(group_of(row["category"], taxonomy), Counter())[row["day"]] += row["cases"]
    return [
        Group(
            name,
            Figure(counted.total(), narrowed(filters, group=name.code)),
            [sum(counted[day] for day in days) for days in period.steps],
        )
        for name, counted in found.items()
        if counted
    ]
