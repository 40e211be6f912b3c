"""The tables, as this program uses them.

They came about as `migrations` tells; others are in `facts`, `job_tables` and `trainings`.
What was predicted, decided, corrected and done is added and never changed: triggers refuse anything else. All times are
UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from classifier.fingerprint import BANDS

METADATA = MetaData()

NUMBER = BigInteger().with_variant(Integer, "sqlite")  # only an INTEGER key counts up by itself there


def _complaint() -> Column[int]:
    return Column("complaint", NUMBER, ForeignKey("complaints.number"), nullable=False, index=True)


COMPLAINTS = Table(
    "complaints",
    METADATA,
    Column("number", NUMBER, primary_key=True, doc="Counts up in order of arrival; pages are cut by it."),
    Column("complaint_id", String(200), nullable=False, unique=True, doc="The caller's id, or one made here."),
    Column("idempotency_key", String(200), unique=True, doc="SHA-256 of its owner and itself."),
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
    Column("registered_by", String(200), doc="Owner of the key it came with."),
    Column("request_id", String(64), doc="Of the request it came with; null for a row of a file."),
    *(Column(f"band_{number}", BigInteger, doc="Of the text's fingerprint.") for number in range(BANDS)),
)

BAND_COLUMNS = [COMPLAINTS.c[f"band_{number}"] for number in range(BANDS)]

PREDICTIONS = Table(
    "predictions",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    _complaint(),
    Column("predicted_at", DateTime, nullable=False),
    Column("model", String(200), nullable=False),
    Column("category", String(64), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("verdict", String(16), nullable=False, doc="auto or review."),
    Column("secondary", JSON, nullable=False, doc="Category codes."),
    Column("candidates", JSON, nullable=False, doc="Pairs of category code and confidence, best first."),
    Column("signals", JSON, doc="Triples of code, start and end in the text."),
)

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    _complaint(),
    Column("decided_at", DateTime, nullable=False),
    Column("rules", String(64), nullable=False, doc="Version of the routing rules."),
    Column("department", String(64), nullable=False),
    Column("priority", String(8), nullable=False),
    Column("trace", JSON, nullable=False, doc="The rules that fired, in words."),
    Column("reason", String(16), doc="Of `REASONS`; null for cases of before there was more than one."),
    Column("queue", String(200)),
    Column("co_departments", JSON, doc="Department codes."),
    Column("first_response_due", DateTime),
    Column("resolution_due", DateTime),
    Column("statutory_due", DateTime),
    Column("provisional", Boolean, doc="Whether unpublished holidays may move a due date."),
    Column("tried", JSON, doc="The rules that did not fire, in words."),
    Column("standing", String(8), doc="new or repeat."),
    Column("related", JSON, doc="Earlier cases of the same matter: complaint_id, relation, similarity."),
)

CORRECTIONS = Table(
    "corrections",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    _complaint(),
    Column("corrected_at", DateTime, nullable=False),
    Column("corrected_by", String(200), nullable=False),
    Column("category", String(64), nullable=False),
    Column(
        "selection", String(16), nullable=False, doc="Why a person looked: uncertain, sample, returned or correction."
    ),
    Column("note", Text),
    Column("kind", String(200), doc="complaint, enquiry, suggestion, praise or empty."),
    Column("business", String(200), doc="投诉业务类别."),
    Column("cause", String(200), doc="投诉原因."),
    Column("business_channel", String(200), doc="业务办理渠道."),
)

LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("expires_at", DateTime, nullable=False),
)

PROBES = Table("probes", METADATA, Column("number", Integer, primary_key=True), Column("pad", Text, nullable=False))
"""One row that is written to see whether the database takes writes."""

KEYS = Table(
    "api_keys",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    Column("key_id", String(16), nullable=False, unique=True, doc="The part of a key that may be seen."),
    Column("secret_hash", String(64), nullable=False, doc="SHA-256 of the whole key."),
    Column("owner", String(200), nullable=False, doc="A named person or system."),
    Column("scopes", JSON, nullable=False),
    Column("rate", Float, nullable=False, doc="Requests per second."),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime),
    Column("revoked_at", DateTime),
)

ACTS = Table(
    "acts",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    Column("at", DateTime, nullable=False, index=True),
    Column("owner", String(200), nullable=False, doc="Owner of the key; who sat at the machine."),
    Column("act", String(32), nullable=False),
    Column("subject", String(200), index=True, doc="Id of the complaint, job or key."),
    Column("request_id", String(64)),
)
"""What was done, but for registering: a complaint itself says who did that. The view ``audit_log`` shows both."""

RULEBOOKS = Table(
    "rulebooks",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    Column("version", String(64), nullable=False),
    Column("text", Text, nullable=False, doc="The file."),
    Column("taken_at", DateTime, nullable=False),
    Column("taken_by", String(200), nullable=False),
    Column("reason", Text, nullable=False),
)
"""The rules that were in force, one after the other: the last row holds. Without a row, those of the program do."""

EVENTS = Table(
    "events",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    _complaint(),
    Column("event", String(32), nullable=False),
    Column("happened_at", DateTime, nullable=False),
    Column("recorded_at", DateTime, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("note", Text),
    Column("approver", String(200)),
    Column("satisfaction", Integer, doc="1 to 5."),
    Column("due", DateTime, doc="Of an extension, the new due date; of a breach, what was due."),
    Column("mark", String(64), nullable=False, unique=True, doc="Hash of what it says: a repeat is told by it."),
)

OPEN_CASES = Table(
    "open_cases",
    METADATA,
    Column("complaint", NUMBER, ForeignKey("complaints.number"), primary_key=True, autoincrement=False),
    Column("department", String(64), nullable=False),
    Column("priority", String(8), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("first_response_due", DateTime, doc="Null once it has been given."),
    Column("resolution_due", DateTime, doc="Null once the case is closed."),
    Column("next_at", DateTime, index=True, doc="When a near-breach or breach is to be noted next."),
    Column("review", String(16), doc="Why a person is to look: uncertain, sample or returned; null if none is."),
    Column("holder", String(200), doc="The reviewer who has claimed it."),
    Column("held_until", DateTime),
)
"""What is still to be done: a row is dropped once its case is closed and nobody need look. History tells the rest."""

WEBHOOKS = Table(
    "webhooks",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    Column("webhook_id", String(16), nullable=False, unique=True),
    Column("department", String(64), nullable=False, index=True),
    Column("url", String(2000), nullable=False),
    Column("generation", Integer, nullable=False, doc="Of its secret, which is derived and never kept."),
    Column("rotated_at", DateTime, doc="For a day from then, the secret before signs too."),
    Column("created_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("ended_by", String(200), doc="Who ended it; a receiver that answers 410 does."),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    Column("webhook", NUMBER, ForeignKey("webhooks.number"), nullable=False),
    Column("complaint", NUMBER, ForeignKey("complaints.number"), nullable=False),
    Column("decision", NUMBER, ForeignKey("decisions.number")),
    Column("event", NUMBER, ForeignKey("events.number")),
    Column("state", String(16), nullable=False, doc="waiting, told or dead."),
    Column("attempts", Integer, nullable=False),
    Column("next_at", DateTime, doc="When to try again; null for at once."),
    Column("told_at", DateTime),
    Column("problem", Text, doc="What went wrong last."),
)
"""What departments are to be told. Triggers fill it, in the transaction of what there is to tell."""

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True, doc="Of what the browser holds."),
    Column("key", NUMBER, ForeignKey("api_keys.number"), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False, index=True),
    Column("ended_at", DateTime, doc="When its person signed out."),
)
"""Who is signed in at the console."""

LOOKS = Table(
    "looks",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    _complaint(),
    Column("at", DateTime, nullable=False),
    Column("reviewer", String(200), nullable=False),
    Column("act", String(16), nullable=False, doc="judged, returned, skipped; undone: one of these taken back."),
    Column("why", String(16), nullable=False, doc="Why the case waited then: uncertain, sample or returned."),
    Column("correction", NUMBER, ForeignKey("corrections.number"), index=True, doc="What was said, or is taken back."),
    Column("event", NUMBER, ForeignKey("events.number"), doc="The return, or the one taken back."),
    Column("undoes", NUMBER, ForeignKey("looks.number"), unique=True, doc="The look that is taken back."),
    Index("ix_looks_reviewer", "reviewer", "at"),
)
"""What reviewers did with the cases that waited for them."""

APPEND_ONLY = (PREDICTIONS, DECISIONS, CORRECTIONS, ACTS, RULEBOOKS, EVENTS, LOOKS)

STANDING = Table("standing_corrections", MetaData(), *(Column(c.name, c.type) for c in CORRECTIONS.columns))
"""A view: the corrections that were not taken back."""

STATES = Table(
    "case_states",
    MetaData(),
    Column("number", NUMBER),
    Column("complaint_id", String),
    Column("registered_at", DateTime),
    Column("text", Text),
    Column("channel", String),
    Column("region", String),
    Column("category", String, doc="The last standing correction's, or else the last prediction's."),
    Column("confidence", Float),
    Column("verdict", String),
    Column("department", String),
    Column("priority", String),
    Column("queue", String),
    Column("first_response_due", DateTime),
    Column("resolution_due", DateTime),
)
"""A view: every case as it stands now."""
