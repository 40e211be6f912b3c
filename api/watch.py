"""The clock of the cases: near-breaches and breaches noted as they come, provisional deadlines computed again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Select, func, select

from api.deciding import begun, corrected, due_until_closed, kept_facts, next_look
from api.happening import note_overdue
from api.life import Life
from api.storage import CaseWork, Database, ErasedCaseError, now, utc, working
from api.storage.schema import COMPLAINTS, DECISIONS, OPEN_CASES
from classifier.routing import Router, in_china

_AT_ONCE: Final = 100
_HOURLY: Final = 3_600.0
_LOG = structlog.get_logger("watch")


class Watch:
    """Watches the deadlines of a database's open cases.

    Parameters
    ----------
    database : Database
    router : callable
        Gives the router of a version of the rules.
    """

    def __init__(self, database: Database, router: Callable[[str], Router]) -> None:
        self._database = database
        self._router = router
        self._recomputed: float | None = None

    def tick(self) -> int:
        """Note what is near its due date or over it by now, a hundred cases at most; how many there were."""
        if self._recomputed is None or time.monotonic() - self._recomputed > _HOURLY:
            self._recompute()
            self._recomputed = time.monotonic()
        due = OPEN_CASES.c.next_at <= now()
        found = self._ids(select(OPEN_CASES.c.complaint).where(due).order_by(OPEN_CASES.c.next_at).limit(_AT_ONCE))
        for complaint_id in found:
            try:
                with working(self._database, complaint_id) as work:
                    self._note(work, now())
            except ErasedCaseError:
                continue
        return len(found)

    def _ids(self, numbers: Select[tuple[int]]) -> Sequence[str]:
        with self._database.connect() as connection:
            asked = select(COMPLAINTS.c.complaint_id).where(COMPLAINTS.c.number.in_(numbers))
            return connection.execute(asked).scalars().all()

    def _note(self, work: CaseWork, moment: datetime) -> None:
        left = work.open_case()
        if left is None:
            return
        life = Life.of(work.events())
        note_overdue(work, life, until=moment)
        dues = left["first_response_due"], left["resolution_due"]
        work.leave(next_at=next_look(moment, utc(begun(work.complaint, life)), *dues))

    def _recompute(self) -> None:
        """Compute provisional deadlines again: the calendar of their year may have been published."""
        last = select(func.max(DECISIONS.c.number)).where(DECISIONS.c.complaint == OPEN_CASES.c.complaint)
        provisional = (
            select(OPEN_CASES.c.complaint)
            .join(DECISIONS, DECISIONS.c.number == last.correlate(OPEN_CASES).scalar_subquery())
            .where(DECISIONS.c.provisional, OPEN_CASES.c.resolution_due.is_not(None))
        )
        for complaint_id in self._ids(provisional):
            try:
                with working(self._database, complaint_id) as work:
                    self._settle(work)
            except ErasedCaseError:
                continue

    def _settle(self, work: CaseWork) -> None:
        old, life = work.decision(), Life.of(work.events())
        facts = kept_facts(work.complaint, work.prediction(), life, corrected(work))
        again = self._router(old["rules"]).route(facts)
        if again.first_response.provisional or again.resolution.provisional:
            return
        first, resolution = utc(again.first_response.at), utc(again.resolution.at)
        told = f"【重算时限】该年度的放假安排已公布，{in_china(again.resolution.at)}前办结"
        kept = {name: value for name, value in old.items() if name not in ("number", "complaint")}
        kept |= {"decided_at": now(), "reason": "calendar", "provisional": False}
        kept |= {"first_response_due": first, "resolution_due": resolution, "trace": [*old["trace"], told]}
        work.decide(kept)
        work.leave(**due_until_closed(work, life, first, resolution))
        _LOG.info("deadline settled", complaint=work.complaint["complaint_id"])
