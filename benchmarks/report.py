"""The table of what was measured: docs/benchmarks.md and its picture, from all records.

    python -m benchmarks.report

Records are `build/benchmarks/*.json`; those of parts that were not measured again are taken from docs/benchmarks.json,
which keeps all of them beside the table.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.plot import picture
from benchmarks.rounds import RESULTS

DOCS: Final = Path("docs")
PARTS: Final = ("speed", "http", "files", "training", "scale")

Records = Mapping[str, Mapping[str, Any]]


def records() -> dict[str, dict[str, Any]]:
    """The newest record of every part, in the order in which they are measured."""
    kept = DOCS / "benchmarks.json"
    found: dict[str, dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    found |= {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in RESULTS.glob("*.json")}
    return {name: found[name] for name in (*PARTS, *sorted(found.keys() - set(PARTS))) if name in found}


def figure(value: float) -> str:
    """A figure with three digits that say something.

    Examples
    --------
    >>> [figure(value) for value in (0.06536, 1.212, 35.55, 957.7, 14249.6)]
    ['0.0654', '1.21', '35.5', '958', '14,250']
    """
    for least, digits in ((100, 0), (10, 1), (1, 2)):
        if value >= least:
            return f"{value:,.{digits}f}"
    return f"{value:.3g}"


def page(parts: Records, curves: Mapping[str, Any]) -> str:
    """The page, in Markdown."""
    lines = [
        "# Benchmarks",
        "",
        "Peers are measured in turn, in one run, several rounds; a ratio is taken round by round. Given are the median",
        "and the range over the rounds. `make bench` measures everything and writes this page; one part again:",
        "`python -m benchmarks.NAME`, then `python -m benchmarks.report`. The single values are in",
        "[benchmarks.json](benchmarks.json).",
        *_machines(parts),
        *_goals(parts),
    ]
    if curves:
        lines += ["", "## Cost against size", "", f"![{'; '.join(curves)}](benchmarks.svg)", *_sizes(curves)]
    for name, record in parts.items():
        lines += _part(name, record)
    return "\n".join([*lines, ""])


def _machines(parts: Records) -> Iterator[str]:
    """What each part was measured on; once, where all were on one."""
    said = {name: _machine(record["machine"]) for name, record in parts.items()}
    if len(set(said.values())) == 1:
        days = ", ".join(f"{name} {record['at']}" for name, record in parts.items())
        yield from ("", f"Machine: {next(iter(said.values()))}. Measured: {days}.")
        return
    yield ""
    for name, machine in said.items():
        yield f"- {name}: {machine}, {parts[name]['at']}"


def _machine(machine: Mapping[str, Any]) -> str:
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB"
    return f"{where}, {machine['system']}, Python {machine['python']}"


def _goals(parts: Records) -> Iterator[str]:
    goals = [(name, goal) for name, record in parts.items() for goal in record["goals"]]
    if goals:
        yield from ("", "## Goals", "", "| | median | range | goal | reached | part |", "|---|---:|---:|---:|---|---|")
    for name, goal in goals:
        values, unit = goal["values"], f" {goal['unit']}" if goal["unit"] else ""
        limit = f"{'≥' if goal['better'] == 'more' else '≤'} {goal['limit']:g}{unit}"
        spread = f"{figure(min(values))} to {figure(max(values))}" if len(values) > 1 else ""
        reached = "yes" if goal["met"] else "**no**"
        yield f"| {goal['what']} | {figure(goal['median'])}{unit} | {spread} | {limit} | {reached} | {name} |"


def _sizes(curves: Mapping[str, Any]) -> Iterator[str]:
    """The picture's figures, for those who do not see it."""
    for what, curve in curves.items():
        lines = {who: dict(map(tuple, points)) for who, points in curve["values"].items()}
        yield from _table(f"{what}, {curve['unit']}", [f"{who}" for who in lines])
        for rows in sorted({rows for points in lines.values() for rows in points}):
            cells = [figure(points[rows]) if rows in points else "—" for points in lines.values()]
            yield f"| {rows:,} rows | {' | '.join(cells)} |"


def _part(name: str, record: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"## {name.capitalize()}", "", f"`python -m benchmarks.{name}`", *_says(name))
    measured = list(record["measured"].items())
    for who, rows in groupby(measured, key=lambda item: list(item[1]["values"])):
        yield from _table("", who)
        for what, taken in rows:
            cells = [_spread(values) for values in taken["values"].values()]
            yield f"| {what}, {taken['unit']} | {' | '.join(cells)} |"


def _table(first: str, columns: Sequence[str]) -> Iterator[str]:
    yield from ("", f"| {first} | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}")


def _spread(values: Sequence[float]) -> str:
    if len(values) < 2:
        return figure(values[0]) if values else "—"
    return f"{figure(median(values))} ({figure(min(values))} to {figure(max(values))})"


def _says(name: str) -> Iterator[str]:
    """What a part says of itself, but for its commands."""
    source = Path(__file__).with_name(f"{name}.py")
    doc = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) if source.exists() else None
    for paragraph in re.split(r"\n\n+", doc or ""):
        if not paragraph.startswith(" "):
            yield from ("", *paragraph.splitlines())


def main() -> None:
    """Read, write."""
    parts = records()
    curves = {what: curve for record in parts.values() for what, curve in record.get("curves", {}).items()}
    (DOCS / "benchmarks.json").write_text(json.dumps(parts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if curves:
        (DOCS / "benchmarks.svg").write_text(picture(curves), encoding="utf-8")
    (DOCS / "benchmarks.md").write_text(page(parts, curves), encoding="utf-8")
    print(f"written: {DOCS / 'benchmarks.md'}")


if __name__ == "__main__":
    main()
