"""Where the time of a long command goes: seconds by stage, in the order in which the stages began."""

from __future__ import annotations

import time
from typing import Final

from cli.stages import Stages
from cli.terminal import out, result_table

REST: Final = "其余 the rest"


class Spent:
    """Listens to what stages tell; what passes while none is under way is the rest.

    Attributes
    ----------
    seconds : dict of str to float
        By stage, the rest included.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()
        self._under_way = REST

    def through(self, tell: Stages) -> Stages:
        """The same, listened to."""

        def listened(stage: str, done: int, total: int) -> None:
            self._add(stage if done else self._under_way)
            self._under_way = stage if done < total else REST
            tell(stage, done, total)

        return listened

    def end(self) -> None:
        """The command has done its work."""
        self._add(self._under_way)

    def show(self) -> None:
        """Print a small table."""
        table = result_table("阶段 stage", "秒 seconds", "占比 share", text_columns=1)
        total = sum(self.seconds.values())
        rest = self.seconds.get(REST, 0.0)
        for stage, seconds in [*((s, t) for s, t in self.seconds.items() if s != REST), (REST, rest)]:
            table.add_row(stage, f"{seconds:,.1f}", f"{seconds / total:.0%}")
        table.add_row("合计 total", f"{total:,.1f}", "100%")
        out.print(table)

    def _add(self, stage: str) -> None:
        now = time.monotonic()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now
