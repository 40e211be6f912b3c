"""Measuring side by side: peers in turn, several rounds, medians and ranges, and a record that others can read."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final, Literal, TypeVar

from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

RESULTS: Final = Path("build/benchmarks")
ROUNDS: Final = 7

Measured = TypeVar("Measured")


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that is to reach something, one value a round.

    Attributes
    ----------
    what : str
    values : sequence of float
    limit : float
    better : {'more', 'less'}
        Whether the median is to be the limit or more, or the limit or less.
    unit : str
        Empty for a ratio.
    """

    what: str
    values: Sequence[float]
    limit: float
    better: Literal["more", "less"] = "more"
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the median reaches the limit."""
        middle = median(self.values)
        return middle >= self.limit if self.better == "more" else middle <= self.limit


@dataclass(slots=True)
class Record:
    """What one benchmark measured.

    Attributes
    ----------
    name : str
    measured : dict of str to dict
        What → {"unit": …, "values": {who: one value a round}}.
    curves : dict of str to dict
        What → {"unit": …, "values": {who: [[rows, value], …]}}, by rows.
    goals : list of Goal
    """

    name: str
    measured: dict[str, dict[str, object]] = field(default_factory=dict)
    curves: dict[str, dict[str, object]] = field(default_factory=dict)
    goals: list[Goal] = field(default_factory=list)

    def take(self, what: str, unit: str, values: Mapping[str, Sequence[float]]) -> None:
        """Keep what was measured, one value a round for everybody."""
        self.measured[what] = {"unit": unit, "values": {who: list(each) for who, each in values.items()}}

    def curve(self, what: str, unit: str, values: Mapping[str, Mapping[int, float]]) -> None:
        """Keep what something costs at several sizes, for everybody by rows; each is one picture of the plot."""
        self.curves[what] = {"unit": unit, "values": {who: sorted(each.items()) for who, each in values.items()}}

    def write(self) -> Path:
        """Write `build/benchmarks/<name>.json`, and print tables."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        path = RESULTS / f"{self.name}.json"
        goals = [{**asdict(goal), "median": median(goal.values), "met": goal.met} for goal in self.goals]
        record = {"machine": machine(), "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"}
        record |= {"measured": self.measured, "curves": self.curves}
        path.write_text(json.dumps({**record, "goals": goals}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        self._print()
        return path

    def _print(self) -> None:
        table = Table(box=None, header_style="dim")
        for header in ("", "median", "range", "goal", ""):
            table.add_column(header, justify="right" if header else "left")
        for goal in self.goals:
            sign = "≥" if goal.better == "more" else "≤"
            low, high = min(goal.values), max(goal.values)
            shown = f"{median(goal.values):.4g} {goal.unit}", f"{low:.4g} to {high:.4g}", f"{sign} {goal.limit:g}"
            table.add_row(goal.what, *shown, "" if goal.met else "not reached")
        Console(width=120, highlight=False).print(table)


def interleaved(works: Mapping[str, Callable[[], Measured]], rounds: int = ROUNDS) -> dict[str, list[Measured]]:
    """Let each measure itself in turn, so that what disturbs the machine disturbs all; one round before is not kept."""
    found: dict[str, list[Measured]] = {name: [] for name in works}
    for round_ in range(rounds + 1):
        for name, work in works.items():
            value = work()
            if round_:
                found[name].append(value)
    return found


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """One divided by the other, round by round."""
    return [a / b for a, b in zip(above, below, strict=True)]


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and the linear algebra in it, on the last of its cores."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        with threadpool_limits(1):
            yield
    finally:
        os.sched_setaffinity(0, cores)


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    cpus = Path("/proc/cpuinfo")
    models = [line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
