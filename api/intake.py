"""Taking complaints in: read, judged, routed and kept, each once. No HTTP in here."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from api.access.caller import Caller
from api.cases import IntakeRequest, Registered
from api.matters import WINDOW, judge
from api.privacy import keyed_hash
from api.problems import RefusedError
from api.schemas import Classification, ClassifyRequest
from api.service import Service
from api.storage import Cases, Kept, KnownCaseError, NewCase, TakenError, Writing, utc
from api.telemetry.metrics import count_case
from classifier.fingerprint import fingerprint, shingles
from classifier.masking import mask
from classifier.routing import BUNDLED as RULES


@dataclass(frozen=True, slots=True)
class Draft:
    """A complaint that has been read, but not kept.

    Attributes
    ----------
    complaint_id, idempotency_key, body_hash : str
        By which a repeat is told.
    request : IntakeRequest
    said : Classification
    """

    complaint_id: str
    idempotency_key: str | None
    body_hash: str
    request: IntakeRequest
    said: Classification


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

    def register(self, request: IntakeRequest, idempotency_key: str | None, caller: Caller) -> tuple[Any, bool]:
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
        draft = self.read(request, request.complaint_id or uuid.uuid4().hex, idempotency_key)
        try:
            with self._cases.writing() as writing:
                kept = self.keep(writing, draft, caller.owner)
        except TakenError:
            # A repeat, or somebody else was first.
            with self._cases.writing() as writing:
                known = self.known(writing, draft)
            if known is None:
                raise
            return known.answer, False
        count_case(draft.said)
        return kept.answer, True

    def read(self, request: IntakeRequest, complaint_id: str, idempotency_key: str | None = None) -> Draft:
        """Read a complaint. Raises `TextError`."""
        said = self._service.classify(ClassifyRequest(text=request.text))
        body_hash = keyed_hash(self._key, "body", request.model_dump_json(exclude={"complaint_id"}))
        return Draft(complaint_id, idempotency_key, body_hash, request, said)

    def known(self, writing: Writing, draft: Draft) -> Kept | None:
        """The case kept under a draft's id or key, if any. Raises `RefusedError` if that is another complaint."""
        try:
            return writing.first_answer(draft.complaint_id, draft.idempotency_key, draft.body_hash)
        except KnownCaseError as error:
            raise RefusedError(
                "known-complaint",
                "Under this complaint_id or Idempotency-Key another complaint is kept. Send this one under its own.",
                "/complaint_id" if draft.request.complaint_id else "",
            ) from error

    def keep(self, writing: Writing, draft: Draft, owner: str) -> Kept:
        """Judge a draft by the earlier cases, and keep it. Raises `TakenError` if its id or key is taken."""
        request, said = draft.request, draft.said
        at = datetime.now(UTC)
        kept_at = utc(at)
        customer = self._customer(request.metadata.customer_key)
        text = shingles(request.text)
        bands = fingerprint(text)
        matter = judge(text, customer, said.category.code, writing.earlier(customer, bands, at - WINDOW))
        related = [asdict(case) for case in matter.related]
        registered = Registered(
            complaint_id=draft.complaint_id,
            registered_at=at,
            standing=matter.standing,
            related=related,
            **said.model_dump(exclude={"evidence"}),
        )
        return writing.keep(
            NewCase(
                complaint={
                    "complaint_id": draft.complaint_id,
                    "idempotency_key": draft.idempotency_key,
                    "body_hash": draft.body_hash,
                    "registered_at": kept_at,
                    "registered_by": owner,
                    "customer_key": customer,
                    "answer": registered.model_dump(mode="json"),
                    **self._columns(request),
                    **{f"band_{number}": band for number, band in enumerate(bands)},
                },
                prediction=_prediction(said, kept_at),
                decision={
                    "decided_at": kept_at,
                    "rules": self._rules,
                    "department": said.department.code,
                    "priority": said.priority,
                    "trace": said.trace,
                    "standing": matter.standing,
                    "related": related,
                },
            )
        )

    def _columns(self, request: IntakeRequest) -> dict[str, Any]:
        """What is kept of a request, personal data masked."""
        metadata = request.metadata
        return {
            "received_at": utc(request.received_at) if request.received_at else None,
            "text": mask(storable(request.text)),
            "raw_text": storable(request.text) if self._keep_raw else None,
            "channel": request.channel,
            "region": _masked(request.region),
            "branch": _masked(request.branch),
            "segment": _masked(metadata.segment),
            "product": _masked(metadata.product),
            "amount": None if metadata.amount is None else str(metadata.amount),
            "business_channel": _masked(metadata.business_channel),
            "referral_no": _masked(metadata.referral_no),
        }

    def _customer(self, key: str | None) -> str | None:
        return None if key is None else keyed_hash(self._key, "customer", key)


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


def storable(text: str) -> str:
    """The text without the one character that no database keeps."""
    return text.replace("\0", "\ufffd")


def _masked(value: str | None) -> str | None:
    return None if value is None else mask(storable(value))
