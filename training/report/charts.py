"""The geometry of the charts; the template draws it as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

WIDTH: Final = 360
HEIGHT: Final = 250
LEFT, RIGHT, TOP, BOTTOM = 40, 16, 24, 38
"""What the axes' labels need on each side."""

_LARGEST: Final = 9.0
"""Radius of the largest dot."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points; the style says what it stands for."""

    style: str
    points: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of data, and what it says when pointed at."""

    style: str
    x: float
    y: float
    radius: float
    says: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of two axes, all in units of its picture.

    Attributes
    ----------
    x, y : str
        What the axes show.
    says : str
        The chart in words, for those who don't see it.
    """

    x: str
    y: str
    says: str
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    lines: list[Line] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def reliability_chart(reliability: Mapping[str, Any]) -> Chart:
    """Share right against confidence; a dot's area grows with its texts."""
    across, up = _across(0.0, 1.0), _up(0.0)
    points = reliability["points"]
    most = max(point["texts"] for point in points)
    return Chart(
        "把握 confidence",
        "正确率 share right",
        f"可靠性曲线 reliability curve: {len(points)} points",
        [Tick(across(at), label) for at, label in _from(0.0)],
        [Tick(up(at), label) for at, label in _from(0.0)],
        [
            _line("ideal", [(across(0.0), up(0.0)), (across(1.0), up(1.0))]),
            _line("model", [(across(point["confidence"]), up(point["right"])) for point in points]),
        ],
        [
            Dot(
                "model",
                across(point["confidence"]),
                up(point["right"]),
                max(2.0, _LARGEST * math.sqrt(point["texts"] / most)),
                f"{point['confidence']:.3f} → {point['right']:.3f} ({point['texts']:,})",
            )
            for point in points
        ],
    )


def coverage_chart(automatic: Mapping[str, Any]) -> Chart:
    """Precision against coverage at every threshold, the chosen one marked."""
    points = automatic["points"]
    coverage, precision = automatic["coverage"]["value"], automatic["precision"]["value"]
    floor = _floor(point["precision"] for point in points)
    across, up = _across(0.0, 1.0), _up(floor)
    lines = [_line("model", [(across(point["coverage"]), up(point["precision"])) for point in points])]
    dots = []
    if precision is not None:
        x, y = across(coverage), up(max(precision, floor))
        lines.append(_line("chosen", [(x, up(floor)), (x, y), (across(0.0), y)]))
        dots.append(Dot("chosen", x, y, 5.0, f"{coverage:.1%}, {precision:.3f}"))
    return Chart(
        "自动处理的比例 coverage",
        "其中正确 precision",
        "覆盖与精确率 coverage against precision",
        [Tick(across(at), f"{at:.0%}") for at, _ in _from(0.0)],
        [Tick(up(at), label) for at, label in _from(floor)],
        lines,
        dots,
    )


def learning_chart(learning: Mapping[str, Any]) -> Chart:
    """Accuracy and macro-F1 against training rows on a logarithmic axis, extrapolated to twice the rows."""
    points, twice = learning["points"], learning["twice"]
    fewest, most = points[0]["rows"], points[-1]["rows"]
    end = twice if fewest == most or any(learning["laws"].values()) else most
    floor = _floor(point[name] for point in points for name in ("accuracy", "macro_f1"))
    log, up = _across(math.log(fewest), math.log(end)), _up(floor)

    def across(rows: float) -> float:
        return log(math.log(rows))

    lines, dots = [], []
    for name, style in (("accuracy", "model"), ("macro_f1", "model hollow")):
        lines.append(_line("model", [(across(point["rows"]), up(point[name])) for point in points]))
        dots += [
            Dot(style, across(point["rows"]), up(point[name]), 4.0, f"{point['rows']:,}: {point[name]:.3f}")
            for point in points
        ]
        if law := learning["laws"][name]:
            steps = [fewest * (twice / fewest) ** (step / 40) for step in range(41)]
            fit = [(rows, 1 - law["scale"] * rows ** -law["exponent"]) for rows in steps]
            lines.append(_line("foretold", [(across(rows), up(value)) for rows, value in fit if value >= floor]))
            dots.append(
                Dot(f"{style} foretold", across(twice), up(law["twice"]), 4.0, f"{twice:,}: {law['twice']:.3f}")
            )
    return Chart(
        "训练条数 training rows",
        "正确率、宏平均F1 accuracy, macro-F1",
        "学习曲线 learning curve",
        [Tick(across(rows), f"{rows:,}") for rows in _spread(_round_numbers(fewest, end))],
        [Tick(up(at), label) for at, label in _from(floor)],
        lines,
        dots,
    )


def _across(low: float, high: float) -> Callable[[float], float]:
    """From a value to its place from the left."""
    return lambda value: round(LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT), 1)


def _up(low: float) -> Callable[[float], float]:
    """From a share between `low` and 1 to its place from the top."""
    return lambda value: round(HEIGHT - BOTTOM - (value - low) / (1 - low) * (HEIGHT - TOP - BOTTOM), 1)


def _line(style: str, points: Sequence[tuple[float, float]]) -> Line:
    return Line(style, " ".join(f"{x:g},{y:g}" for x, y in points))


def _floor(shares: Any) -> float:
    """The tenth below all shares, and below 1."""
    return min(math.floor(min(shares, default=0.0) * 10 + 1e-9), 9) / 10


def _from(low: float) -> list[tuple[float, str]]:
    """Marks of an axis of shares between `low` and 1: tenths, or their halves where those are few."""
    if low >= 0.7:
        return _spread([(tick / 20, f"{tick / 20:.2f}") for tick in range(round(low * 20), 21)])
    return _spread([(tick / 10, f"{tick / 10:.1f}") for tick in range(round(low * 10), 11)])


def _round_numbers(low: float, high: float) -> list[int]:
    """1, 2 and 5 times the powers of ten between two numbers of rows."""
    powers = range(int(math.log10(high)) + 1)
    return [times * 10**power for power in powers for times in (1, 2, 5) if low <= times * 10**power <= high]


def _spread(ticks: list[Any]) -> list[Any]:
    """As many of the ticks as have room, evenly chosen."""
    return ticks[:: math.ceil(len(ticks) / 6)] if ticks else ticks
