"""Routing that explains itself: signals, queues, due dates, rules with their history, events, and the open cases.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# As 0004 has it for corrections: an event loses its note when its person is erased, and changes in no other way.
KEPT = (
    "number",
    "complaint",
    "event",
    "happened_at",
    "recorded_at",
    "actor",
    "approver",
    "satisfaction",
    "due",
    "mark",
)


def upgrade() -> None:
    """Add columns, tables, triggers, and a row for every case that waits for a reviewer."""
    op.add_column("predictions", sa.Column("signals", sa.JSON))
    for column in (
        sa.Column("reason", sa.String(16)),
        sa.Column("queue", sa.String(200)),
        sa.Column("co_departments", sa.JSON),
        sa.Column("first_response_due", sa.DateTime),
        sa.Column("resolution_due", sa.DateTime),
        sa.Column("statutory_due", sa.DateTime),
        sa.Column("provisional", sa.Boolean),
        sa.Column("tried", sa.JSON),
    ):
        op.add_column("decisions", column)
    op.create_table(
        "rulebooks",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("taken_at", sa.DateTime, nullable=False),
        sa.Column("taken_by", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "events",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("complaint", NUMBER, sa.ForeignKey("complaints.number"), nullable=False, index=True),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("happened_at", sa.DateTime, nullable=False),
        sa.Column("recorded_at", sa.DateTime, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("approver", sa.String(200)),
        sa.Column("satisfaction", sa.Integer),
        sa.Column("due", sa.DateTime),
        sa.Column("mark", sa.String(64), nullable=False, unique=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "open_cases",
        sa.Column("complaint", NUMBER, sa.ForeignKey("complaints.number"), primary_key=True, autoincrement=False),
        sa.Column("department", sa.String(64), nullable=False),
        sa.Column("priority", sa.String(8), nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("first_response_due", sa.DateTime),
        sa.Column("resolution_due", sa.DateTime),
        sa.Column("next_at", sa.DateTime, index=True),
        sa.Column("review", sa.String(16)),
        sa.Column("holder", sa.String(200)),
        sa.Column("held_until", sa.DateTime),
    )
    waiting = sa.text("review IS NOT NULL")
    op.create_index(
        "ix_open_cases_review",
        "open_cases",
        ["priority", "confidence"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.execute(
        """
        INSERT INTO open_cases (complaint, department, priority, confidence, review)
        SELECT s.number, s.department, s.priority, s.confidence, 'uncertain'
        FROM case_states s
        WHERE s.verdict = 'review' AND NOT EXISTS (SELECT 1 FROM corrections k WHERE k.complaint = s.number)
        """
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()
    _show_states()


def _show_states() -> None:
    op.execute("DROP VIEW case_states")
    op.execute(
        """
        CREATE VIEW case_states AS
        SELECT c.number, c.complaint_id, c.registered_at, c.text, c.channel, c.region,
               COALESCE(k.category, p.category) AS category, p.confidence, p.verdict, d.department, d.priority,
               d.queue, o.first_response_due, o.resolution_due
        FROM complaints c
        JOIN predictions p ON p.number = (SELECT MAX(number) FROM predictions WHERE complaint = c.number)
        JOIN decisions d ON d.number = (SELECT MAX(number) FROM decisions WHERE complaint = c.number)
        LEFT JOIN corrections k ON k.number = (SELECT MAX(number) FROM corrections WHERE complaint = c.number)
        LEFT JOIN open_cases o ON o.complaint = c.number
        """
    )


def _guard_postgresql() -> None:
    kept = [", ".join(f"{row}.{column}" for column in KEPT) for row in ("NEW", "OLD")]
    changed = f"WHEN (NEW.note IS NOT NULL OR ROW({kept[0]}) IS DISTINCT FROM ROW({kept[1]}))"
    for name, event, when, each in (
        ("rulebooks_append_only", "UPDATE OR DELETE ON rulebooks", "", "ROW"),
        ("rulebooks_never_emptied", "TRUNCATE ON rulebooks", "", "STATEMENT"),
        ("events_never_deleted", "DELETE ON events", "", "ROW"),
        ("events_append_only", "UPDATE ON events", changed, "ROW"),
        ("events_never_emptied", "TRUNCATE ON events", "", "STATEMENT"),
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} FOR EACH {each} {when} EXECUTE FUNCTION refuse_change()")


def _guard_sqlite() -> None:
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in KEPT)
    for table, name, event, when in (
        ("rulebooks", "no_update", "UPDATE", ""),
        ("rulebooks", "no_delete", "DELETE", ""),
        ("events", "no_delete", "DELETE", ""),
        ("events", "no_update", "UPDATE", f"WHEN NEW.note IS NOT NULL OR {changed}"),
        *(
            # INSERT OR REPLACE deletes without asking the triggers of DELETE
            (table, "no_replace", "INSERT", f"WHEN EXISTS (SELECT 1 FROM {table} WHERE number = NEW.number)")  # noqa: S608
            for table in ("rulebooks", "events")
        ),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} {when} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
