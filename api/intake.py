"""Taking complaints in: read, judged, routed and kept, each once. No HTTP in here."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, overload

from api.cases import IntakeRequest, Registered
from api.clock import present
from api.deciding import decided, opened
from api.matters import WINDOW, Matter, judge
from api.privacy import keyed_hash, open_key
from api.problems import RefusedError
from api.schemas import Classification
from api.service import Service
from api.settings import Settings
from api.storage import Cases, Database, Kept, KnownCaseError, NewCase, TakenError, Writing, utc
from api.telemetry.metrics import count_case
from api.together import Together
from classifier.fingerprint import fingerprint, shingles
from classifier.masking import mask
from classifier.routing import Decision


@dataclass(frozen=True, slots=True)
class Draft:
    """A complaint that has been read, but not kept.

    Attributes
    ----------
    complaint_id, made_id, idempotency_key, body_hash : str
        By which a repeat is told.
    owner : str
        Of the key it came with.
    request_id : str or None
        Of the request it came with.
    request : IntakeRequest
    text : str
        With personal data masked.
    said : Classification
    decision : Decision
    customer : str or None
        Keyed hash of the bank's key.
    shingles, bands : frozenset of str, tuple of int
        By which the same matter is told (`classifier.fingerprint`).
    """

    complaint_id: str
    made_id: str | None
    idempotency_key: str | None
    body_hash: str
    owner: str
    request_id: str | None
    request: IntakeRequest
    text: str
    said: Classification
    decision: Decision
    customer: str | None
    shingles: frozenset[str]
    bands: tuple[int, ...]


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
    sample : float
        Share of the cases that the model is sure of which a person is to look at nevertheless.
    """

    def __init__(self, service: Service, cases: Cases, key: bytes, *, keep_raw: bool, sample: float) -> None:
        self._service = service
        self._cases = cases
        self._key = key
        self._keep_raw = keep_raw
        self._together = Together(self._keep_some)
        self._sample = sample

    @classmethod
    def of(cls, service: Service, settings: Settings, database: Database) -> Intake:
        """The front door of a case database. Raises `StorageError` if the key beside it cannot be used."""
        key = open_key(settings, database)
        return cls(service, Cases(database), key, keep_raw=settings.keep_raw_text, sample=settings.review_sample)

    def register(self, draft: Draft) -> tuple[Any, bool]:
        """Route and keep a complaint that has been read; it is on disk when this returns.

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
        """
        kept = self._together(draft)
        return kept.answer, kept.created

    def _keep_some(self, drafts: Sequence[Draft]) -> Sequence[Kept | RefusedError]:
        """Keep drafts in one transaction; one that is refused stops no other."""
        while True:
            try:
                with self._cases.writing() as writing:
                    kept = [self.keep(writing, draft) for draft in drafts]
            except TakenError:  # by another process, since it was asked for: ask again
                continue
            for draft, one in zip(drafts, kept, strict=True):
                if isinstance(one, Kept) and one.created:
                    count_case(draft.said)
            return kept

    def read(
        self,
        request: IntakeRequest,
        owner: str,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
        made_id: str | None = None,
    ) -> Draft:
        """Read a complaint of an owner's. Raises `TextError`.

        Parameters
        ----------
        request : IntakeRequest
        owner : str
        request_id : str, optional
        idempotency_key : str, optional
        made_id : str, optional
            Its id, if the caller has not given one.
        """
        said, decision = self._service.serving.judge(request)
        kept = masked(request.text)
        for signal in said.signals:  # a mask is as long as what it covers
            signal.words = kept[signal.start : signal.end]
        body_hash = keyed_hash(self._key, "body", request.model_dump_json(exclude={"complaint_id"}))
        alike = shingles(request.text)
        return Draft(
            complaint_id=request.complaint_id or made_id or uuid.uuid4().hex,
            made_id=made_id,
            idempotency_key=idempotency_key and _of_owner(idempotency_key, owner),
            body_hash=body_hash,
            owner=owner,
            request_id=request_id,
            request=request,
            text=kept,
            said=said,
            decision=decision,
            customer=self._customer(request.metadata.customer_key),
            shingles=alike,
            bands=fingerprint(alike),
        )

    def keep(self, writing: Writing, draft: Draft) -> Kept | RefusedError:
        """Judge a draft by the earlier cases and keep it, unless it or another is kept under its id or key.

        Raises
        ------
        TakenError
            If another process has just used its id or key; nothing of the transaction is then kept.
        """
        since = present() - WINDOW
        known, near = writing.look(draft.complaint_id, draft.idempotency_key, draft.customer, draft.bands, since)
        if known:
            try:
                return writing.first(known, draft.request.complaint_id or draft.made_id, draft.body_hash)
            except KnownCaseError as error:
                name = "complaint_id" if error.by_id else "Idempotency-Key"
                return RefusedError(
                    "known-complaint",
                    f"Another complaint is kept under this {name}. Send this one under its own.",
                    "/complaint_id" if error.by_id else "",
                )
        matter = judge(draft.shingles, draft.customer, draft.said.category.code, writing.earlier(near))
        return writing.keep(self._case(draft, matter))

    def _case(self, draft: Draft, matter: Matter) -> NewCase:
        request, said = draft.request, draft.said
        at = present()
        kept_at = utc(at)
        related = [asdict(case) for case in matter.related]
        registered = Registered(
            complaint_id=draft.complaint_id,
            registered_at=at,
            standing=matter.standing,
            related=related,
            **said.model_dump(exclude={"evidence", "tried", "doubts"}),
        )
        return NewCase(
            complaint={
                "complaint_id": draft.complaint_id,
                "idempotency_key": draft.idempotency_key,
                "body_hash": draft.body_hash,
                "registered_at": kept_at,
                "registered_by": draft.owner,
                "request_id": draft.request_id,
                "customer_key": draft.customer,
                "answer": registered.model_dump(mode="json"),
                "text": draft.text,
                **self._columns(request),
                **{f"band_{number}": band for number, band in enumerate(draft.bands)},
            },
            prediction=_prediction(said, kept_at),
            decision={
                **decided(draft.decision, "intake", kept_at),
                "standing": matter.standing,
                "related": related,
            },
            open_case=opened(draft.decision, said.confidence, min(request.received_at or at, at), self._review(said)),
        )

    def _review(self, said: Classification) -> str | None:
        """Why a person is to look at a case: the model asks for it, or it is drawn to check what the model says."""
        if said.decision == "review":
            return "uncertain"
        return "sample" if random.random() < self._sample else None  # noqa: S311  # nobody gains by guessing it

    def _columns(self, request: IntakeRequest) -> dict[str, Any]:
        """What is kept of a request, personal data masked."""
        metadata = request.metadata
        return {
            "received_at": utc(request.received_at) if request.received_at else None,
            "raw_text": storable(request.text) if self._keep_raw else None,
            "channel": request.channel,
            "region": masked(request.region),
            "branch": masked(request.branch),
            "segment": masked(metadata.segment),
            "product": masked(metadata.product),
            "amount": None if metadata.amount is None else str(metadata.amount),
            "business_channel": masked(metadata.business_channel),
            "referral_no": masked(metadata.referral_no),
        }

    def _customer(self, key: str | None) -> str | None:
        return None if key is None else keyed_hash(self._key, "customer", key)


def _of_owner(key: str, owner: str) -> str:
    """What stands for an Idempotency-Key: two systems may count alike."""
    return hashlib.sha256(f"{owner}\n{key}".encode()).hexdigest()


def _prediction(said: Classification, at: datetime) -> dict[str, Any]:
    return {
        "predicted_at": at,
        "model": said.model,
        "category": said.category.code,
        "confidence": said.confidence,
        "verdict": said.decision,
        "secondary": [named.code for named in said.secondary],
        "candidates": [[candidate.code, candidate.confidence] for candidate in said.candidates],
        "signals": [[signal.code, signal.start, signal.end] for signal in said.signals],
    }


def storable(text: str) -> str:
    """The text without the one character that no database keeps."""
    return text.replace("\0", "\ufffd")


@overload
def masked(value: str) -> str: ...
@overload
def masked(value: None) -> None: ...
def masked(value: str | None) -> str | None:
    """What a person wrote, as it may be kept."""
    return None if value is None else mask(storable(value))
