"""Cost against size as one picture: a panel for each curve, both axes logarithmic, readable in light and in dark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

WIDTH, HEIGHT, COLUMNS = 290, 250, 3
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 44, 34
LEGEND: Final = 30

STYLE: Final = """
text { font: 11px system-ui, sans-serif; fill: #52514e }
.what { font-weight: 600; font-size: 12px; fill: #0b0b0b }
.page { fill: #ffffff } .grid { stroke: #e4e3df } .axis { stroke: #a3a29d }
.line { fill: none; stroke-width: 2 } .dot { stroke: #ffffff; stroke-width: 1.5 }
.l0 { stroke: #2a78d6 } .d0 { fill: #2a78d6 } .l1 { stroke: #d9591f } .d1 { fill: #d9591f }
.l2 { stroke: #16875f } .d2 { fill: #16875f } .l3 { stroke: #7a5bd0 } .d3 { fill: #7a5bd0 }
.l4 { stroke: #c2417c } .d4 { fill: #c2417c } .l5 { stroke: #77756e } .d5 { fill: #77756e }
@media (prefers-color-scheme: dark) {
  text { fill: #c3c2b7 } .what { fill: #ffffff }
  .page { fill: #151514 } .grid { stroke: #333330 } .axis { stroke: #6b6a64 } .dot { stroke: #151514 }
  .l0 { stroke: #4c97ee } .d0 { fill: #4c97ee } .l1 { stroke: #ef7f4a } .d1 { fill: #ef7f4a }
  .l2 { stroke: #2fb784 } .d2 { fill: #2fb784 } .l3 { stroke: #a594f0 } .d3 { fill: #a594f0 }
  .l4 { stroke: #ec7fae } .d4 { fill: #ec7fae } .l5 { stroke: #a3a29d } .d5 { fill: #a3a29d }
}
"""
COLOURS: Final = 6

Curves = Mapping[str, Mapping[str, Any]]
Points = Sequence[tuple[float, float]]


def picture(curves: Curves) -> str:
    """The SVG of curves as `Record.curve` keeps them, at least one; everybody has one colour in all panels."""
    everybody = list(dict.fromkeys(who for curve in curves.values() for who in curve["values"]))
    if len(everybody) > COLOURS:
        raise ValueError(f"{len(everybody)} lines, there are {COLOURS} colours: {', '.join(everybody)}")
    columns = min(COLUMNS, len(curves))
    width, height = columns * WIDTH, LEGEND + math.ceil(len(curves) / columns) * HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape("; ".join(curves))}">',
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{width}" height="{height}" rx="6"/>',
        *_legend(everybody),
    ]
    for number, (what, curve) in enumerate(curves.items()):
        x, y = number % columns * WIDTH, LEGEND + number // columns * HEIGHT
        parts += [f'<g transform="translate({x} {y})">', *_panel(what, curve, everybody), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def short(value: float) -> str:
    """A number for an axis.

    Examples
    --------
    >>> [short(value) for value in (0.05, 2, 500, 20_000, 1_000_000)]
    ['0.05', '2', '500', '20k', '1M']
    """
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _legend(everybody: Sequence[str]) -> list[str]:
    parts, x = [], float(LEFT)
    for number, who in enumerate(everybody):
        parts.append(f'<circle class="d{number}" cx="{x:g}" cy="20" r="4.5"/>')
        parts.append(f'<text x="{x + 10:g}" y="24">{escape(who)}</text>')
        x += 34 + 6.2 * len(who)
    return parts


def _panel(what: str, curve: Mapping[str, Any], everybody: Sequence[str]) -> list[str]:
    lines: Mapping[str, Points] = curve["values"]
    x_ticks = _decades([rows for points in lines.values() for rows, _ in points])
    y_ticks = _ticks([value for points in lines.values() for _, value in points])
    across = _scale(x_ticks, LEFT, WIDTH - RIGHT)
    up = _scale(y_ticks, HEIGHT - BOTTOM, TOP)
    parts = [f'<text class="what" x="{LEFT}" y="18">{escape(what)}</text>']
    parts.append(f'<text x="{LEFT}" y="34">{escape(curve["unit"])}, by rows</text>')
    for value in y_ticks:
        y = up(value)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{short(value)}</text>')
    for rows in x_ticks:
        x = across(rows)
        parts.append(f'<path class="axis" d="M{x:.1f} {HEIGHT - BOTTOM}v4"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{short(rows)}</text>')
    parts.append(f'<path class="axis" d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    for who, points in lines.items():
        number = everybody.index(who)
        places = [(across(rows), up(value)) for rows, value in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline class="line l{number}" points="{path}"/>')
        for (x, y), (rows, value) in zip(places, points, strict=True):
            says = escape(f"{who}, {rows:,} rows: {value:,.4g} {curve['unit']}")
            parts.append(
                f'<circle class="dot d{number}" cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{says}</title></circle>'
            )
    return parts


def _decades(values: Sequence[float]) -> list[float]:
    """The powers of ten around values, two at least."""
    low = math.floor(math.log10(min(values)) + 1e-9)
    high = max(low + 1, math.ceil(math.log10(max(values)) - 1e-9))
    return [10.0**power for power in range(low, high + 1)]


def _ticks(values: Sequence[float]) -> list[float]:
    """The powers of ten around values; with 2 and 5 times them, as far as needed, where those are few."""
    decades = _decades(values)
    if len(decades) > 3:
        return decades
    every = [times * decade for decade in decades for times in (1, 2, 5)]
    below = [tick for tick in every if tick <= min(values)][-1:]
    above = [tick for tick in every if tick >= max(values)][:1]
    return [*below, *(tick for tick in every if below[0] < tick < above[0]), *above]


def _scale(ticks: Sequence[float], low: float, high: float) -> Any:
    """From a value to its place, the first tick at `low` and the last at `high`."""
    begin, end = math.log(ticks[0]), math.log(ticks[-1])
    return lambda value: low + (math.log(value) - begin) / ((end - begin) or 1) * (high - low)
