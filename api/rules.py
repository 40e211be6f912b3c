"""The rules in force: taken up by every process within seconds, switched by people who say why."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import RowMapping

from api.service import Service
from api.storage import UNAVAILABLE, Act, Database, Rulebooks, cause
from classifier.deadlines import WorkCalendar
from classifier.errors import RulesError
from classifier.routing import Router, RuleBook, read_rules

_EVERY: Final = 2.0
"""Seconds between two looks for switched rules."""

_LOG = structlog.get_logger("rules")


class Rules:
    """The rules in force of a case database, and the service that routes by them.

    Parameters
    ----------
    database : Database
    service : Service
        Gets a new router whenever the rules are switched.
    calendar : Path, optional
        The bank's own working days.

    Raises
    ------
    CalendarError
        If its file cannot be used.
    RulesError
        If there are no rules in force, and those of the program cannot be used with the service's taxonomy.
    """

    def __init__(self, database: Database, service: Service, calendar: Path | None) -> None:
        self._rulebooks = Rulebooks(database)
        self._service = service
        self._calendar = WorkCalendar.load(calendar) if calendar else WorkCalendar()
        self._number: int | None = None
        newest = self._rulebooks.newest()
        if newest is None:
            service.router = Router(service.taxonomy, calendar=self._calendar)
        else:
            self._take_up(newest)

    def refresh(self) -> None:
        """Take up the rules in force, if they were switched. Those that fail the check are logged and left alone."""
        newest = self._rulebooks.newest()
        if newest is not None and newest["number"] != self._number:
            self._take_up(newest)

    @contextmanager
    def refreshing(self) -> Iterator[None]:
        """Take up what is switched, as long as this lasts."""
        stop = threading.Event()

        def look() -> None:
            while not stop.wait(_EVERY):
                before = self._number
                try:
                    self.refresh()
                    if self._number != before:
                        _LOG.info("rules in force", version=self._service.router.book.version)
                except UNAVAILABLE as error:
                    _LOG.error("case database", cause=cause(error))

        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        try:
            yield
        finally:
            stop.set()
            looking.join()

    def router(self, version: str) -> Router:
        """A router by a version that was in force; by the present one if it is not known any more."""
        text = self._rulebooks.text(version)
        if version == self._service.router.book.version or text is None:
            return self._service.router
        return Router(self._service.taxonomy, self.read(text, f"rules {version}"), self._calendar)

    def read(self, text: str, source: str) -> RuleBook:
        """Check a file of rules. Raises `RulesError`."""
        return read_rules(text, self._service.taxonomy, source=source)

    def routing(self, book: RuleBook) -> Router:
        """A router by rules that are not in force."""
        return Router(self._service.taxonomy, book, self._calendar)

    def switch(self, text: str, source: str, reason: str, act: Act) -> RuleBook:
        """Check a file and put it in force. Raises `RulesError`."""
        book = self.read(text, source)
        self._rulebooks.take(book.version, text, reason, act)
        self.refresh()
        return book

    def history(self) -> Sequence[RowMapping]:
        """Who switched to what, when and why, the newest first."""
        return self._rulebooks.all()

    def _take_up(self, newest: RowMapping) -> None:
        self._number = newest["number"]
        try:
            book = self.read(newest["text"], f"rules {newest['version']}")
        except RulesError as error:  # they were checked with another taxonomy
            _LOG.error("rules not taken up", version=newest["version"], problem=str(error))
            return
        self._service.router = self.routing(book)
