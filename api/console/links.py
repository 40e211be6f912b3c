"""The address of the list of cases behind a figure."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from api.console import CONSOLE
from api.storage import Filters

CASES: Final = f"{CONSOLE}/cases"
_NAMES: Final = [field.name for field in fields(Filters)]


def list_of(filters: Filters) -> str:
    """Address of the list: its query has the names of `Filters`, and moments as RFC 3339 has them.

    Examples
    --------
    >>> list_of(Filters(category="card_fees", hour=9))
    '/console/cases?category=card_fees&hour=9'
    """
    given = [(name, value) for name in _NAMES if (value := getattr(filters, name)) is not None]
    query = urlencode([(name, v.isoformat() if isinstance(v, datetime) else v) for name, v in given])
    return f"{CASES}?{query}" if query else CASES
