"""What departments have to do, and how their deadlines stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, get_args

from sqlalchemy import RowMapping

from api.overview.names import named
from api.overview.view import Figure, Load, narrowed
from api.storage import Due, Filters
from classifier.routing import Priority
from classifier.taxonomy import Taxonomy

PRIORITIES: Final[tuple[str, ...]] = get_args(Priority)
_NOW: Final[tuple[Due, ...]] = (
    "first_response_near",
    "first_response_overdue",
    "resolution_near",
    "resolution_overdue",
)
_PERIOD: Final[tuple[Due, ...]] = (
    "first_response_near",
    "first_response_missed",
    "resolution_near",
    "resolution_missed",
)


def loads(
    opened: Sequence[RowMapping],
    opened_lately: Sequence[RowMapping],
    arrived: Sequence[RowMapping],
    chosen: Filters,
    filters: Filters,
    taxonomy: Taxonomy,
) -> tuple[Load, list[Load]]:
    """The work of all departments together, and of each, the busiest first.

    `opened` is of what is open, `opened_lately` of what is open of the period, `arrived` of all of the period.
    """

    def load(department: str | None) -> Load:
        here, lately, new = (
            [row for row in rows if department in (None, row["department"])]
            for rows in (opened, opened_lately, arrived)
        )
        of = {} if department is None else {"department": department}
        now, then = narrowed(chosen, state="open", **of), narrowed(filters, **of)
        known = {f"{what}_missed": _sum(new, what) for what in ("first_response", "resolution")}
        return Load(
            None if department is None else named(department, taxonomy.departments),
            Figure(_sum(new, "cases"), then),
            Figure(_sum(here, "cases"), now),
            {
                priority: Figure(
                    sum(row["cases"] for row in here if row["priority"] == priority), narrowed(now, priority=priority)
                )
                for priority in PRIORITIES
            },
            {due: Figure(_sum(here, due), narrowed(now, due=due)) for due in _NOW},
            {due: Figure(_sum(lately, due) + known.get(due, 0), narrowed(then, due=due)) for due in _PERIOD},
        )

    departments = {row["department"] for row in (*opened, *arrived)}
    found = {department: load(department) for department in departments}
    busiest = sorted(found, key=lambda code: (-found[code].open.cases, -found[code].new.cases, code))
    return load(None), [found[code] for code in busiest]


def _sum(rows: Sequence[RowMapping], name: str) -> int:
    return sum(row[name] for row in rows)
