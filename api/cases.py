"""What goes over the wire about kept cases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from api.schemas import Channel, Classification, Complaint, Short, StrictRequest
from api.storage import Case


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


class CorrectionRequest(StrictRequest):
    """The right category of a case."""

    category: Short = Field(description="A category code.", examples=["card_fees"])
    by: Short | None = Field(None, description="Who says so; by default the key's owner.", examples=["复核员 李"])
    note: str | None = Field(None, max_length=2_000, description="Why.")


class PredictionOut(BaseModel):
    """What a model said."""

    predicted_at: Kept
    model: str
    category: str
    confidence: float
    verdict: Literal["auto", "review"]
    secondary: list[str]
    candidates: list[tuple[str, float]]


class DecisionOut(BaseModel):
    """Where the rules sent the case, and why."""

    decided_at: Kept
    rules: str = Field(description="Version of the routing rules.")
    department: str
    priority: str
    trace: list[str]
    standing: Literal["new", "repeat"] | None = Field(description="Null for cases of before there was a rule.")
    related: list[RelatedOut] | None


class CorrectionOut(BaseModel):
    """What a person said."""

    corrected_at: Kept
    corrected_by: str
    category: str
    selection: str = Field(description="review: the model asked for a person; correction: a person noticed.")
    note: str | None


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

    @classmethod
    def of(cls, case: Case) -> CaseOut:
        """Take it from a kept case."""
        said: dict[str, Any] = {
            name: [dict(row) for row in getattr(case, name)] for name in ("predictions", "decisions", "corrections")
        }
        return cls.model_validate({**case.complaint, **said})


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
    department: str
    priority: str


class CasePage(BaseModel):
    """Cases, newest first."""

    items: list[ListedCase]
    next: int | None = Field(description="Ask with `before` set to it for the next page; null on the last.")
