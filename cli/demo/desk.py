"""The reviewers: two people who look at what the model is unsure of, at their pace and with their mistakes."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from typing import Final

from api.access.caller import Caller
from api.clock import present
from api.reviews import ClaimRequest, CorrectionRequest, Reviewing, ReviewOut
from classifier.deadlines import CHINA, WorkCalendar
from classifier.taxonomy import UNDECIDED, Taxonomy
from cli.demo.bank import FACETS
from cli.demo.diary import Diary, minutes
from cli.demo.lives import Lives

_SHIFTS: Final = ((time(9), time(12)), (time(13, 30), time(17, 30)))
_AWAY: Final = (timedelta(hours=44), timedelta(minutes=70))
"""From so long before the end until so long before it nobody has looked: something is to be left to look at."""
_MANY: Final = 25
"""When so many wait, they go on until fewer do."""
_SKIPPED: Final = 0.02
_LEFT_OPEN: Final = 0.3
"""So often a reviewer leaves an axis open that the category leaves open."""
_KINDS: Final = ("enquiry", "suggestion", "praise", "complaint")
"""What comes as a complaint and is about nothing a bank does."""


class Desk:
    """Where one reviewer works through the queue.

    Parameters
    ----------
    reviewer : Caller
    accuracy : float
        Share of the cases in which the reviewer is right.
    pace : float
        Minutes per case, on average.
    diary : Diary
    reviewing : Reviewing
    lives : Lives
    taxonomy : Taxonomy
    calendar : WorkCalendar
    rng : random.Random
    """

    def __init__(
        self,
        reviewer: Caller,
        accuracy: float,
        pace: float,
        diary: Diary,
        reviewing: Reviewing,
        lives: Lives,
        taxonomy: Taxonomy,
        calendar: WorkCalendar,
        rng: random.Random,
    ) -> None:
        self._reviewer = reviewer
        self._accuracy = accuracy
        self._pace = pace
        self._diary = diary
        self._reviewing = reviewing
        self._lives = lives
        self._taxonomy = taxonomy
        self._calendar = calendar
        self._rng = rng

    def sit_down(self, moment: datetime) -> None:
        """Begin to work at a moment, or when the next shift does."""
        while (begin := self._at_work(moment)) is None:
            moment = datetime.combine(moment.astimezone(CHINA).date() + timedelta(days=1), time(9), CHINA)
            moment += minutes(self._rng, 0, 10)
        gone, back = (self._diary.until - before for before in _AWAY)
        if begin < gone:
            self._diary.plan(begin, self._take)
        elif (again := self._at_work(back)) is not None:
            self._diary.plan(max(begin, again), self._come_back)

    def _at_work(self, moment: datetime) -> datetime | None:
        """That moment, or when a shift of that day begins; None if there is none any more."""
        there = moment.astimezone(CHINA)
        if not self._calendar.is_workday(there.date()):
            return None
        for begin, end in _SHIFTS:
            if there.time() < end:
                return max(moment, datetime.combine(there.date(), begin, CHINA))
        return None

    def _come_back(self) -> None:
        if len(self._reviewing.waiting(_MANY, self._reviewer)) == _MANY:
            self._take()

    def _take(self) -> None:
        case = self._reviewing.claim(ClaimRequest(), self._reviewer)
        if case is None:
            self.sit_down(present() + minutes(self._rng, 20, 45))
        elif self._rng.random() < _SKIPPED:
            self._reviewing.release(case.complaint_id, ClaimRequest(), self._reviewer)
            self.sit_down(present() + minutes(self._rng, 5, 20))
        else:
            decided = present() + min(minutes(self._rng, 0.4, self._pace), timedelta(minutes=14))
            self._diary.plan(decided, lambda: self._say(case))

    def _say(self, case: ReviewOut) -> None:
        request = self._judge(case)
        self._lives.move(self._reviewing.correct(case.complaint_id, request, self._reviewer))
        self.sit_down(present() + minutes(self._rng, 0.2, self._pace))

    def _judge(self, case: ReviewOut) -> CorrectionRequest:
        rng, category = self._rng, self._lives.category(case.complaint_id)
        others = [one.code for one in case.candidates or () if one.code != category]
        if others and rng.random() > self._accuracy:
            category = others[0]
        said = CorrectionRequest(category=category, kind=rng.choice(_KINDS) if category == "other" else "complaint")
        known = self._taxonomy[category]
        if known.business == UNDECIDED and rng.random() > _LEFT_OPEN:
            said.business = rng.choice(FACETS["business"][known.group.code])
        if known.cause == UNDECIDED and rng.random() > _LEFT_OPEN:
            said.cause = rng.choice(FACETS["cause"][known.group.code])
        return said
