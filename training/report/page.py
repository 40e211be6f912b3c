"""The report as one HTML page that needs nothing but itself: no network, no script, no other file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from training.report.charts import coverage_chart, learning_chart, reliability_chart

NAMES: Final = {
    "sources": "来源 sources",
    "name": "名称 name",
    "read": "读入 read",
    "kept": "留用 kept",
    "dropped": "弃用 dropped",
    "masked": "其中已脱敏 personal data masked",
    "bundled": "另学自带语料 bundled texts learnt from too",
    "lengths": "长度（字）characters",
    "least": "最短 least",
    "quarter": "四分之一 quarter",
    "half": "中位 half",
    "three_quarters": "四分之三 three quarters",
    "most": "最长 most",
    "months": "月份 months",
    "done": "处理 done",
    "findings": "发现 findings",
    "zh": "中文 Chinese",
    "en": "英文 English",
    "kind": "种类 kind",
    "rows": "条数 rows",
}
"""What the usual fields of a data report are called; others are shown by their own name."""


LEVELS: Final = {"right": (0.0, 0.5, 0.7, 0.85, 0.95), "wrong": (0.0, 0.02, 0.05, 0.1, 0.2)}
"""From which share of a category's rows on a cell of the heat map has which of five colours."""


def render(document: Mapping[str, Any]) -> str:
    """The page of a report's document (`training.report.assess`), also of one that was kept as JSON.

    Returns
    -------
    str
        HTML. Every text in it is escaped.
    """
    charts = {
        "reliability": reliability_chart(document["reliability"]),
        "coverage": coverage_chart(document["automatic"]),
        "learning": learning_chart(document["learning"]) if document["learning"] else None,
    }
    return _ENVIRONMENT.get_template("page.html").render(document, charts=charts, names=NAMES, levels=LEVELS)


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _signed(value: float | None) -> str:
    return "—" if value is None else f"{value:+.3f}".replace("-", "−")


def _heat(share: float, right: bool) -> str:
    """The style of a cell of the heat map."""
    kind = "right" if right else "wrong"
    return f"{kind[0]}{bisect_right(LEVELS[kind], share)}"


def _count(value: Any) -> str:
    """A number with its thousands parted, anything else as it is."""
    if value is None:
        return "—"
    if isinstance(value, bool | str):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"


def _is_table(value: Any) -> bool:
    """Whether a value is a list of mappings, to be shown with a column a field."""
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {"figure": _figure, "share": _share, "signed": _signed, "count": _count, "heat": _heat}
_ENVIRONMENT.tests |= {"table": _is_table}
