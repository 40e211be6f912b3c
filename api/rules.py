"""The rules in force: taken up by every process within seconds, switched by people who say why."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import RowMapping

from api.dryrun import Comparison, compare, of_database
from api.every import every
from api.problems import RefusedError
from api.service import Service
from api.serving import Serving
from api.storage import UNAVAILABLE, Act, Database, Rulebooks, cause, log_alone
from classifier.deadlines import WorkCalendar
from classifier.errors import RulesError
from classifier.routing import Router, RuleBook, read_rules
from classifier.taxonomy import Taxonomy

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
        self._database = database
        self._rulebooks = Rulebooks(database)
        self._service = service
        self._calendar = WorkCalendar.load(calendar) if calendar else WorkCalendar()
        self._number: int | None = None
        self._taxonomy: Taxonomy | None = None
        newest = self._rulebooks.newest()
        if newest is None or not self._take_up(newest):
            service.change(lambda serving: replace(serving, calendar=self._calendar))

    def refresh(self) -> None:
        """Take up the rules in force, if they were switched. Those that fail the check are logged and left alone.

        They are checked once more when there is another taxonomy: they may have been switched for its model.
        """
        newest = self._rulebooks.newest()
        if newest is not None and (
            newest["number"] != self._number or self._service.serving.taxonomy is not self._taxonomy
        ):
            self._take_up(newest)

    def refreshing(self) -> AbstractContextManager[None]:
        """Take up what is switched, as long as this lasts."""

        def look() -> None:
            before = self._number
            try:
                self.refresh()
            except UNAVAILABLE as error:
                _LOG.error("case database", cause=cause(error))
            if self._number != before:
                _LOG.info("rules in force", version=self._service.serving.router.book.version)

        return every(_EVERY, look)

    def router(self, version: str) -> Router:
        """A router by a version that was in force; by the present one if it is not known or not usable any more."""
        serving = self._service.serving
        text = self._rulebooks.text(version)
        if version == serving.router.book.version or text is None:
            return serving.router
        try:
            book = read_rules(text, serving.taxonomy, source=f"rules {version}")
        except RulesError:  # another taxonomy has come since
            return serving.router
        return replace(serving, book=book).router

    def read(self, text: str, source: str) -> RuleBook:
        """Check a file of rules. Raises `RulesError`."""
        return read_rules(text, self._service.serving.taxonomy, source=source)

    def routing(self, book: RuleBook) -> Router:
        """A router by rules that are not in force."""
        return replace(self._service.serving, book=book).router

    def switch(self, text: str, source: str, reason: str, act: Act, *, after: int | None = None) -> RuleBook:
        """Check a file and put it in force.

        Parameters
        ----------
        text, source, reason : str
        act : Act
        after : int, optional
            The number, in the history, of the rules that are to be replaced, 0 for those of the program; by default
            whatever is in force.

        Raises
        ------
        RulesError
            If the file has a fault.
        RefusedError
            If others are in force than those that are to be replaced.
        """
        book = self.read(text, source)
        other = self._rulebooks.take(book.version, text, reason, act, after=after)
        if other is not None:
            raise RefusedError(
                "rules-switched", f"{other['taken_by']} has switched the rules to {other['version']}: {other['reason']}"
            )
        self.refresh()
        return book

    def dry_run(self, book: RuleBook, cases: int, act: Act) -> Comparison:
        """What would become of the newest cases under rules that are not in force."""
        log_alone(self._database, act)
        return compare(of_database(self._database, cases), self._service.serving.router, self.routing(book))

    def history(self) -> Sequence[RowMapping]:
        """Who switched to what, when and why, the newest first."""
        return self._rulebooks.all()

    def _take_up(self, newest: RowMapping) -> bool:
        self._number, self._taxonomy = newest["number"], self._service.serving.taxonomy

        def ruled(serving: Serving) -> Serving:
            book = read_rules(newest["text"], serving.taxonomy, source=f"rules {newest['version']}")
            return replace(serving, book=book, calendar=self._calendar)

        try:
            self._service.change(ruled)
        except RulesError as error:  # they were checked with another taxonomy
            _LOG.error("rules not taken up", version=newest["version"], problem=str(error))
            return False
        return True
