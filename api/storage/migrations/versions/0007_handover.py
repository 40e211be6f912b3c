"""Hand-over: where departments want to be told, and what is still to be told them.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, and the triggers that fill the outbox in the transaction of what there is to tell."""
    op.create_table(
        "webhooks",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("webhook_id", sa.String(16), nullable=False, unique=True),
        sa.Column("department", sa.String(64), nullable=False, index=True),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("rotated_at", sa.DateTime),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("ended_by", sa.String(200)),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "outbox",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("webhook", NUMBER, sa.ForeignKey("webhooks.number"), nullable=False),
        sa.Column("complaint", NUMBER, sa.ForeignKey("complaints.number"), nullable=False),
        sa.Column("decision", NUMBER, sa.ForeignKey("decisions.number")),
        sa.Column("event", NUMBER, sa.ForeignKey("events.number")),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.DateTime),
        sa.Column("told_at", sa.DateTime),
        sa.Column("problem", sa.Text),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("state = 'waiting'")
    for name, columns in (("due", ["next_at"]), ("order", ["webhook", "complaint", "number"])):
        op.create_index(f"ix_outbox_{name}", "outbox", columns, sqlite_where=waiting, postgresql_where=waiting)
    if op.get_bind().dialect.name == "postgresql":
        _fill_postgresql()
    else:
        _fill_sqlite()


# Whoever owns a case or helps with it is told of a decision, and whoever owned it until then; of an event, its owner.
BEFORE = """(SELECT d.department FROM decisions d WHERE d.complaint = NEW.complaint AND d.number < NEW.number
ORDER BY d.number DESC LIMIT 1)"""
OWNER = "(SELECT d.department FROM decisions d WHERE d.complaint = NEW.complaint ORDER BY d.number DESC LIMIT 1)"


def _fill(column: str, told: str) -> str:
    return f"""
        INSERT INTO outbox (webhook, complaint, {column}, state, attempts)
        SELECT w.number, NEW.complaint, NEW.number, 'waiting', 0
        FROM webhooks w WHERE w.ended_at IS NULL AND {told};
    """  # noqa: S608  # nothing of it comes from outside


def _fill_sqlite() -> None:
    helps = "w.department IN (SELECT value FROM json_each(COALESCE(NEW.co_departments, '[]')))"
    for table, column, told in (
        ("decisions", "decision", f"(w.department IN (NEW.department, {BEFORE}) OR {helps})"),
        ("events", "event", f"w.department = {OWNER}"),
    ):
        op.execute(f"CREATE TRIGGER {table}_to_outbox AFTER INSERT ON {table} BEGIN {_fill(column, told)} END")


def _fill_postgresql() -> None:
    helps = "jsonb_exists(COALESCE(NEW.co_departments::jsonb, '[]'), w.department)"
    for table, column, told in (
        ("decisions", "decision", f"(w.department IN (NEW.department, {BEFORE}) OR {helps})"),
        ("events", "event", f"w.department = {OWNER}"),
    ):
        name = f"{table}_to_outbox"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {_fill(column, told)} RETURN NULL; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
