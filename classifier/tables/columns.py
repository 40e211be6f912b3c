"""Where a table has what is asked of it: columns by their usual names, moments as desks write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from classifier.text import normalize

COMPLAINT_ID: Final = ("投诉编号", "工单编号", "工单号", "案件编号", "案件号", "投诉单号", "编号")
"""Usual names of the column that holds a complaint's number."""

CHANNELS: Final[Mapping[str, str]] = {
    "热线": "hotline", "电话": "hotline", "客服热线": "hotline", "客服电话": "hotline",
    "网点": "branch", "柜台": "branch", "柜面": "branch", "营业网点": "branch",
    "app": "app", "手机银行": "app", "掌上银行": "app",
    "网站": "web", "官网": "web", "网上银行": "web", "网银": "web",
    "信函": "letter", "来信": "letter", "信访": "letter",
    "监管": "regulator_referral", "监管转办": "regulator_referral", "监管转送": "regulator_referral",
    "媒体": "media",
}  # fmt: skip
"""What desks write under 投诉渠道, and the channel it is."""

_MOMENT: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})秒?|分)?)?"
)
_DAY: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")
_UNIT: Final = re.compile(r" ?\((?:单位)?:?(?:元|人民币|人民币元|rmb|cny|必填|选填)\)$")
"""What stands behind a title: 金额（元）."""


def find_columns(columns: Sequence[str], usual: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Where a table of these columns has each field, by its own name or a usual one; those it lacks are left out."""
    names = [_UNIT.sub("", normalize(name)) for name in columns]
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
