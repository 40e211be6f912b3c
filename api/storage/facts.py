"""The table that figures are counted from; it belongs to the tables of `api.storage.schema`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, ForeignKey, Integer, String, Table

from api.storage.schema import METADATA

FACTS = Table(
    "case_facts",
    METADATA,
    Column(
        "complaint",
        BigInteger().with_variant(Integer, "sqlite"),
        ForeignKey("complaints.number"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("registered_at", DateTime, nullable=False),
    Column("day", Date, nullable=False, doc="Of registration, China."),
    Column("hour", Integer, nullable=False, doc="Of registration, China."),
    Column("begun_at", DateTime, nullable=False, doc="From when its deadlines count."),
    Column("channel", String(32)),
    Column("region", String(200)),
    Column("product", String(200)),
    Column("segment", String(200)),
    Column("model", String(200), nullable=False),
    Column("predicted", String(64), nullable=False, doc="The category that the model said."),
    Column("verdict", String(16), nullable=False),
    Column("category", String(64), nullable=False, doc="The last correction's, or else the last prediction's."),
    Column("looked_at", Boolean, nullable=False, doc="Whether a person has said what it is about."),
    Column("kind", String(200), nullable=False, doc="complaint, until a person says otherwise."),
    Column("business", String(200), doc="As a person set it, where the category leaves it open; so is cause."),
    Column("cause", String(200)),
    Column("business_channel", String(200)),
    Column("department", String(64), nullable=False),
    Column("priority", String(8), nullable=False),
    Column("first_response_missed", Boolean, nullable=False, doc="Whether that has been noted, at whatever time."),
    Column("resolution_missed", Boolean, nullable=False),
)
"""What is counted: a row for each case, as it stands now. Triggers keep it equal to the view `case_facts_defined`."""
