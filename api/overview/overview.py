"""The overview is counted here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import fmean
from typing import Any, Final

from api.channels import CHANNELS
from api.overview import regulator
from api.overview.loads import loads
from api.overview.names import categories, group_of, named
from api.overview.periods import Period
from api.overview.regulator import Regulator
from api.overview.rising import ENOUGH, Change, compare
from api.overview.view import AXES, Figure, Group, Line, Shares, Step, View, narrowed
from api.service import Service
from api.storage import NOT_GIVEN, Database, Figures, Filters
from api.storage.figures import Axis, Counts
from classifier.deadlines import WorkCalendar
from classifier.taxonomy import Named, Taxonomy

_AT_ONCE: Final = 2
"""So many figures are counted at once: each is its own query, and each takes a connection."""
_SHARES: Final[Mapping[str, Mapping[str, Any]]] = {
    "auto": {"decision": "auto"},
    "looked_at": {"review": "looked_at"},
    "corrected": {"review": "corrected"},
}


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
        taxonomy = self._service.serving.taxonomy
        return Regulator(Figures(self._database, taxonomy), taxonomy, period, chosen, axes)

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
        spans = [period.span, *earlier]
        of_steps = [step.span for step in period.steps]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            counting = {axis: pool.submit(figures.counts, chosen, axis, spans) for axis in AXES}
            of_shares = {name: narrowed(chosen, **of) for name, of in _SHARES.items()}
            sharing = {name: pool.submit(figures.counts, of, "category", spans[:1]) for name, of in of_shares.items()}
            stepping = pool.submit(figures.counts, chosen, "category", of_steps)
            opened, opened_lately = (pool.submit(figures.opened, of) for of in (chosen, filters))
            arrived = pool.submit(figures.arrived, filters)
        counts = {axis: counted.result() for axis, counted in counting.items()}
        shares = {name: counted.result() for name, counted in sharing.items()}
        by_step = stepping.result()
        load, departments = loads(
            opened.result(), opened_lately.result(), arrived.result(), chosen, filters, serving.taxonomy
        )
        total, changes = _compared(counts, len(earlier))
        calendar = serving.calendar or WorkCalendar()
        back = [period.since - since for since, _ in earlier]
        return View(
            period=period,
            total=Figure(total.cases, filters),
            change=total,
            shares=_shares(shares, filters),
            steps=_steps(by_step, period, filters),
            groups=_groups(by_step, filters, serving.taxonomy),
            lines={axis: _lines(axis, changes[axis], filters, serving.taxonomy) for axis in AXES},
            by_category={code: _shares(shares, filters, code) for code in counts["category"]},
            loads=departments,
            load=load,
            earlier=known,
            looked_over=sum(code != NOT_GIVEN for axis in AXES for code in changes[axis]),
            worked=period.worked(calendar),
            usually_worked=sum(period.worked(calendar, by) for by in back) / len(back) if back else 0.0,
        )


def _compared(counts: Mapping[Axis, Counts], earlier: int) -> tuple[Change, dict[Axis, dict[str, Change]]]:
    """The total, and every class of every axis, against the usual; the classes are judged together."""
    all_of = _sums(counts["category"])
    total = compare({"": (all_of[0], all_of[1:])})[""] if all_of else Change(0, 0.0 if earlier else None)
    # What does not say its channel or region is no class that rises: a file that has no such column came in.
    judged = compare(
        {
            (axis, code): (found[0], found[1:])
            for axis in AXES
            for code, found in counts[axis].items()
            if code != NOT_GIVEN
        }
    )

    def change(axis: Axis, code: str, found: list[int]) -> Change:
        return judged.get((axis, code)) or Change(found[0], fmean(found[1:]) if earlier else None)

    return total, {axis: {code: change(axis, code, found) for code, found in counts[axis].items()} for axis in AXES}


def _lines(axis: Axis, changes: Mapping[str, Change], filters: Filters, taxonomy: Taxonomy) -> list[Line]:
    names = {"category": categories(taxonomy), "channel": CHANNELS, "region": {}}[axis]
    lines = []
    for code, change in changes.items():
        name = named(code, names)
        lines.append(Line(axis, name, Figure(change.cases, narrowed(filters, **{axis: name.code})), change))
    return sorted(lines, key=lambda line: (-line.figure.cases, line.name.code))


def _shares(counts: Mapping[str, Counts], filters: Filters, category: str | None = None) -> Shares:
    """Of all cases, or of those of a category."""
    within = filters if category is None else narrowed(filters, category=category)
    return Shares(
        **{
            name: Figure(
                sum(found[0] for code, found in counts[name].items() if category in (None, code)),
                narrowed(within, **of),
            )
            for name, of in _SHARES.items()
        }
    )


def _steps(counts: Counts, period: Period, filters: Filters) -> list[Step]:
    cases = _sums(counts) or [0] * len(period.steps)
    return [
        Step(part.first, part.last, Figure(number, narrowed(filters, since=part.since, until=part.until)))
        for part, number in zip(period.steps, cases, strict=True)
    ]


def _groups(counts: Counts, filters: Filters, taxonomy: Taxonomy) -> list[Group]:
    found: dict[Named, Counts] = {category.group: {} for category in taxonomy.values()}
    for code, cases in counts.items():
        found.setdefault(group_of(code, taxonomy), {})[code] = cases
    steps = {name: _sums(of_group) for name, of_group in found.items() if of_group}
    return [Group(name, Figure(sum(cases), narrowed(filters, group=name.code)), cases) for name, cases in steps.items()]


def _sums(counts: Counts) -> list[int]:
    """Of each period over all classes; nothing without any."""
    return [sum(column) for column in zip(*counts.values(), strict=True)]
