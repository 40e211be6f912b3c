"""Working on kept cases: found, listed, moved on, erased; every act is logged with its owner. No HTTP in here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from sqlalchemy import RowMapping

from api.access.caller import Caller
from api.cases import CaseOut, CasePage, DeadlineOut, EventRequest, ListedCase
from api.happening import happen
from api.life import Life
from api.problems import RefusedError
from api.service import Service
from api.storage import (
    Cases,
    CaseWork,
    Database,
    ErasedCaseError,
    Exported,
    Filters,
    NoSuchCaseError,
    acts_on,
    log_alone,
    working,
)

_LONGEST: Final = 200
"""Characters that the audit log has for a subject."""


class ExportedCase(NamedTuple):
    """A case for a table: how it stands, how far it is, and its deadlines, met or not."""

    row: RowMapping
    status: str
    first_response: DeadlineOut | None
    resolution: DeadlineOut | None


class Casework:
    """What people do with the cases of a database.

    Parameters
    ----------
    service : Service
        Routes a case again when something happens to it.
    database : Database
    """

    def __init__(self, service: Service, database: Database) -> None:
        self._service = service
        self._database = database
        self._cases = Cases(database)

    def find(self, complaint_id: str, caller: Caller) -> CaseOut:
        """The whole record of a complaint. Raises `RefusedError` if there is none."""
        log_alone(self._database, caller.act("show", complaint_id))
        return self.record(complaint_id)

    def knows(self, complaint_id: str) -> bool:
        """Whether there is such a case."""
        return self._cases.has(complaint_id)

    def page(self, filters: Filters, *, before: int | None, limit: int, caller: Caller) -> CasePage:
        """Cases as they stand now, newest first."""
        log_alone(self._database, caller.act("list"))
        rows = self._cases.page(filters, self._service.serving.taxonomy, before=before, limit=limit + 1)
        return _page(rows, limit)

    def page_of(self, filters: Filters, *, before: int | None, limit: int, caller: Caller) -> tuple[CasePage, int]:
        """The same, and how many cases are meant in all."""
        log_alone(self._database, caller.act("list"))
        taxonomy = self._service.serving.taxonomy
        rows, count = self._cases.page_of(filters, taxonomy, before=before, limit=limit + 1)
        return _page(rows, limit), count

    def count(self, filters: Filters) -> int:
        """How many cases are meant."""
        return self._cases.count(filters, self._service.serving.taxonomy)

    def export(self, filters: Filters, what: str, caller: Caller) -> Iterator[ExportedCase]:
        """All cases that are meant, newest first; `what` is what the audit log says of it."""
        log_alone(self._database, caller.act("export", what[:_LONGEST]))
        return map(_exported, self._cases.exported(filters, self._service.serving.taxonomy))

    def acts(self, complaint_id: str) -> Sequence[RowMapping]:
        """Who did what with a case, and when: for administrators."""
        return acts_on(self._database, complaint_id)

    def happen(self, complaint_id: str, event: EventRequest, caller: Caller) -> bool:
        """Add what happened to a case; False if it was there. Raises `RefusedError` if it cannot have happened."""
        with self.working(complaint_id) as work:
            new = happen(work, event, self._service.serving, caller)
            if new:
                work.log(caller.act(event.event, complaint_id))
        return new

    @contextmanager
    def working(self, complaint_id: str) -> Iterator[CaseWork]:
        """A transaction on one case. Raises `RefusedError` if it is unknown or erased."""
        try:
            with working(self._database, complaint_id) as work:
                yield work
        except NoSuchCaseError:
            raise _unknown(complaint_id) from None
        except ErasedCaseError:
            detail = "Its person has been erased: nothing more is kept of it."
            raise RefusedError("erased-complaint", detail) from None

    def erase(self, complaint_id: str, caller: Caller) -> None:
        """Take the person out of a case; statistics stay. Raises `RefusedError` if there is no such case."""
        if not self._cases.erase(complaint_id, caller.act("erase", complaint_id)):
            raise _unknown(complaint_id)

    def record(self, complaint_id: str) -> CaseOut:
        """The whole record of a complaint, for an act that has been logged."""
        case = self._cases.find(complaint_id)
        if case is None:
            raise _unknown(complaint_id)
        return CaseOut.of(case)


def _exported(case: Exported) -> ExportedCase:
    life = Life.of(case.events)
    return ExportedCase(
        case.row,
        life.status,
        DeadlineOut.of(case.decision["first_response_due"], life.answered_at),
        DeadlineOut.of(life.extended_to or case.decision["resolution_due"], life.closed_at),
    )


def _page(rows: Sequence[RowMapping], limit: int) -> CasePage:
    """A page of rows, of which one more than it holds was asked for."""
    listed = [ListedCase.model_validate(dict(row)) for row in rows[:limit]]
    return CasePage(items=listed, next=rows[limit - 1]["number"] if len(rows) > limit else None)


def _unknown(complaint_id: str) -> RefusedError:
    return RefusedError("no-such-complaint", f"There is no complaint {complaint_id!r}. GET /v1/complaints lists them.")
