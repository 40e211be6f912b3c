"""Working on kept cases: found, listed, corrected, erased; every act is logged with its owner. No HTTP in here."""

from __future__ import annotations

from api.access.caller import Caller
from api.cases import CaseOut, CasePage, CorrectionRequest, ListedCase
from api.intake import storable
from api.problems import RefusedError
from api.storage import Cases, Database, ErasedCaseError, Filters, log_alone
from classifier.masking import mask
from classifier.taxonomy import Taxonomy


class Casework:
    """What people do with the cases of a database.

    Parameters
    ----------
    taxonomy : Taxonomy
        The categories a case may be corrected to.
    database : Database
    """

    def __init__(self, taxonomy: Taxonomy, database: Database) -> None:
        self._taxonomy = taxonomy
        self._database = database
        self._cases = Cases(database)

    def find(self, complaint_id: str, caller: Caller) -> CaseOut:
        """The whole record of a complaint. Raises `RefusedError` if there is none."""
        log_alone(self._database, caller.act("show", complaint_id))
        return self._record(complaint_id)

    def page(self, filters: Filters, *, before: int | None, limit: int, caller: Caller) -> CasePage:
        """Cases as they stand now, newest first."""
        log_alone(self._database, caller.act("list"))
        rows = self._cases.page(filters, before=before, limit=limit + 1)
        listed = [ListedCase.model_validate(dict(row)) for row in rows[:limit]]
        return CasePage(items=listed, next=rows[limit - 1]["number"] if len(rows) > limit else None)

    def correct(self, complaint_id: str, correction: CorrectionRequest, caller: Caller) -> CaseOut:
        """Add the right category to a case. Raises `RefusedError` if it is unknown or erased, or the category is."""
        if correction.category not in self._taxonomy:
            raise RefusedError(
                "invalid-field", "There is no such category. GET /v1/categories lists them.", "/category"
            )
        note = None if correction.note is None else mask(storable(correction.note))
        by = caller.owner if correction.by is None else mask(storable(correction.by))
        act = caller.act("correct", complaint_id)
        try:
            known = self._cases.correct(complaint_id, correction.category, by=by, note=note, act=act)
        except ErasedCaseError:
            detail = "Its person has been erased: nothing more is kept of it."
            raise RefusedError("erased-complaint", detail) from None
        if not known:
            raise _unknown(complaint_id)
        return self._record(complaint_id)

    def erase(self, complaint_id: str, caller: Caller) -> None:
        """Take the person out of a case; statistics stay. Raises `RefusedError` if there is no such case."""
        if not self._cases.erase(complaint_id, caller.act("erase", complaint_id)):
            raise _unknown(complaint_id)

    def _record(self, complaint_id: str) -> CaseOut:
        case = self._cases.find(complaint_id)
        if case is None:
            raise _unknown(complaint_id)
        return CaseOut.of(case)


def _unknown(complaint_id: str) -> RefusedError:
    return RefusedError("no-such-complaint", f"There is no complaint {complaint_id!r}. GET /v1/complaints lists them.")
