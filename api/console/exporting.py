"""Cases as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from api.cases import DeadlineOut
from api.casework import ExportedCase
from api.channels import CHANNELS
from api.console.choices import STATUSES
from api.console.pages import Language, Words, due, when
from api.overview.names import categories, named
from classifier.taxonomy import Named, Taxonomy

_TABLE: Final = (
    ("投诉编号", "complaint_id"),
    ("登记时间", "registered_at"),
    ("到达时间", "received_at"),
    ("投诉内容（已脱敏）", "text (masked)"),
    ("类别代码", "category_code"),
    ("类别", "category"),
    ("大类", "group"),
    ("模型判断", "predicted"),
    ("置信度", "confidence"),
    ("处理方式", "decision"),
    ("人工看过", "looked_at"),
    ("部门", "department"),
    ("优先级", "priority"),
    ("队列", "queue"),
    ("渠道", "channel"),
    ("地区", "region"),
    ("网点", "branch"),
    ("客户类型", "segment"),
    ("产品", "product"),
    ("状态", "status"),
    ("首次响应时限", "first_response_due"),
    ("首次响应时间", "first_response_at"),
    ("首次响应", "first_response"),
    ("办结时限", "resolution_due"),
    ("办结时间", "resolved_at"),
    ("办结", "resolution"),
)
"""Columns of an export, in Chinese and English."""

_STATES: Final[Mapping[str, Words]] = {
    "running": Words("进行中", "running"),
    "met": Words("按时", "met"),
    "missed": Words("超期", "missed"),
}
"""What became of a deadline."""


def rows_of(cases: Iterator[ExportedCase], taxonomy: Taxonomy, language: Language) -> Iterator[Sequence[Any]]:
    """The cells of an export, with its header."""
    place = 0 if language == "zh" else 1
    yield [names[place] for names in _TABLE]
    known = categories(taxonomy)
    yes, no = Words("是", "yes").to(language), Words("否", "no").to(language)

    def called(code: str | None, names: Mapping[str, Named]) -> str:
        return "" if code is None else getattr(named(code, names), language)

    def deadline(one: DeadlineOut | None) -> tuple[str, str, str]:
        if one is None:
            return "", "", ""
        return due(one.due), when(one.met_at) if one.met_at else "", _STATES[one.state].to(language)

    for row, status, first_response, resolution in cases:
        group = taxonomy[row["category"]].group if row["category"] in taxonomy else None
        auto = row["verdict"] == "auto"
        yield [
            row["complaint_id"],
            when(row["registered_at"]),
            when(row["received_at"]) if row["received_at"] else "",
            row["text"],
            row["category"],
            called(row["category"], known),
            "" if group is None else getattr(group, language),
            called(row["predicted"], known),
            round(row["confidence"], 4),
            (Words("自动", "auto") if auto else Words("待复核", "review")).to(language),
            yes if row["looked_at"] else no,
            called(row["department"], taxonomy.departments),
            row["priority"],
            row["queue"] or "",
            called(row["channel"], CHANNELS),
            *(row[name] or "" for name in ("region", "branch", "segment", "product")),
            STATUSES[status][0].to(language),
            *deadline(first_response),
            *deadline(resolution),
        ]
