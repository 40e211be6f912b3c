"""What goes over the wire: requests and answers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from classifier.model import Evidence
from classifier.routing import Priority
from classifier.signals import SIGNALS, Signal
from classifier.taxonomy import Category, Named
from classifier.text import MAX_CHARS
from classifier.thresholds import Doubt

Channel = Literal["hotline", "branch", "app", "web", "letter", "regulator_referral", "media"]
Short = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A line of text: no control characters."""

MOST_ERRORS = 20
"""Fields at fault that an answer names."""

_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_CHINA = timezone(timedelta(hours=8))


def _in_utc(moment: datetime) -> datetime:
    if not 1900 < moment.year < 2200:  # also keeps clear of what no time zone can shift
        raise ValueError("must be a year between 1901 and 2199")
    return (moment if moment.tzinfo else moment.replace(tzinfo=_CHINA)).astimezone(UTC)


def _no_number(moment: Any) -> Any:
    """Refuse what would be taken for a count of seconds: 20261124 is no day in 1970."""
    if not isinstance(moment, datetime) and not (isinstance(moment, str) and _ISO.match(moment)):
        raise ValueError("must be ISO 8601, such as 2026-11-24T09:30:00")
    return moment


Moment = Annotated[datetime, BeforeValidator(_no_number), AfterValidator(_in_utc)]
"""A moment as it is sent: ISO 8601; without an offset, in China."""

_EXAMPLE = "信用卡年费说好刷满六次就免，现在又扣了我300元，打客服说系统自动扣的，要求退还。"


class StrictRequest(BaseModel):
    """A request: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _of_few_unknown_fields(cls, sent: Any) -> Any:
        """Keep as many unknown fields as an answer names: an error for each of a million takes gigabytes."""
        if not isinstance(sent, dict) or len(sent) <= MOST_ERRORS:
            return sent
        unknown = set(islice((name for name in sent if name not in cls.model_fields), MOST_ERRORS))
        return {name: value for name, value in sent.items() if name in unknown or name in cls.model_fields}


class Metadata(StrictRequest):
    """What the intake system knows about the case. The same keys in every door."""

    segment: Short | None = Field(None, description="Customer segment.", examples=["个人"])
    product: Short | None = Field(None, description="The product complained about.", examples=["标准信用卡金卡"])
    amount: Decimal | None = Field(
        None, ge=-(10**15), le=10**15, max_digits=20, description="Money in dispute, in yuan.", examples=[300]
    )
    customer_key: Short | None = Field(None, description="The bank's key of the customer; never a name or number.")
    business_channel: Short | None = Field(None, description="业务办理渠道: where the business was done.")
    referral_no: Short | None = Field(None, description="The regulator's number of a referred case.")


NOTHING_KNOWN = Metadata()
"""What complaints that say no more have in common."""


class Complaint(StrictRequest):
    """What every door takes of a complaint."""

    text: str = Field(description="The words of the complaint.", max_length=MAX_CHARS, examples=[_EXAMPLE])
    channel: Channel | None = Field(None, description="投诉渠道: by which way the complaint arrived.")
    region: Short | None = Field(None, description="Region of the complained-about unit.", examples=["苏州"])
    branch: Short | None = Field(None, description="The complained-about branch.", examples=["观前支行"])
    received_at: Moment | None = Field(None, description="When it arrived, ISO 8601; without an offset, in China.")
    metadata: Metadata = Field(default_factory=lambda: NOTHING_KNOWN)


class ClassifyRequest(Complaint):
    """One complaint."""

    top_k: int | None = Field(
        None,
        ge=1,
        le=100,
        strict=True,
        description="How many candidates to answer, best first; by default as many as a reviewer needs.",
    )
    explain: bool = Field(False, strict=True, description="Whether to name the terms that spoke for the category.")


class BatchRequest(StrictRequest):
    """Up to 1,000 complaints. Items are checked one by one: a bad one spoils no other."""

    items: list[Any] = Field(
        min_length=1,
        max_length=1_000,
        description="Each as in POST /v1/classify.",
        json_schema_extra={"items": {"$ref": "#/components/schemas/ClassifyRequest"}},
    )


class NamedOut(BaseModel):
    """A code and its two names."""

    code: str
    zh: str
    en: str

    @classmethod
    def of(cls, named: Named | Category) -> NamedOut:
        """Take the three from a group, department or category."""
        return cls(code=named.code, zh=named.zh, en=named.en)


class CandidateOut(NamedOut):
    """A category and how probable it is."""

    confidence: float


class PlaceOut(BaseModel):
    """A half-open span of the text as it was sent, in characters (Unicode code points)."""

    start: int
    end: int


class EvidenceOut(BaseModel):
    """A term that spoke for the category."""

    term: str = Field(description="A word, in canonical form.")
    weight: float = Field(description="What it added to the category's score beyond what it added to the others.")
    places: list[PlaceOut]

    @classmethod
    def of(cls, evidence: Evidence) -> EvidenceOut:
        """Take it from the model's evidence."""
        places = [PlaceOut(start=start, end=end) for start, end in evidence.places]
        return cls(term=evidence.term, weight=round(evidence.weight, 4), places=places)


class SignalOut(NamedOut):
    """What makes a case urgent or special, and the clause that says so."""

    words: str = Field(description="As they were sent; of a kept case, with personal data masked.")
    start: int = Field(description="Place in the text, in characters.")
    end: int

    @classmethod
    def found(cls, signal: Signal) -> SignalOut:
        """Take it from what the model found."""
        zh, en = SIGNALS[signal.code]
        return cls(code=signal.code, zh=zh, en=en, words=signal.words, start=signal.start, end=signal.end)


class Classification(BaseModel):
    """What one complaint is about, how sure that is, and who gets it."""

    model: str = Field(description="Version of the model that answered.")
    category: NamedOut
    group: NamedOut
    confidence: float = Field(description="Probability of the category, 0 to 1.")
    secondary: list[NamedOut] = Field(description="What else the text complains about.")
    candidates: list[CandidateOut] = Field(
        description="The most probable categories, best first; by default as many as a reviewer needs."
    )
    decision: Literal["auto", "review"] = Field(description="auto: may be acted on; review: a person looks first.")
    signals: list[SignalOut] = Field(description="What makes it urgent or special, the most urgent first.")
    department: NamedOut = Field(description="The one owner of the case.")
    co_departments: list[NamedOut] = Field(description="Who works on it too.")
    queue: str = Field(description="Where in the department it lines up.")
    priority: Priority = Field(description="P1 is first in line.")
    first_response_due: datetime = Field(description="When the customer must have been answered.")
    resolution_due: datetime = Field(description="When the case must be decided: never after statutory_due.")
    statutory_due: datetime | None = Field(description="The limit that the law sets.")
    provisional: bool = Field(description="Whether holidays that are not published yet may move a due date.")
    rules: str = Field(description="Version of the routing rules.")
    trace: list[str] = Field(description="The routing rules that fired, in words.")
    tried: list[str] | None = Field(None, description="The rules that did not, and why: if asked for with explain.")
    evidence: list[EvidenceOut] | None = Field(None, description="If asked for with explain.")
    doubts: list[Doubt] | None = Field(
        None,
        description="What keeps it from being automatic, if asked for with explain: its confidence, its length (it "
        "would be sure enough in a longer text), the margin to the second category, words new to the model.",
    )


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    type: str = Field(description="What kind of problem, a stable URN.", examples=["urn:complaints:empty-text"])
    title: str
    status: int
    detail: str = Field(description="What is wrong, where, and how to mend it.")
    instance: str = Field(description="The path that was asked.")
    errors: list[FieldError] = Field(default_factory=list, description="The fields at fault, if any.")


class FieldError(BaseModel):
    """What is wrong with one field."""

    pointer: str = Field(description="JSON pointer into the body.", examples=["/metadata/amount"])
    detail: str


class BatchItem(BaseModel):
    """The answer to one item: a result or a problem."""

    index: int
    result: Classification | None = None
    problem: Problem | None = None


class BatchAnswer(BaseModel):
    """Answers to all items, in their order."""

    model: str
    items: list[BatchItem]
    succeeded: int
    failed: int


class CategoryOut(NamedOut):
    """One category of the taxonomy."""

    group: NamedOut
    definition_zh: str
    definition_en: str
    business: str
    cause: str
    department: NamedOut


class Categories(BaseModel):
    """All categories, in the taxonomy's order."""

    model: str
    categories: list[CategoryOut]


class ModelOut(BaseModel):
    """The model that answers now."""

    version: str
    created: datetime
    preset: str
    classes: list[str]
    thresholds: dict[str, float]
    data: dict[str, Any]
    metrics: dict[str, Any] = Field(description="What cross-validation on the training texts measured.")
    tokenizer: dict[str, Any]


class Refused(BaseModel):
    """A model that should answer and does not, because it failed a check."""

    version: str
    problem: str


class Health(BaseModel):
    """Alive, or ready with a model."""

    status: Literal["live", "ready"]
    model: str
    refused: Refused | None = Field(None, description="What should answer instead and cannot; null if all is well.")
