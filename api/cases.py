"""What goes over the wire about kept cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from api.life import Event, Life, Noted
from api.schemas import Channel, Classification, Complaint, Moment, Short, SignalOut, StrictRequest
from api.storage import Case, now
from classifier.signals import Triple, kept_signals


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


Kept = Annotated[datetime, AfterValidator(_utc)]
"""A moment from the database, which keeps UTC without saying so; the wire says so."""

ComplaintId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^\w[\w.:@~+-]*$",
        description="The caller's id of the complaint: letters, digits and . : @ ~ + - _",
        examples=["HL-20261124-000381"],
    ),
]


class IntakeRequest(Complaint):
    """One complaint to be kept."""

    complaint_id: ComplaintId | None = None


class RelatedOut(BaseModel):
    """An earlier case of the same matter."""

    complaint_id: str
    relation: Literal["same_customer", "same_text", "parallel"] = Field(
        description="same_text: one of the two names no customer; parallel: the same text from another customer."
    )
    similarity: float = Field(description="Of the texts, 0 to 1.")


class Registered(Classification):
    """A kept complaint, and what it is about."""

    complaint_id: str
    registered_at: datetime
    standing: Literal["new", "repeat"]
    related: list[RelatedOut] = Field(description="Earlier cases of the same matter, the likeliest first.")


class EventRequest(StrictRequest):
    """Something that happened to a case."""

    event: Event
    at: Moment | None = Field(
        None, description="When it happened; by default now. Sent again with the same moment, it is kept once."
    )
    by: Short | None = Field(None, description="Who did it; by default the key's owner.", examples=["张经办"])
    note: str | None = Field(None, max_length=2_000, description="What and why; an extension needs it.")
    approver: Short | None = Field(None, description="Who approved an extension; it needs one.")
    until: Moment | None = Field(
        None, description="What an extension is promised for; by default the latest day that the law allows."
    )
    satisfaction: int | None = Field(None, ge=1, le=5, strict=True, description="What following up brought, 5 is best.")


class PredictionOut(BaseModel):
    """What a model said."""

    predicted_at: Kept
    model: str
    category: str
    confidence: float
    verdict: Literal["auto", "review"]
    secondary: list[str]
    candidates: list[tuple[str, float]]
    signals: list[SignalOut] | None = Field(description="Null for cases of before there were signals.")


class DecisionOut(BaseModel):
    """Where the rules sent the case, and why."""

    decided_at: Kept
    rules: str = Field(description="Version of the routing rules.")
    reason: str | None = Field(description="intake, corrected, returned, withdrawn, reopened or calendar.")
    department: str
    co_departments: list[str] | None
    queue: str | None
    priority: str
    first_response_due: Kept | None
    resolution_due: Kept | None
    statutory_due: Kept | None
    provisional: bool | None = Field(description="Whether holidays that are not published yet may move a due date.")
    trace: list[str]
    tried: list[str] | None
    standing: Literal["new", "repeat"] | None = Field(description="Null for cases of before there was a rule.")
    related: list[RelatedOut] | None


class CorrectionOut(BaseModel):
    """What a person said."""

    corrected_at: Kept
    corrected_by: str
    category: str
    selection: str = Field(
        description="Why a person looked. uncertain (or, of earlier programs, review): the model asked for it; sample: "
        "drawn to check the model, blind; returned: by a department; correction: a person noticed."
    )
    note: str | None
    kind: str | None
    business: str | None
    cause: str | None
    business_channel: str | None
    withdrawn_at: Kept | None = Field(None, description="When it was taken back; it counts no more then.")


class EventOut(BaseModel):
    """What happened to a case."""

    event: Event | Noted | Literal["returned"]
    happened_at: Kept
    recorded_at: Kept
    actor: str
    note: str | None
    approver: str | None
    satisfaction: int | None
    due: Kept | None = Field(description="Of an extension, the new due date; of a breach, what was due.")
    withdrawn_at: Kept | None = Field(None, description="When a return was taken back.")


class DeadlineOut(BaseModel):
    """What is due of a case, and what became of it."""

    due: Kept
    met_at: Kept | None
    state: Literal["running", "met", "missed"]

    @classmethod
    def of(cls, due: datetime | None, met_at: datetime | None) -> DeadlineOut | None:
        """Judge it; None where nothing was due."""
        if due is None:
            return None
        in_time = (met_at or now()) <= due
        state: Literal["running", "met", "missed"] = "missed" if not in_time else "met" if met_at else "running"
        return cls(due=due, met_at=met_at, state=state)


class CaseOut(BaseModel):
    """The whole record of a complaint: nothing in it is ever overwritten, but for erasing a person."""

    complaint_id: str
    registered_at: Kept
    registered_by: str | None = Field(description="Owner of the key it came with.")
    received_at: Kept | None
    erased_at: Kept | None
    text: str = Field(description="With personal data masked; empty once erased.")
    raw_text: str | None = Field(description="As it was sent, if the service keeps that.")
    channel: str | None
    region: str | None
    branch: str | None
    segment: str | None
    product: str | None
    amount: str | None
    customer_key: str | None = Field(description="A keyed hash of the key that was sent.")
    business_channel: str | None
    referral_no: str | None
    predictions: list[PredictionOut]
    decisions: list[DecisionOut]
    corrections: list[CorrectionOut]
    events: list[EventOut] = Field(description="In order of their happening.")
    status: Literal["open", "accepted", "answered", "resolved", "withdrawn"]
    satisfaction: int | None
    first_response: DeadlineOut | None
    resolution: DeadlineOut | None

    @classmethod
    def of(cls, case: Case) -> CaseOut:
        """Take it from a kept case."""
        said: dict[str, Any] = {
            "decisions": [dict(row) for row in case.decisions],
            "corrections": [{**row, "withdrawn_at": case.undone("correction", row)} for row in case.corrections],
            "events": [{**row, "withdrawn_at": case.undone("event", row)} for row in case.events],
        }
        text, life, decision = case.complaint["text"], Life.of(case.events), case.decisions[-1]
        return cls.model_validate(
            {
                **case.complaint,
                **said,
                "predictions": [{**row, "signals": _signals(row["signals"], text)} for row in case.predictions],
                "status": life.status,
                "satisfaction": life.satisfaction,
                "first_response": DeadlineOut.of(decision["first_response_due"], life.answered_at),
                "resolution": DeadlineOut.of(life.extended_to or decision["resolution_due"], life.closed_at),
            }
        )


def _signals(triples: Sequence[Triple] | None, text: str) -> list[SignalOut] | None:
    return None if triples is None else [SignalOut.found(signal) for signal in kept_signals(triples, text)]


class ListedCase(BaseModel):
    """A case as it stands now."""

    complaint_id: str
    registered_at: Kept
    text: str
    channel: Channel | None
    region: str | None
    category: str = Field(description="The last correction's, or else the last prediction's.")
    confidence: float
    verdict: Literal["auto", "review"]
    looked_at: bool = Field(description="Whether a person has said what it is about.")
    department: str
    priority: str
    queue: str | None
    first_response_due: Kept | None = Field(description="Null once it has been given.")
    resolution_due: Kept | None = Field(description="Null once the case is closed.")


class CasePage(BaseModel):
    """Cases, newest first."""

    items: list[ListedCase]
    next: int | None = Field(description="Ask with `before` set to it for the next page; null on the last.")
