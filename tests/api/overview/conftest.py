"""Databases with made-up cases in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from api.overview.overview import Overview
from api.overview.view import Figure
from api.service import Service
from api.storage import Cases, Database, Filters
from benchmarks.cases import fill
from classifier import Taxonomy
from models import Bundle

NOW = datetime.now(UTC).replace(second=0, microsecond=0)


@pytest.fixture
def filled(database: Database) -> Database:
    """A year of cases, few of them."""
    fill(database, 500, end=NOW)
    return database


@pytest.fixture
def overview(bundle: Bundle, filled: Database) -> Overview:
    return Overview(Service(bundle), filled)


def figures_in(thing: Any) -> Iterator[Figure]:
    """All the figures of whatever the overview gives."""
    if isinstance(thing, Figure):
        yield thing
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from figures_in(getattr(thing, field.name))
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from figures_in(value)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from figures_in(value)


@pytest.fixture
def listed(filled: Database, taxonomy: Taxonomy) -> Callable[[Figure], int]:
    """How many cases the list behind a figure has."""
    cases, known = Cases(filled), dict[Filters, int]()

    def count(figure: Figure) -> int:
        if figure.filters not in known:
            known[figure.filters] = len(cases.page(figure.filters, taxonomy, before=None, limit=10_000))
        return known[figure.filters]

    return count
