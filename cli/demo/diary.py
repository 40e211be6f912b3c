"""The days as they pass: what is to be done, each at its moment."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final

from api.clock import stopped_at
from classifier.deadlines import CHINA

Deed = Callable[[], None]

_OPEN: Final = time(8, 30)
_SHUT: Final = time(19, 30)


class Diary:
    """Deeds, done in order of their moments, up to the end; each may plan others.

    Parameters
    ----------
    until : datetime
        Whatever is planned for later is left undone.
    """

    def __init__(self, until: datetime) -> None:
        self.until = until
        self._deeds: list[tuple[datetime, int, Deed]] = []
        self._number = 0

    def plan(self, moment: datetime, deed: Deed) -> None:
        """Have something done at a moment."""
        if moment < self.until:
            self._number += 1
            heapq.heappush(self._deeds, (moment, self._number, deed))

    def live(self) -> None:
        """Do all of it."""
        while self._deeds:
            moment, _, deed = heapq.heappop(self._deeds)
            with stopped_at(moment):
                deed()


def minutes(rng: random.Random, least: float, mean: float) -> timedelta:
    """How long something takes: at least so many minutes, `mean` on average, now and then much longer."""
    return timedelta(seconds=round(60 * (least + rng.expovariate(1 / (mean - least)))))


def in_hours(moment: datetime, rng: random.Random) -> datetime:
    """That moment if departments work at it, else soon after they begin to."""
    there = moment.astimezone(CHINA)
    if _OPEN <= there.time() < _SHUT:
        return moment
    day = there.date() + timedelta(days=there.time() >= _SHUT)
    return datetime.combine(day, _OPEN, CHINA) + minutes(rng, 1, 35)
