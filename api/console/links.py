"""Cases by their filters, as an address: `api.console.asking` reads it."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, time
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

from api.console import CONSOLE
from api.storage import Filters
from classifier.deadlines import CHINA

CASES: Final = f"{CONSOLE}/cases"
_NAMES: Final = tuple(field.name for field in fields(Filters))


def list_of(filters: Filters) -> str:
    """Address of the list of cases behind a figure.

    Examples
    --------
    >>> list_of(Filters(category="card_fees", hour=9))
    '/console/cases?category=card_fees&hour=9'
    """
    query = query_of(filters)
    return f"{CASES}?{query}" if query else CASES


def query_of(filters: Filters) -> str:
    """The query of that address: it has the names of `Filters`; moments are China's, midnights the day alone."""
    values = ((name, getattr(filters, name)) for name in _NAMES)
    return "&".join(_given(name, value) for name, value in values if value is not None)


@lru_cache(4_096)  # a page has hundreds of these addresses, which share most of what they give
def _given(name: str, value: Any) -> str:
    return urlencode({name: _written(value)})


def _written(value: Any) -> str:
    if not isinstance(value, datetime):
        return str(value)
    there = value.astimezone(CHINA).replace(tzinfo=None)
    return (there.date() if there.time() == time() else there).isoformat()
