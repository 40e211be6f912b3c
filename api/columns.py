"""Where a table has what is asked of it: columns by their usual names, moments as desks write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from classifier.tables import Table
from classifier.text import normalize

COMPLAINT_ID: Final = ("投诉编号", "工单编号", "工单号", "案件编号", "案件号", "投诉单号", "编号")
"""Usual names of the column that holds a complaint's number."""

_MOMENT: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})秒?|分)?)?"
)
_DAY: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")
_UNIT: Final = re.compile(r" ?\((?:单位)?:?(?:元|人民币|人民币元|rmb|cny|必填|选填)\)$")
"""What stands behind a title: 金额（元）."""


def find_columns(table: Table, usual: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """The index of the column of every field that a table has, by the field's own name or a usual one."""
    names = [_UNIT.sub("", normalize(name)) for name in table.columns]
    places = {}
    for field, others in usual.items():
        found = [names.index(normalize(name)) for name in (field, *others) if normalize(name) in names]
        if found:
            places[field] = found[0]
    return places


def written_moment(value: str) -> str:
    """A date or moment in ISO 8601; what is none as it stands, to be refused with it.

    Examples
    --------
    >>> written_moment("2026年5月1日 9:30"), written_moment("20260501"), written_moment("2026/2/30")
    ('2026-05-01T09:30:00', '2026-05-01T00:00:00', '2026/2/30')
    """
    found = _MOMENT.fullmatch(value) or _DAY.fullmatch(value)
    if found is None:
        return value
    try:
        return datetime(*(int(part or 0) for part in found.groups())).isoformat()  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return value
