"""What statistics count: a narrow row for each case, kept equal to the view that defines it.

Revision ID: 0009
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
COLUMNS: list[sa.Column[Any]] = [
    sa.Column("complaint", NUMBER, sa.ForeignKey("complaints.number"), primary_key=True, autoincrement=False),
    sa.Column("registered_at", sa.DateTime, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("hour", sa.Integer, nullable=False),
    sa.Column("begun_at", sa.DateTime, nullable=False),
    sa.Column("channel", sa.String(32)),
    sa.Column("region", sa.String(200)),
    sa.Column("product", sa.String(200)),
    sa.Column("segment", sa.String(200)),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("predicted", sa.String(64), nullable=False),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("category", sa.String(64), nullable=False),
    sa.Column("looked_at", sa.Boolean, nullable=False),
    sa.Column("kind", sa.String(200), nullable=False),
    sa.Column("business", sa.String(200)),
    sa.Column("cause", sa.String(200)),
    sa.Column("business_channel", sa.String(200)),
    sa.Column("department", sa.String(64), nullable=False),
    sa.Column("priority", sa.String(8), nullable=False),
    sa.Column("first_response_missed", sa.Boolean, nullable=False),
    sa.Column("resolution_missed", sa.Boolean, nullable=False),
]
NAMES = [column.name for column in COLUMNS]


def upgrade() -> None:
    """Make the view, the table with a row for every case there is, and the triggers that keep the two equal."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(f"CREATE VIEW case_facts_defined AS {_definition(sqlite=sqlite)}")
    op.create_table("case_facts", *COLUMNS)
    op.execute(_take("true"))
    for axis in ("category", "channel", "region"):  # with what figures are filtered by, so that no row need be read
        op.create_index(f"ix_case_facts_{axis}", "case_facts", ["day", axis, "product", "segment", "hour"])
    routed = "EXISTS (SELECT 1 FROM decisions d WHERE d.complaint = NEW.complaint)"
    for table, when in (
        ("predictions", f"{routed} AND {_not_told('predictions')}"),
        ("decisions", _not_told("decisions")),
        ("corrections", "true"),
        ("events", "NEW.event IN ('reopened', 'first_response_breached', 'resolution_breached')"),
    ):
        _follow(table, when, sqlite=sqlite)


def _definition(*, sqlite: bool) -> str:
    if sqlite:
        day = "date(c.registered_at, '+8 hours')"
        hour = "CAST(strftime('%H', c.registered_at, '+8 hours') AS INTEGER)"
    else:
        day = "(c.registered_at + INTERVAL '8 hours')::date"
        hour = "EXTRACT(HOUR FROM c.registered_at + INTERVAL '8 hours')::integer"
    # The time of China: all of it, the year round, is eight hours ahead.
    return f"""
        SELECT c.number AS complaint, c.registered_at, {day} AS day, {hour} AS hour,
               COALESCE(
                   (SELECT MAX(e.happened_at) FROM events e WHERE e.complaint = c.number AND e.event = 'reopened'),
                   CASE WHEN c.received_at < c.registered_at THEN c.received_at ELSE c.registered_at END
               ) AS begun_at,
               c.channel, c.region, c.product, c.segment,
               p.model, p.category AS predicted, p.verdict, COALESCE(k.category, p.category) AS category,
               k.number IS NOT NULL AS looked_at, COALESCE(k.kind, 'complaint') AS kind, k.business, k.cause,
               COALESCE(k.business_channel, c.business_channel) AS business_channel, d.department, d.priority,
               {_happened("first_response_breached")} AS first_response_missed,
               {_happened("resolution_breached")} AS resolution_missed
        FROM complaints c
        JOIN predictions p ON p.number = (SELECT MAX(number) FROM predictions WHERE complaint = c.number)
        JOIN decisions d ON d.number = (SELECT MAX(number) FROM decisions WHERE complaint = c.number)
        LEFT JOIN corrections k ON k.number = (SELECT MAX(number) FROM corrections WHERE complaint = c.number)
    """  # noqa: S608  # nothing of it comes from outside


def _happened(event: str) -> str:
    return f"EXISTS (SELECT 1 FROM events e WHERE e.complaint = c.number AND e.event = '{event}')"  # noqa: S608


def _not_told(table: str) -> str:
    """Whether a new row says something that the facts do not hold yet.

    A case has facts once it has a prediction and a decision: what is its only one of either kind is in them already.
    PostgreSQL writes both in one statement and then asks for each.
    """
    facts = "SELECT 1 FROM case_facts f WHERE f.complaint = NEW.complaint"
    another = f"SELECT 1 FROM {table} o WHERE o.complaint = NEW.complaint AND o.number <> NEW.number"  # noqa: S608
    return f"(NOT EXISTS ({facts}) OR EXISTS ({another}))"


def _take(which: str) -> str:
    """Write what the view says of some cases, whatever was there of them."""
    changed = ", ".join(f"{name} = excluded.{name}" for name in NAMES[1:])
    return (
        f"INSERT INTO case_facts ({', '.join(NAMES)}) SELECT {', '.join(NAMES)} FROM case_facts_defined "  # noqa: S608
        f"WHERE {which} ON CONFLICT (complaint) DO UPDATE SET {changed};"
    )


def _follow(table: str, when: str, *, sqlite: bool) -> None:
    name, take = f"{table}_to_facts", _take("complaint = NEW.complaint")
    if sqlite:
        op.execute(f"CREATE TRIGGER {name} AFTER INSERT ON {table} WHEN {when} BEGIN {take} END")
        return
    body = f"BEGIN IF {when} THEN {take} END IF; RETURN NULL; END"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
