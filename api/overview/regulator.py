"""The regulator's table: complaints by business, cause, business channel and region, as banks publish it every year.

A category carries the business and the cause that its meaning fixes. Where it leaves one open, what a person has set
counts; what nobody has set is 未定 and shown as such. What a person has found to be no complaint is not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from api.overview.names import MISSING
from api.overview.periods import Period
from api.overview.view import Figure, narrowed
from api.reviews import BusinessChannel
from api.storage import NOT_GIVEN, Figures, Filters
from classifier.taxonomy import UNDECIDED, Named, Taxonomy

Axis = Literal["business", "cause", "business_channel", "region"]
AXES: Final[tuple[Axis, ...]] = get_args(Axis)
NAMES: Final[Mapping[Axis, Named]] = {
    "business": Named("business", "投诉业务类别", "Business"),
    "cause": Named("cause", "投诉原因", "Cause"),
    "business_channel": Named("business_channel", "业务办理渠道", "Business channel"),
    "region": Named("region", "地区", "Region"),
}
UNDECIDED_NAME: Final = Named(UNDECIDED, UNDECIDED, "Undecided 未定")

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Margin:
    """One class of an axis: what it is called, and its cases."""

    name: Named
    figure: Figure


@dataclass(frozen=True, slots=True)
class Pivot:
    """Two axes crossed.

    Attributes
    ----------
    rows, columns : list of Margin
        In the order of the taxonomy, or the most frequent first; 未定 last. Classes without a case are left out.
    cells : list of list of Figure
    total : Figure
    """

    rows: list[Margin]
    columns: list[Margin]
    cells: list[list[Figure]]
    total: Figure


class Regulator:
    """The crossing of all complaints that filters mean.

    Parameters
    ----------
    figures : Figures
    taxonomy : Taxonomy
    period : Period
    chosen : Filters
        Without a period, of any kind of case: complaints alone are counted.
    axes : sequence of Axis
        The axes that are asked for: fewer are counted faster.

    Attributes
    ----------
    filters : Filters
        Those given, of the period's complaints.
    cells : Counter
        Cases of each class of each of the axes that were asked for, in their order.
    """

    def __init__(
        self, figures: Figures, taxonomy: Taxonomy, period: Period, chosen: Filters, axes: Sequence[Axis] = AXES
    ) -> None:
        self.axes = tuple(dict.fromkeys(axes))
        self._of_any_kind = narrowed(chosen, since=period.since, until=period.until)
        self.filters = narrowed(self._of_any_kind, kind="complaint")
        self.cells: Counter[Key] = Counter()
        self._taxonomy = taxonomy
        self._left_out: Counter[str] = Counter()
        of_category = [axis for axis in self.axes if axis in ("business", "cause")]
        # Of all kinds, since to count again what is left out would take as long as to count what is not.
        columns = "kind", *(["category"] if of_category else []), *self.axes
        for row in figures.crossing(chosen, period.span, *columns):
            if row["kind"] == "complaint":
                self.cells[tuple(_class(axis, row, taxonomy) for axis in self.axes)] += row["cases"]
            else:
                self._left_out[row["kind"]] += row["cases"]

    @property
    def total(self) -> Figure:
        """All complaints."""
        return Figure(self.cells.total(), self.filters)

    def margins(self, axis: Axis) -> list[Margin]:
        """The classes of an axis that have cases."""
        place = self.axes.index(axis)
        found: Counter[str] = Counter()
        for key, cases in self.cells.items():
            found[key[place]] += cases
        return [
            Margin(_name(axis, value), Figure(found[value], narrowed(self.filters, **{axis: value})))
            for value in _in_order(axis, found, self._taxonomy)
        ]

    def open(self, axis: Axis) -> Figure:
        """The complaints whose class of an axis is 未定, or whose region is not given."""
        value = _open_class(axis)
        cases = sum(cases for key, cases in self.cells.items() if key[self.axes.index(axis)] == value)
        return Figure(cases, narrowed(self.filters, **{axis: value}))

    def pivot(self, rows: Axis, columns: Axis) -> Pivot:
        """Two different axes crossed."""
        places = self.axes.index(rows), self.axes.index(columns)
        found: Counter[Key] = Counter()
        for key, cases in self.cells.items():
            found[tuple(key[place] for place in places)] += cases
        down, across = self.margins(rows), self.margins(columns)
        cells = [
            [
                Figure(
                    found[row.name.code, column.name.code],
                    narrowed(row.figure.filters, **{columns: column.name.code}),
                )
                for column in across
            ]
            for row in down
        ]
        return Pivot(down, across, cells, self.total)

    def left_out(self) -> list[Margin]:
        """What a person has found to be no complaint, by its kind."""
        return [
            Margin(KINDS[kind], Figure(cases, narrowed(self._of_any_kind, kind=kind)))
            for kind, cases in sorted(self._left_out.items())
        ]


KINDS: Final = {
    "complaint": Named("complaint", "投诉", "Complaint"),
    "enquiry": Named("enquiry", "咨询", "Enquiry"),
    "suggestion": Named("suggestion", "建议", "Suggestion"),
    "praise": Named("praise", "表扬", "Praise"),
    "empty": Named("empty", "无内容", "Empty"),
}


def _class(axis: Axis, row: Mapping[str, Any] | Any, taxonomy: Taxonomy) -> str:
    if axis in ("business", "cause") and row["category"] in taxonomy:
        fixed: str = getattr(taxonomy[row["category"]], axis)
        if fixed != UNDECIDED:
            return fixed
    value: str | None = row[axis]
    return _open_class(axis) if value is None else value


def _open_class(axis: Axis) -> str:
    return NOT_GIVEN if axis == "region" else UNDECIDED


def _name(axis: Axis, value: str) -> Named:
    if value == _open_class(axis):
        return MISSING if axis == "region" else UNDECIDED_NAME
    return Named(value, value, value)


def _in_order(axis: Axis, found: Counter[str], taxonomy: Taxonomy) -> list[str]:
    usual = get_args(BusinessChannel) if axis == "business_channel" else taxonomy.facets.get(axis, ())
    rank = {value: place for place, value in enumerate(usual)}
    return sorted(
        found, key=lambda value: (value == _open_class(axis), rank.get(value, len(rank)), -found[value], value)
    )
