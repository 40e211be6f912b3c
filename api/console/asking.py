"""Which cases a page asks for: an address, which `api.console.links` writes, read as `Filters`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from api.console.pages import Words
from api.reviews import BusinessChannel, Kind
from api.schemas import Channel, Moment, Short
from api.storage import Due, Filters
from classifier.deadlines import CHINA
from classifier.routing import Priority
from classifier.taxonomy import UNDECIDED, Taxonomy

_KINDS: Final[Mapping[str, Any]] = {
    "decision": Literal["auto", "review"],
    "channel": Channel | Literal["none"],
    "region": Short,
    "since": Moment,
    "until": Moment,
    "through": Annotated[date, Field(ge=date(1901, 1, 1), lt=date(2199, 1, 1))],
    "words": Short,
    "priority": Priority,
    "product": Short,
    "segment": Short,
    "hour": Annotated[int, Field(ge=0, le=23)],
    "state": Literal["open", "closed"],
    "due": Due,
    "review": Literal["looked_at", "corrected"],
    "sampled": Literal["looked_at", "right", "wrong"],
    "model": Short,
    "kind": Kind,
    "business_channel": BusinessChannel | Literal["未定"],
    "before": Annotated[int, Field(ge=1, le=2**63 - 1)],
}
_TYPES: Final = {name: TypeAdapter[Any](kind) for name, kind in _KINDS.items()}
"""Of those that the taxonomy does not decide."""

_DAY: Final = timedelta(days=1)
NAMES: Final = tuple(one.name for one in fields(Filters))

_UNKNOWN: Final = Words(
    "地址里有这个页面不认识的条件“{0}”，为免列错，没有列出案件。请删去它，或重新选择条件。",
    "The address has a condition {0!r} that this page does not know. So as not to list the wrong cases, none are "
    "listed: take it out, or choose again.",
)
_BAD: Final = Words(
    "条件“{0}”的值“{1}”不合要求，没有列出案件。请改正，或重新选择条件。",
    "The condition {0} cannot be {1!r}, so no cases are listed: correct it, or choose again.",
)
_BACKWARDS: Final = Words(
    "登记时间的起点不早于终点，没有列出案件。请改正。",
    "The period ends before it begins, so no cases are listed: correct it.",
)


@dataclass(frozen=True)
class Asked:
    """What a page was asked for.

    Attributes
    ----------
    filters : Filters
    before : int or None
        The page of cases behind this one.
    faults : list of Words
        What is wrong with it: then nothing may be listed.
    values : dict of str to str
        As they were sent, for the form, which has a last day (``through``) where ``until`` is a whole day.
    """

    filters: Filters
    before: int | None
    faults: list[Words]
    values: dict[str, str] = field(default_factory=dict)


def asked(sent: Mapping[str, str], taxonomy: Taxonomy) -> Asked:
    """Read the parameters of an address; empty ones do not matter."""
    values = {name: value.strip() for name, value in sent.items() if name != "lang" and value.strip()}
    faults = []
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in (*NAMES, "through", "before"):
            faults.append(_filled(_UNKNOWN, name))
            continue
        try:
            found[name] = _TYPES[name].validate_python(value) if name in _TYPES else _known(name, value, taxonomy)
        except (ValidationError, ValueError):
            faults.append(_filled(_BAD, name, value))
    if through := found.pop("through", None):
        found["until"] = datetime.combine(through + _DAY, time(), CHINA)
    elif "until" in found and (there := found["until"].astimezone(CHINA)).time() == time():
        del values["until"]
        values["through"] = (there.date() - _DAY).isoformat()
    since, until = found.get("since"), found.get("until")
    if since is not None and until is not None and since >= until:
        faults.append(_BACKWARDS)
    before = found.pop("before", None)
    return Asked(Filters() if faults else Filters(**found), before, faults, values)


def _known(name: str, value: str, taxonomy: Taxonomy) -> str:
    """A value that the taxonomy decides. Raises `ValueError`."""
    known: Mapping[str, Callable[[], Any]] = {
        "category": lambda: taxonomy,
        "group": lambda: {category.group.code for category in taxonomy.values()},
        "department": lambda: taxonomy.departments,
        "business": lambda: (*taxonomy.facets["business"], UNDECIDED),
        "cause": lambda: (*taxonomy.facets["cause"], UNDECIDED),
    }
    if value not in known[name]():
        raise ValueError(value)
    return value


def _filled(words: Words, *values: str) -> Words:
    return Words(words.zh.format(*values), words.en.format(*values))
