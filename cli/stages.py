"""How far a long command is: a bar per stage for people, lines of JSON for programs that watch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from cli.terminal import err

Stages = Callable[[str, int, int], None]
"""Told (stage, steps done, steps in all)."""

_EVERY: Final = 0.2
"""Seconds between two lines of JSON of one stage."""


@contextmanager
def stages(*, as_json: bool) -> Iterator[Stages]:
    """Show what it is told of, as long as this lasts."""
    if as_json:
        yield _Lines()
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
    ) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)
            if done >= total:
                bar.stop_task(tasks[stage])

        yield tell


class _Rate(ProgressColumn):
    """Steps per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed and speed >= 1 else "", style="dim", justify="right")


class _Lines:
    """One line of JSON per step, but not more than one every `_EVERY` seconds."""

    def __init__(self) -> None:
        self._begun: dict[str, float] = {}
        self._last = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        begun = self._begun.setdefault(stage, now)
        if done < total and now - self._last < _EVERY:
            return
        self._last = now
        rate = done / (now - begun) if done and now > begun else None
        remaining = (total - done) / rate if rate else None
        say(
            {
                "stage": stage,
                "done": done,
                "total": total,
                "seconds": round(now - begun, 1),
                "rate": rate and round(rate, 2),
                "remaining": None if remaining is None else round(remaining, 1),
            }
        )


def say(document: dict[str, Any]) -> None:
    """Print one line of JSON on standard output, at once."""
    print(json.dumps(document, ensure_ascii=False), flush=True)  # noqa: T201
