"""Taking complaints in: read, routed, kept, and found again. No HTTP in here."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any

from api.cases import CaseOut, CasePage, CorrectionRequest, IntakeRequest, ListedCase, Registered
from api.privacy import keyed_hash
from api.problems import RefusedError
from api.schemas import Classification, ClassifyRequest
from api.service import Service
from api.storage import Cases, Filters, KnownCaseError, NewCase, utc
from classifier.masking import mask
from classifier.routing import BUNDLED as RULES


class Intake:
    """The front door of the case database.

    Parameters
    ----------
    service : Service
        Reads and routes.
    cases : Cases
    key : bytes
        Hashes customers and bodies (`api.privacy`).
    keep_raw : bool
        Whether to keep texts as they were sent, besides the masked ones.
    """

    def __init__(self, service: Service, cases: Cases, key: bytes, *, keep_raw: bool) -> None:
        self._service = service
        self._cases = cases
        self._key = key
        self._keep_raw = keep_raw
        self._rules = hashlib.sha256(RULES.read_bytes()).hexdigest()[:16]

    def register(self, request: IntakeRequest, idempotency_key: str | None) -> tuple[Any, bool]:
        """Read, route and keep a complaint.

        Returns
        -------
        answer : JSON of a `Registered`
            The first answer to this complaint, however often it is sent.
        created : bool
            False if it was kept before.

        Raises
        ------
        RefusedError
            If its id or key belong to another complaint.
        TextError
            If its text cannot be read.
        """
        body_hash = keyed_hash(self._key, "body", request.model_dump_json(exclude={"complaint_id"}))
        try:
            return self._cases.register(self._new(request, idempotency_key, body_hash))
        except KnownCaseError as error:
            raise RefusedError(
                "known-complaint",
                "Under this complaint_id or Idempotency-Key another complaint is kept. Send this one under its own.",
                "/complaint_id" if request.complaint_id else "",
            ) from error

    def _new(self, request: IntakeRequest, idempotency_key: str | None, body_hash: str) -> NewCase:
        said = self._service.classify(ClassifyRequest(text=request.text))
        at = datetime.now(UTC)
        complaint_id = request.complaint_id or uuid.uuid4().hex
        metadata = request.metadata
        registered = Registered(complaint_id=complaint_id, registered_at=at, **said.model_dump(exclude={"evidence"}))
        kept_at = utc(at)
        return NewCase(
            complaint={
                "complaint_id": complaint_id,
                "idempotency_key": idempotency_key,
                "body_hash": body_hash,
                "registered_at": kept_at,
                "received_at": utc(request.received_at) if request.received_at else None,
                "text": mask(_storable(request.text)),
                "raw_text": _storable(request.text) if self._keep_raw else None,
                "channel": request.channel,
                "region": _masked(request.region),
                "branch": _masked(request.branch),
                "segment": _masked(metadata.segment),
                "product": _masked(metadata.product),
                "amount": None if metadata.amount is None else str(metadata.amount),
                "customer_key": self._customer(metadata.customer_key),
                "business_channel": _masked(metadata.business_channel),
                "referral_no": _masked(metadata.referral_no),
                "answer": registered.model_dump(mode="json"),
            },
            prediction=_prediction(said, kept_at),
            decision={
                "decided_at": kept_at,
                "rules": self._rules,
                "department": said.department.code,
                "priority": said.priority,
                "trace": said.trace,
            },
        )

    def _customer(self, key: str | None) -> str | None:
        return None if key is None else keyed_hash(self._key, "customer", key)

    def find(self, complaint_id: str) -> CaseOut:
        """The whole record of a complaint. Raises `RefusedError` if there is none."""
        case = self._cases.find(complaint_id)
        if case is None:
            raise _unknown(complaint_id)
        return CaseOut.of(case)

    def page(self, filters: Filters, *, before: int | None, limit: int) -> CasePage:
        """Cases as they stand now, newest first."""
        rows = self._cases.page(filters, before=before, limit=limit + 1)
        listed = [ListedCase.model_validate(dict(row)) for row in rows[:limit]]
        return CasePage(items=listed, next=rows[limit - 1]["number"] if len(rows) > limit else None)

    def correct(self, complaint_id: str, correction: CorrectionRequest) -> CaseOut:
        """Add the right category to a case. Raises `RefusedError` for an unknown case or category."""
        if correction.category not in self._service.taxonomy:
            detail = f"There is no category {correction.category!r}. GET /v1/categories lists them."
            raise RefusedError("invalid-field", detail, "/category")
        note = None if correction.note is None else mask(_storable(correction.note))
        if not self._cases.correct(complaint_id, correction.category, by=correction.by, note=note):
            raise _unknown(complaint_id)
        return self.find(complaint_id)

    def erase(self, complaint_id: str) -> None:
        """Take the person out of a case; statistics stay. Raises `RefusedError` if there is no such case."""
        if not self._cases.erase(complaint_id):
            raise _unknown(complaint_id)

    def check(self) -> None:
        """Raise if the database does not answer."""
        self._cases.check()


def _prediction(said: Classification, at: datetime) -> dict[str, Any]:
    return {
        "predicted_at": at,
        "model": said.model,
        "category": said.category.code,
        "confidence": said.confidence,
        "verdict": said.decision,
        "secondary": [named.code for named in said.secondary],
        "candidates": [[candidate.code, candidate.confidence] for candidate in said.candidates],
    }


def _storable(text: str) -> str:
    """The text without the one character that no database keeps."""
    return text.replace("\0", "\ufffd")


def _masked(value: str | None) -> str | None:
    return None if value is None else mask(_storable(value))


def _unknown(complaint_id: str) -> RefusedError:
    return RefusedError("no-such-complaint", f"There is no complaint {complaint_id!r}. GET /v1/complaints lists them.")
