"""The tables, as this program uses them; how they came about is told by `migrations`.

What was predicted, decided and corrected is added and never changed: triggers refuse anything else. All times are UTC.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, DateTime, Float, ForeignKey, Integer, MetaData, String, Table, Text

METADATA = MetaData()

_NUMBER = BigInteger().with_variant(Integer, "sqlite")  # only an INTEGER key counts up by itself there


def _complaint() -> Column[int]:
    return Column("complaint", _NUMBER, ForeignKey("complaints.number"), nullable=False, index=True)


COMPLAINTS = Table(
    "complaints",
    METADATA,
    Column("number", _NUMBER, primary_key=True, doc="Counts up in order of arrival; pages are cut by it."),
    Column("complaint_id", String(200), nullable=False, unique=True, doc="The caller's id, or one made here."),
    Column("idempotency_key", String(200), unique=True),
    Column("body_hash", String(64), nullable=False, doc="Keyed hash of what was sent: a repeat is told by it."),
    Column("registered_at", DateTime, nullable=False, index=True),
    Column("received_at", DateTime),
    Column("text", Text, nullable=False, doc="With personal data masked; empty once erased."),
    Column("raw_text", Text, doc="As it was sent, if the setting says so."),
    Column("channel", String(32), index=True),
    Column("region", String(200), index=True),
    Column("branch", String(200)),
    Column("segment", String(200)),
    Column("product", String(200)),
    Column("amount", String(64), doc="In yuan, as a decimal number."),
    Column("customer_key", String(64), index=True, doc="Keyed hash of the bank's key."),
    Column("business_channel", String(200)),
    Column("referral_no", String(200)),
    Column("answer", JSON, nullable=False, doc="What the caller was answered first: a repeat is answered the same."),
    Column("erased_at", DateTime),
)

PREDICTIONS = Table(
    "predictions",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    _complaint(),
    Column("predicted_at", DateTime, nullable=False),
    Column("model", String(200), nullable=False),
    Column("category", String(64), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("verdict", String(16), nullable=False, doc="auto or review."),
    Column("secondary", JSON, nullable=False, doc="Category codes."),
    Column("candidates", JSON, nullable=False, doc="Pairs of category code and confidence, best first."),
)

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    _complaint(),
    Column("decided_at", DateTime, nullable=False),
    Column("rules", String(64), nullable=False, doc="Version of the routing rules."),
    Column("department", String(64), nullable=False),
    Column("priority", String(8), nullable=False),
    Column("trace", JSON, nullable=False, doc="The rules that fired, in words."),
)

CORRECTIONS = Table(
    "corrections",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    _complaint(),
    Column("corrected_at", DateTime, nullable=False),
    Column("corrected_by", String(200), nullable=False),
    Column("category", String(64), nullable=False),
    Column("selection", String(16), nullable=False, doc="Why a person looked: review (asked to) or correction."),
    Column("note", Text),
)

APPEND_ONLY = (PREDICTIONS, DECISIONS, CORRECTIONS)

STATES = Table(
    "case_states",
    MetaData(),
    Column("number", _NUMBER),
    Column("complaint_id", String),
    Column("registered_at", DateTime),
    Column("text", Text),
    Column("channel", String),
    Column("region", String),
    Column("category", String, doc="The last correction's, or else the last prediction's."),
    Column("confidence", Float),
    Column("verdict", String),
    Column("department", String),
    Column("priority", String),
)
"""A view: every case as it stands now."""
