"""Review: handing cases out, taking in what people say of them, and what that says of the model. No HTTP in here."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import RowMapping

from api.access.caller import Caller
from api.cases import CaseOut, Kept
from api.casework import Casework
from api.deciding import corrected, kept_facts, reroute
from api.happening import mark
from api.intake import masked
from api.life import Life
from api.precision import PrecisionOut, precision
from api.problems import RefusedError
from api.schemas import CandidateOut, EvidenceOut, Short, SignalOut, StrictRequest
from api.service import Service
from api.serving import Serving
from api.storage import CaseWork, Database, Reviews, log_alone, now
from classifier.errors import TextError
from classifier.routing import Router
from classifier.taxonomy import UNDECIDED, Taxonomy
from classifier.thresholds import Doubt

Kind = Literal["complaint", "enquiry", "suggestion", "praise", "empty"]
BusinessChannel = Literal[
    "营业现场", "自助机具", "网银", "电话", "移动客户端", "网络公众平台", "短信", "第三方渠道", "中后台", "其他"
]


class ClaimRequest(StrictRequest):
    """Who wants a case."""

    complaint_id: Short | None = Field(None, description="A certain one; by default the one held, or the next.")
    by: Short | None = Field(None, description="The reviewer; by default the key's owner.")


class CorrectionRequest(StrictRequest):
    """What a case is really about."""

    category: Short = Field(description="A category code.", examples=["card_fees"])
    by: Short | None = Field(None, description="Who says so; by default the key's owner.", examples=["复核员 李"])
    note: str | None = Field(None, max_length=2_000, description="Why.")
    kind: Kind | None = Field(None, description="Whether it is a complaint at all.")
    business: Short | None = Field(None, description="投诉业务类别, where the category leaves it open.")
    cause: Short | None = Field(None, description="投诉原因, where the category leaves it open.")
    business_channel: BusinessChannel | None = Field(None, description="业务办理渠道.")


class ReturnRequest(StrictRequest):
    """退单: a department says that a case is not its own."""

    note: str = Field(min_length=1, max_length=2_000, description="Why not.")
    category: Short | None = Field(None, description="What it is about instead; without it, a reviewer looks.")
    by: Short | None = Field(None, description="Who says so; by default the key's owner.")


class ReviewOut(BaseModel):
    """A case that waits for a person. In a blind one (`why` is sample) nothing says what the model thinks."""

    complaint_id: str
    why: Literal["uncertain", "sample", "returned"]
    registered_at: Kept
    text: str
    priority: str
    resolution_due: Kept | None
    holder: str | None
    held_until: Kept | None
    signals: list[SignalOut] | None
    candidates: list[CandidateOut] | None = Field(description="Null in a blind one.")
    evidence: list[EvidenceOut] | None = Field(description="Words that spoke for the first candidate; null if blind.")
    doubts: list[Doubt] | None = Field(description="What keeps it from being automatic; null if blind.")


class Reviewing:
    """The desk where people look at cases.

    Parameters
    ----------
    service : Service
    casework : Casework
    database : Database
    """

    def __init__(self, service: Service, casework: Casework, database: Database) -> None:
        self._service = service
        self._casework = casework
        self._database = database
        self._reviews = Reviews(database)

    def waiting(self, limit: int, caller: Caller) -> list[ReviewOut]:
        """The cases that wait, the most urgent first, and of these the most uncertain."""
        log_alone(self._database, caller.act("list reviews"))
        serving = self._service.serving
        return [_shown(row, serving) for row in self._reviews.waiting(limit)]

    def claim(self, request: ClaimRequest, caller: Caller, *, passed_over: bool = False) -> ReviewOut | None:
        """A case for one reviewer alone, for as long as the lease lasts; None if there is none.

        The next is one that they have passed over lately only if it is to be (`passed_over`).
        """
        by, act = masked(request.by or caller.owner), caller.act("claim")
        row = self._reviews.claim(by, request.complaint_id, act, passed_over=passed_over)
        return None if row is None else _shown(row, self._service.serving)

    def held(self, caller: Caller) -> ReviewOut | None:
        """The case that the caller has; None if they have none."""
        row = self._reviews.held(masked(caller.owner))
        return None if row is None else _shown(row, self._service.serving)

    def release(self, complaint_id: str, request: ClaimRequest, caller: Caller) -> None:
        """Let others have a case. Raises `RefusedError` if it is not held."""
        if not self._reviews.release(masked(request.by or caller.owner), complaint_id):
            raise RefusedError("no-such-claim", "You do not hold this case.")

    def correct(
        self, complaint_id: str, request: CorrectionRequest, caller: Caller, *, holding: bool = False
    ) -> CaseOut:
        """Add what a case is really about, and send it there.

        Parameters
        ----------
        complaint_id : str
        request : CorrectionRequest
        caller : Caller
        holding : bool
            Refuse it if the case is not claimed by who says so: another may have looked at it meanwhile.

        Raises
        ------
        RefusedError
            If there is no such case, category or facet, or no claim.
        """
        serving = self._service.serving
        _require(request.category, serving.taxonomy, "/category")
        for axis in ("business", "cause"):
            _require_facet(request, serving.taxonomy, axis)
        with self._casework.working(complaint_id) as work:
            if holding:
                require_claim(work, masked(request.by or caller.owner))
            left, at, by = work.open_case(), now(), masked(request.by or caller.owner)
            why = left and left["review"]
            number = _correct(work, request, serving, caller, why or "correction")
            if why:
                work.look({"at": at, "reviewer": by, "act": "judged", "why": why, "correction": number})
            work.log(caller.act("correct", complaint_id))
        return self._casework.record(complaint_id)

    def give_back(self, complaint_id: str, request: ReturnRequest, caller: Caller, *, holding: bool = False) -> CaseOut:
        """Take a case from the department that says it is not its own; `holding` as of `correct`.

        Raises `RefusedError`.
        """
        serving = self._service.serving
        if request.category is not None:
            _require(request.category, serving.taxonomy, "/category")
        with self._casework.working(complaint_id) as work:
            if holding:
                require_claim(work, masked(request.by or caller.owner))
            left, number = work.open_case(), None
            returning = work.decision()["department"]
            life = Life.of(work.events())
            if life.closed:
                raise RefusedError("out-of-order", f"The case is closed ({life.closed}): reopen it first.")
            by, note = masked(request.by or caller.owner), masked(request.note)
            at = now()
            said = {"event": "returned", "happened_at": at, "recorded_at": at, "actor": by, "note": note}
            work.happen({**said, "mark": mark(complaint_id, "returned", at, by)})
            event = max(row["number"] for row in work.events())
            if request.category is None:
                _send(work, serving.router, None, "returned", life, not_to=returning)
                work.leave(review="returned", holder=None, held_until=None)
            else:
                correction = CorrectionRequest(category=request.category, by=by, note=note)
                number = _correct(work, correction, serving, caller, "returned", not_to=returning)
            if left and left["review"]:
                look = {"at": at, "reviewer": by, "act": "returned", "why": left["review"]}
                work.look({**look, "correction": number, "event": event})
            work.log(caller.act("return", complaint_id))
        return self._casework.record(complaint_id)

    def precision(self) -> list[PrecisionOut]:
        """What blind review says of every model, the one reviewed last first."""
        return precision(self._reviews, self._service.serving.bundle.manifest)


def _correct(
    work: CaseWork,
    request: CorrectionRequest,
    serving: Serving,
    caller: Caller,
    selection: str,
    not_to: str | None = None,
) -> int:
    """Add a correction, and send the case where it says; the correction's number."""
    before = corrected(work) or work.prediction()["category"]
    number = work.correct(
        {
            "corrected_at": now(),
            "corrected_by": masked(request.by or caller.owner),
            "category": request.category,
            "selection": selection,
            "note": masked(request.note),
            "kind": request.kind,
            "business": request.business,
            "cause": request.cause,
            "business_channel": request.business_channel,
        }
    )
    decision = work.decision()
    unsure = work.prediction()["verdict"] == "review" and decision["reason"] in (None, "intake", "withdrawn")
    if request.category != before or unsure or not_to or selection == "returned":
        reason = "returned" if not_to else "corrected"
        _send(work, serving.router, request.category, reason, Life.of(work.events()), not_to)
    work.leave(review=None, holder=None, held_until=None)
    return number


def require_claim(work: CaseWork, reviewer: str) -> RowMapping:
    """What is to be done of a case that waits and that a reviewer holds; else raise `RefusedError`."""
    left = work.open_case()
    if left is None or left["review"] is None:
        raise RefusedError("no-such-claim", "The case waits no more: somebody has looked at it meanwhile.")
    if left["holder"] != reviewer or left["held_until"] <= now():
        raise RefusedError("no-such-claim", "You do not hold this case any more: claim it again.")
    return left


def _send(work: CaseWork, router: Router, category: str | None, reason: str, life: Life, not_to: str | None) -> None:
    """Route a case again; without a category it is one that nobody is sure of."""
    facts = kept_facts(work.complaint, work.prediction(), life, category, unsure=category is None)
    reroute(work, router.route(facts, not_to=not_to), reason, life)


def _require(category: str, taxonomy: Taxonomy, pointer: str) -> None:
    if category not in taxonomy:
        raise RefusedError("invalid-field", "There is no such category. GET /v1/categories lists them.", pointer)


def _require_facet(request: CorrectionRequest, taxonomy: Taxonomy, axis: str) -> None:
    value = getattr(request, axis)
    if value is None:
        return
    fixed = getattr(taxonomy[request.category], axis)
    if fixed not in (UNDECIDED, value):
        raise RefusedError("invalid-field", f"The category says {fixed}.", f"/{axis}")
    classes = taxonomy.facets[axis]
    if value not in classes:
        raise RefusedError("invalid-field", f"Use one of: {', '.join(classes)}.", f"/{axis}")


def _shown(row: Any, serving: Serving) -> ReviewOut:
    blind = row["review"] == "sample"
    candidates = evidence = signals = doubts = None
    if not blind:
        try:
            explanation = serving.bundle.model.explain(row["text"])
        except TextError:  # nothing but masks is left of it
            explanation = None
        if explanation:
            found = serving.answers.candidates(explanation.prediction.candidates)
            candidates = [CandidateOut.model_validate(one) for one in found]
            evidence = [EvidenceOut.of(e) for e in explanation.evidence]
            signals = [SignalOut.found(signal) for signal in explanation.prediction.signals]
            doubts = list(explanation.doubts)
    return ReviewOut(
        **{name: row[name] for name in ReviewOut.model_fields if name in row},
        why=row["review"],
        signals=signals,
        candidates=candidates,
        evidence=evidence,
        doubts=doubts,
    )
