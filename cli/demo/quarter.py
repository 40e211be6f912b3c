"""A quarter lived through from its first day to its last, by the same doors as any other."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event

from api.access.caller import Caller, Scope
from api.casework import Casework
from api.clock import present, stopped_at
from api.intake import Intake
from api.jobs.uploads import open_uploads
from api.reviews import Reviewing
from api.rules import Rules
from api.service import Service
from api.settings import Settings
from api.storage import Act, Database, Keys, open_database
from api.watch import Watch
from classifier.deadlines import CHINA, WorkCalendar
from classifier.routing import BUNDLED
from cli.demo.arrivals import Arrival, arrivals, first_day, outage
from cli.demo.bank import RULES, RULES_BEFORE, RULES_WHY
from cli.demo.desk import Desk
from cli.demo.diary import Diary
from cli.demo.files import UNREADABLE, Files, table
from cli.demo.lives import Lives
from cli.demo.stories import Stories
from models import Registry

SEED: Final = 2026
SIZE: Final = 6_000

_WATCH: Final = timedelta(hours=1)
_FILES: Final = (22, 57, 90)
"""The days on which the office sends a file, counted from the first."""
_KEYS_LAST: Final = timedelta(days=30)
_IN_A_FILE: Final = 0.012
"""Complaints in each, as a share of all."""
_OWNERS: Final = {"hotline": "客服系统", "app": "手机银行", "web": "门户网站"}
"""Who sends complaints of a channel; the others are typed in."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a key."""

    name: str
    does: str
    scope: Scope

    @property
    def caller(self) -> Caller:
        """Who they are to the service."""
        return Caller(self.name, frozenset({self.scope}))


TAKER: Final = Person("周敏", "受理 intake", "intake")
REVIEWERS: Final = (Person("李静", "复核 review", "review"), Person("王强", "复核 review", "review"))
ANALYST: Final = Person("陈晓", "分析 analyst", "analyst")
CHIEF: Final = Person("赵岚", "管理 admin", "admin")
PEOPLE: Final = (TAKER, *REVIEWERS, ANALYST, CHIEF)

Tell = Callable[[str, int, int], None]


def fill(
    data: Path, registry: Registry, until: datetime, *, size: int = SIZE, seed: int = SEED, tell: Tell | None = None
) -> dict[Person, str]:
    """Fill the database of an empty folder with the quarter up to a moment.

    Parameters
    ----------
    data : Path
        Made by `cli.demo.folder.new_folder`.
    registry : Registry
        Its champion reads the complaints.
    until : datetime
    size : int
        About so many complaints.
    seed : int
        The same quarter for the same moment, size, seed and model.
    tell : callable, optional
        Told (stage, complaints so far, complaints in all).

    Returns
    -------
    keys : dict
        The API key of everybody who has one.

    Raises
    ------
    ComplaintsError
        If there is no model, or it knows other categories than the corpus.
    """
    settings = Settings(data=data, database_url="", taxonomy=None, calendar=None, keep_raw_text=False)
    database = open_database(settings.cases)
    _hasten(database)
    state = random.getstate()
    random.seed(seed)  # which sure cases are drawn for review is chance
    try:
        return _Quarter(settings, database, registry, until.astimezone(CHINA), size, seed).live(tell)
    finally:
        random.setstate(state)
        database.dispose()


def _hasten(database: Database) -> None:
    """Let commits not wait for the disk: if the machine stops, the demo is made again."""
    event.listen(database, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    database.dispose()


class _Quarter:
    def __init__(
        self, settings: Settings, database: Database, registry: Registry, until: datetime, size: int, seed: int
    ) -> None:
        from training import read_bundled_corpus  # scikit-learn takes seconds to load

        self._database, self._until = database, until
        self._rng = random.Random(seed)  # noqa: S311  # nobody gains by guessing it
        self._calendar = WorkCalendar()
        self._begin = datetime.combine(first_day(until), time(0), CHINA)
        service = Service(registry.load())
        taxonomy = service.serving.taxonomy
        rows = read_bundled_corpus(taxonomy)
        with stopped_at(self._begin):
            self._rules = Rules(database, service, None)
        casework = Casework(service, database)
        reviewing = Reviewing(service, casework, database)
        self._diary = Diary(until)
        self._watch = Watch(database, self._rules.router)
        self._intake = Intake.of(service, settings, database)
        self._files = Files(settings, database, open_uploads(settings, database), self._intake)
        self._lives = Lives(self._diary, casework, reviewing, taxonomy, self._rng)
        self._stories = Stories(rows, taxonomy, self._calendar, self._rng)
        self._desks = [
            Desk(
                person.caller, accuracy, pace, self._diary, reviewing, self._lives, taxonomy, self._calendar, self._rng
            )
            for person, accuracy, pace in zip(REVIEWERS, (0.95, 0.91), (3.0, 4.5), strict=True)
        ]
        self._size = size
        self._about: dict[str, str] = {}

    def live(self, tell: Tell | None) -> dict[Person, str]:
        """Let the quarter happen; the keys it leaves."""
        with stopped_at(self._begin):
            keys = self._keys()
            book = BUNDLED.read_text(encoding="utf-8")
            self._switch(book, "系统上线，启用随程序发布的规则")
        self._diary.plan(
            outage(self._until) + timedelta(days=2, hours=5),
            lambda: self._switch(book.replace(RULES_BEFORE, RULES + RULES_BEFORE, 1), RULES_WHY),
        )
        self._send_files()
        for desk in self._desks:
            desk.sit_down(self._begin)
        with stopped_at(self._begin):
            self._look()
        coming = arrivals(self._size - len(_FILES) * self._rows(), self._until, self._calendar, self._rng)
        for number, arrival in enumerate(coming, 1):
            self._diary.plan(arrival.at, partial(self._register, arrival))
            if tell:
                self._diary.plan(arrival.at, partial(tell, "编造 making up", number, len(coming)))
        self._diary.live()
        return keys

    def _keys(self) -> dict[Person, str]:
        keys, ends = Keys(self._database), self._until + _KEYS_LAST
        return {person: keys.add(person.name, [person.scope], 100, ends, CHIEF.name) for person in PEOPLE}

    def _switch(self, text: str, why: str) -> None:
        self._rules.switch(text, "demo rules", why, Act(CHIEF.name, "switch rules"))

    def _look(self) -> None:
        while self._watch.tick():
            pass
        self._diary.plan(present() + _WATCH, self._look)

    def _register(self, arrival: Arrival) -> None:
        story = self._stories.tell(arrival)
        owner = _OWNERS.get(story.request.channel or "", TAKER.name)
        answer, _ = self._intake.register(self._intake.read(story.request, owner))
        self._lives.begin(answer, story.category)

    def _send_files(self) -> None:
        for number, day in enumerate(_FILES, 1):
            moment = self._begin + timedelta(days=day, hours=10, minutes=20)
            self._diary.plan(moment, partial(self._send, f"网点意见簿与来信_第{number}批.csv", moment))
            unreadable = partial(self._files.send, "信访台账.csv", UNREADABLE, TAKER.caller, self._begun)
            if day == _FILES[-1]:
                self._diary.plan(moment + timedelta(minutes=9), unreadable)

    def _send(self, name: str, moment: datetime) -> None:
        stories = [self._stories.tell(Arrival(moment)) for _ in range(self._rows())]
        self._about.update({str(story.request.complaint_id): story.category for story in stories})
        self._files.send(name, table(stories), TAKER.caller, self._begun)

    def _begun(self, registered: dict[str, Any]) -> None:
        self._lives.begin(registered, self._about[registered["complaint_id"]])

    def _rows(self) -> int:
        return max(5, round(self._size * _IN_A_FILE))
