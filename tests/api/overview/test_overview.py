"""The overview: figures that agree with their lists, and with each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from api.overview.overview import Overview
from api.overview.periods import Name, Period
from api.overview.rising import ENOUGH
from api.overview.view import Figure
from api.service import Service
from api.storage import NOT_GIVEN, Database, Filters, utc
from api.storage.facts import FACTS
from models import Bundle
from tests.api.overview.conftest import NOW, figures_in

FILTERS = {
    "none": Filters(),
    "not given": Filters(product=NOT_GIVEN, segment="大众"),
    "hour": Filters(hour=10, channel="hotline"),
    "business": Filters(business="贷款"),
}


@pytest.mark.parametrize("chosen", FILTERS.values(), ids=FILTERS)
def test_every_figure_is_the_number_of_cases_on_its_list(
    overview: Overview, listed: Callable[[Figure], int], chosen: Filters
) -> None:
    view = overview.view(Period.ending("month", NOW), chosen)
    figures = list(figures_in(view))
    assert len(figures) > 60
    assert [figure for figure in figures if figure.cases != listed(figure)] == []


@pytest.mark.parametrize("name", ["day", "quarter"])
def test_so_it_is_in_any_period(overview: Overview, listed: Callable[[Figure], int], name: Name) -> None:
    view = overview.view(Period.ending(name, NOW), Filters())
    assert [figure for figure in figures_in(view) if figure.cases != listed(figure)] == []


def test_the_parts_make_up_the_whole(overview: Overview) -> None:
    view = overview.view(Period.ending("quarter", NOW), Filters())
    total = view.total.cases
    assert total > 50
    for lines in view.lines.values():
        assert sum(line.figure.cases for line in lines) == total
    assert sum(step.figure.cases for step in view.steps) == total
    assert sum(group.figure.cases for group in view.groups) == total
    assert [sum(column) for column in zip(*(group.steps for group in view.groups), strict=True)] == [
        step.figure.cases for step in view.steps
    ]
    assert sum(load.new.cases for load in view.loads) == view.load.new.cases == total
    assert sum(load.open.cases for load in view.loads) == view.load.open.cases
    assert sum(one.cases for one in view.load.priorities.values()) == view.load.open.cases
    for name in ("auto", "looked_at", "corrected"):
        parts = [getattr(shares, name).cases for shares in view.by_category.values()]
        assert 0 < sum(parts) == getattr(view.shares, name).cases < total


def test_the_usual_is_the_mean_of_the_same_days_before(overview: Overview, listed: Callable[[Figure], int]) -> None:
    period = Period.ending("week", NOW)
    view = overview.view(period, Filters())
    assert view.earlier == 8
    before = [
        listed(Figure(0, Filters(since=period.since - timedelta(weeks=n), until=period.until - timedelta(weeks=n))))
        for n in range(1, 9)
    ]
    assert view.change.usual == pytest.approx(sum(before) / 8)


def test_an_outage_shows(bundle: Bundle, filled: Database) -> None:
    view = Overview(Service(bundle), filled).view(Period.ending("week", NOW), Filters(region="广东"))
    assert view.looked_over == sum(len(lines) for lines in view.lines.values())
    assert all(line.change.p is not None for lines in view.lines.values() for line in lines)


def test_what_is_not_given_is_no_class_that_rises(bundle: Bundle, filled: Database) -> None:
    """A file without that column has come in."""
    period = Period.ending("week", NOW)
    with filled.begin() as connection:
        without = update(FACTS).where(FACTS.c.registered_at >= utc(period.since)).values(region=None)
        connection.execute(without)
    view = Overview(Service(bundle), filled).view(period, Filters())
    (line,) = [line for line in view.lines["region"] if line.name.code == "none"]
    assert (line.figure.cases, line.change.usual, line.change.p) == (view.total.cases, 0, None)
    assert view.looked_over == sum(map(len, view.lines.values())) - 1


def test_with_too_little_history_nothing_is_compared(overview: Overview) -> None:
    view = overview.view(Period.ending("quarter", NOW), Filters())
    assert view.earlier < ENOUGH
    assert (view.change.usual, view.rose) == (None, [])


def test_an_empty_database_has_an_empty_overview(bundle: Bundle, database: Database) -> None:
    view = Overview(Service(bundle), database).view(Period.ending("week", NOW), Filters())
    assert (view.total.cases, view.loads, view.rose, view.earlier) == (0, [], [], 0)


def test_what_can_be_filtered_by_is_offered(overview: Overview) -> None:
    values = overview.values()
    assert "信用卡" in values["product"]
    assert {"大众", "财富"} <= set(values["segment"])
    assert "广东" in values["region"]
