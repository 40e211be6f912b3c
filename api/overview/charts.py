"""The charts of the overview, as ECharts options: what is drawn, without how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from api.overview.view import Line, View

Language = Literal["zh", "en"]
_COLOURS: Final = ["--accent", "--second", "--third", "--fourth", "--fifth", "--sixth", "--seventh", "--eighth"]
_BARS: Final = 15
"""So many regions are drawn; the table has all."""


def of(view: View, language: Language) -> dict[str, dict[str, Any]]:
    """The options of all charts."""
    names = ("件数", "上升", "平常") if language == "zh" else ("Cases", "Rose", "Usual")
    return {
        "days": _days(view, language),
        **{
            axis: _bars(lines[:_BARS] if axis == "region" else lines, language, names)
            for axis, lines in view.lines.items()
        },
    }


def _days(view: View, language: Language) -> dict[str, Any]:
    return {
        "color": _COLOURS,
        "legend": {"top": 0, "left": 0},
        "xAxis": {"type": "category", "data": [f"{step.first:%m-%d}" for step in view.steps]},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {
                "type": "bar",
                "stack": "cases",
                "barMaxWidth": 46,
                "name": getattr(group.name, language),
                "data": group.steps,
            }
            for group in view.groups
        ],
    }


def _bars(lines: Sequence[Line], language: Language, names: tuple[str, str, str]) -> dict[str, Any]:
    cases, rose, usual = names
    rising = {"color": "--bad"}
    bars = {"type": "bar", "stack": cases, "barMaxWidth": 16}
    series: list[dict[str, Any]] = [
        {
            **bars,
            "name": cases,
            "data": [
                {"value": line.figure.cases, **({"itemStyle": rising} if line.change.rose else {})} for line in lines
            ],
        }
    ]
    if any(line.change.rose for line in lines):
        series.append({**bars, "name": rose, "itemStyle": rising, "data": []})  # for the legend
    if any(line.change.usual is not None for line in lines):
        series.append(
            {
                "type": "scatter",
                "name": usual,
                "symbol": "rect",
                "symbolSize": [2, 16],
                "itemStyle": {"color": "--ink"},
                "data": [round(line.change.usual or 0, 1) for line in lines],
            }
        )
    classes = {"type": "category", "inverse": True, "axisTick": {"show": False}}
    label = {"interval": 0, "hideOverlap": False}
    return {
        "color": _COLOURS,
        "legend": {"top": 0, "left": 0},
        "grid": {"left": 0, "right": 0, "top": 32, "bottom": 0, "containLabel": True},
        "xAxis": {"type": "value", "minInterval": 1, "axisLabel": {"show": False}, "splitLine": {"show": False}},
        "yAxis": [
            {
                **classes,
                "data": [getattr(line.name, language) for line in lines],
                "axisLabel": {**label, "width": 150, "overflow": "truncate"},
            },
            # The numbers, in a column of their own: beside the bars they would stand on the marks of the usual.
            {
                **classes,
                "position": "right",
                "data": [f"{line.figure.cases:,}" for line in lines],
                "axisLabel": {**label, "color": "--ink"},
                "axisLine": {"show": False},
            },
        ],
        "series": series,
    }
