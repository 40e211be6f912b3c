"""What an address of the overview asks for: a period and filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, get_args
from urllib.parse import urlencode

from api.channels import CHANNELS
from api.console.pages import Words
from api.overview.periods import LENGTHS, Name, Period
from api.storage import NOT_GIVEN, Filters
from classifier.deadlines import CHINA

FIELDS: Final = ("product", "segment", "hour", "channel", "region", "business")
_LONGEST: Final = 200
_MOST_DAYS: Final = 3 * 366
_YEARS: Final = range(2000, 2201)


@dataclass(frozen=True, slots=True)
class Asked:
    """A period and filters, and how they were put.

    Attributes
    ----------
    period : Period
    filters : Filters
        Without the period.
    form : dict of str to str
        What the fields of the form hold.
    faults : list of Words
        What could not be read, and what was done instead.
    """

    period: Period
    filters: Filters
    form: dict[str, str]
    faults: list[Words]

    @classmethod
    def of(cls, query: Mapping[str, str], now: datetime, usual: Name = "week") -> Asked:
        """Read the query of an address.

        Parameters
        ----------
        query : mapping
        now : datetime
        usual : {'day', 'week', 'month', 'quarter', 'own'}
            The period, if none is named; ``own`` is this year as far as now.
        """
        form = {name: query.get(name, "").strip() for name in ("period", "from", "to", "ending", *FIELDS)}
        faults: list[Words] = []
        period = _period(form, now, usual, faults)
        form["period"] = period.name
        if period.name == "own":
            form |= {"from": period.first.isoformat(), "to": period.last.isoformat()}
        return cls(period, _filters(form, faults), form, faults)

    def address(self, path: str, **changed: str) -> str:
        """An address that asks for the same, but for what is changed; an empty value asks for nothing."""
        asked = {**self.form, **changed}
        if asked["period"] == "own":
            asked |= {"from": self.period.first.isoformat(), "to": self.period.last.isoformat(), "ending": ""}
        else:
            asked |= {"from": "", "to": ""}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{path}?{query}" if query else path


def _period(form: Mapping[str, str], now: datetime, usual: Name, faults: list[Words]) -> Period:
    today = now.astimezone(CHINA).date()
    name = form["period"]
    if name not in get_args(Name):
        if name:
            faults.append(Words("没有这样的期间，按默认期间统计。", "There is no such period: the usual one is shown."))
        name = "own" if form["from"] or form["to"] else usual
    if name == "own":
        first = _date(form["from"], date(today.year, 1, 1), faults)
        last = _date(form["to"], today, faults)
        if first <= last and (last - first).days < _MOST_DAYS:
            return Period.own(first, last, now)
        faults.append(
            Words(
                "起止日期不对：开始不能晚于结束，最长三年。按今年统计。",
                "The days do not fit: the first comes before the last, three years at most. This year is shown.",
            )
        )
        return Period.own(date(today.year, 1, 1), today, now)
    known = next(length for length in LENGTHS if length == name)
    return Period.ending(known, _moment(form["ending"], now, faults))


def _filters(form: dict[str, str], faults: list[Words]) -> Filters:
    given: dict[str, str] = {}
    for field in FIELDS:
        value = form[field]
        known = {"channel": (*CHANNELS, NOT_GIVEN), "hour": [str(hour) for hour in range(24)]}.get(field)
        if value and (len(value) > _LONGEST or not value.isprintable() or (known is not None and value not in known)):
            faults.append(
                Words(f"筛选条件“{field}”无法使用，已略去。", f"The filter {field!r} cannot be used and is left out.")
            )
            form[field] = ""
        elif value:
            given[field] = value
    hour = given.pop("hour", None)
    return Filters(**given, hour=None if hour is None else int(hour))  # type: ignore[arg-type]


def _date(value: str, instead: date, faults: list[Words]) -> date:
    if not value:
        return instead
    try:
        found = date.fromisoformat(value)
        if found.year in _YEARS:
            return found
    except ValueError:
        pass
    faults.append(
        Words(
            f"日期“{value[:20]}”无法识别，请写成2026-11-24的样子。",
            f"The day {value[:20]!r} cannot be read. Write it as 2026-11-24.",
        )
    )
    return instead


def _moment(value: str, now: datetime, faults: list[Words]) -> datetime:
    if not value:
        return now
    try:
        found = datetime.fromisoformat(value)
        moment = found if found.tzinfo else found.replace(tzinfo=CHINA)
        if 2000 <= moment.year <= 2200:  # so that there are days before and after
            return min(moment, now)
    except ValueError:
        pass
    faults.append(
        Words(
            f"时间“{value[:25]}”无法识别，请写成2026-11-24T09:30的样子；现按当前时间统计。",
            f"The time {value[:25]!r} cannot be read. Write it as 2026-11-24T09:30; now is taken.",
        )
    )
    return now
