"""Events as a file: each row kept once, in the order of its happening; what cannot have happened is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError

from api.access.caller import Caller
from api.cases import ComplaintId, EventRequest
from api.casework import Casework
from api.problems import RefusedError, field_errors
from api.schemas import Moment
from classifier.errors import TableError
from classifier.tables import Row, Table, open_writer
from classifier.tables.cells import as_text
from classifier.tables.columns import COMPLAINT_ID, find_columns, written_moment
from classifier.tables.table import unused_name
from classifier.text import normalize

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "complaint_id": COMPLAINT_ID,
    "event": ("事件", "事件类型", "处理环节", "处理动作", "处理状态", "环节", "动作", "状态"),
    "at": ("发生时间", "事件时间", "处理时间", "办理时间", "时间", "日期"),
    "by": ("经办人", "处理人", "操作人", "办理人", "工号"),
    "note": ("备注", "说明", "处理说明", "处理结果", "办理情况"),
    "approver": ("审批人", "批准人"),
    "until": ("延期至", "延期到"),
    "satisfaction": ("满意度", "满意度评分", "评分"),
}
"""Fields of an event and the usual Chinese names of their columns; the fields' own names are understood too."""

_NEEDED: Final = ("complaint_id", "event", "at")

EVENTS: Final[Mapping[str, str]] = {
    "受理": "accepted", "已受理": "accepted",
    "首次响应": "first_response", "首次回复": "first_response", "首次联系": "first_response",
    "已联系客户": "first_response",
    "延期": "extended", "已延期": "extended",
    "办结": "resolved", "已办结": "resolved", "结案": "resolved", "已结案": "resolved", "已解决": "resolved",
    "撤诉": "withdrawn", "已撤诉": "withdrawn", "撤回": "withdrawn", "已撤回": "withdrawn", "客户撤诉": "withdrawn",
    "重开": "reopened", "重新打开": "reopened", "重启": "reopened",
    "回访": "followed_up", "已回访": "followed_up",
}  # fmt: skip
"""What desks write for an event."""

SATISFACTION: Final = {"非常满意": 5, "满意": 4, "一般": 3, "基本满意": 3, "不满意": 2, "非常不满意": 1}
"""What desks write for a satisfaction."""

ADDED: Final = ("result", "problem")
"""What is added to a file: kept, known (told before) or refused, and why."""

_SHOWN: Final = 20


class _Told(EventRequest):
    """A row: without its moment it could not be told from one that is sent again."""

    complaint_id: ComplaintId
    at: Moment = Field()


@dataclass(slots=True)
class Summary:
    """What became of a file.

    Attributes
    ----------
    results : Counter
        Rows by result: kept, known, refused.
    examples : list of (int, str)
        Line and problem of the first refused.
    """

    results: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[int, str]] = field(default_factory=list)


def tell_file(
    table: Table, output: Path, casework: Casework, caller: Caller, *, progress: Callable[[int], None]
) -> Summary:
    """Add the events of a file to their cases, and write the file to `output` with `ADDED`.

    Parameters
    ----------
    table : Table
        In any order: the earliest is told first. A moment without an offset is in China.
    output : Path
    casework : Casework
    caller : Caller
        Who did what the file gives nobody for.
    progress : callable
        Told the number of rows done.

    Raises
    ------
    TableError
        If a column is missing, or the output cannot be written.
    """
    places = find_columns(table.columns, COLUMNS)
    missing = [f"{name} ({', '.join(COLUMNS[name][:3])})" for name in _NEEDED if name not in places]
    if missing:
        raise TableError(
            f"has no column for {' and '.join(missing)}",
            where=str(table.path),
            remedy=f"Name one so in its first row; there are: {', '.join(table.columns)}.",
        )
    names: list[str] = []
    for name in ADDED:
        names.append(unused_name(name, [*table.columns, *names]))
    with open_writer(output, table, names) as writer:  # before anything is told: it may be refused
        lines, results = _tell_rows(table, places, casework, caller, progress)
        done = 0
        for block in table.blocks():
            writer.write(block, [results[done + place] for place in range(len(block.rows))])
            done += len(block.rows)
    summary = Summary(Counter(result for result, _ in results.values()))
    refused = (number for number in sorted(results) if results[number][0] == "refused")
    summary.examples = [(lines[number], results[number][1]) for number, _ in zip(refused, range(_SHOWN), strict=False)]
    return summary


def _tell_rows(
    table: Table, places: Mapping[str, int], casework: Casework, caller: Caller, progress: Callable[[int], None]
) -> tuple[list[int], dict[int, tuple[str, str]]]:
    """The lines of the rows, and what became of each row."""
    results: dict[int, tuple[str, str]] = {}
    told: list[tuple[int, _Told]] = []
    lines = []
    for number, row in enumerate(row for block in table.blocks() for row in block.rows):
        lines.append(row.line)
        read = _read(row, places)
        if isinstance(read, str):
            results[number] = "refused", read
        else:
            told.append((number, read))
    for number, event in sorted(told, key=lambda each: each[1].at):
        results[number] = _tell(event, casework, caller)
        progress(len(results))
    return lines, results


def _read(row: Row, places: Mapping[str, int]) -> _Told | str:
    """The event that a row stands for, or what is wrong with it."""
    if row.error:
        return row.error
    values: dict[str, Any] = {}
    for name, place in places.items():
        value = as_text(row.cells[place]).strip()
        if value:
            values[name] = _WRITTEN.get(name, str)(value)
    try:
        return _Told.model_validate(values)
    except ValidationError as error:
        problem = "; ".join(f"{found.pointer[1:]}: {found.detail}" for found in field_errors(error.errors()))
        return f"{problem}; or {', '.join(EVENTS)}" if "event: " in problem and "event" in values else problem


def _tell(told: _Told, casework: Casework, caller: Caller) -> tuple[str, str]:
    event = EventRequest.model_validate(told.model_dump(exclude={"complaint_id"}))
    try:
        return "kept" if casework.happen(told.complaint_id, event, caller) else "known", ""
    except RefusedError as error:
        return "refused", ": ".join([*(found.pointer[1:] for found in error.errors), str(error)])


def _satisfaction(value: str) -> int | str:
    number = value.removesuffix("分")
    return int(number) if number.isdecimal() else SATISFACTION.get(value, value)


_WRITTEN: Final[Mapping[str, Callable[[str], Any]]] = {
    "event": lambda value: EVENTS.get(normalize(value), value),
    "at": written_moment,
    "until": written_moment,
    "satisfaction": _satisfaction,
}
