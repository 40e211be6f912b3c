"""Complaints, predictions, decisions, corrections, and what is read of them.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
APPEND_ONLY = ("predictions", "decisions", "corrections")


def _complaint() -> sa.Column[int]:
    return sa.Column("complaint", NUMBER, sa.ForeignKey("complaints.number"), nullable=False, index=True)


def upgrade() -> None:
    """Make the tables, their triggers and the views."""
    op.create_table(
        "complaints",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("complaint_id", sa.String(200), nullable=False, unique=True),
        sa.Column("idempotency_key", sa.String(200), unique=True),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("registered_at", sa.DateTime, nullable=False, index=True),
        sa.Column("received_at", sa.DateTime),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("raw_text", sa.Text),
        sa.Column("channel", sa.String(32), index=True),
        sa.Column("region", sa.String(200), index=True),
        sa.Column("branch", sa.String(200)),
        sa.Column("segment", sa.String(200)),
        sa.Column("product", sa.String(200)),
        sa.Column("amount", sa.String(64)),
        sa.Column("customer_key", sa.String(64), index=True),
        sa.Column("business_channel", sa.String(200)),
        sa.Column("referral_no", sa.String(200)),
        sa.Column("answer", sa.JSON, nullable=False),
        sa.Column("erased_at", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "predictions",
        sa.Column("number", NUMBER, primary_key=True),
        _complaint(),
        sa.Column("predicted_at", sa.DateTime, nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("secondary", sa.JSON, nullable=False),
        sa.Column("candidates", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "decisions",
        sa.Column("number", NUMBER, primary_key=True),
        _complaint(),
        sa.Column("decided_at", sa.DateTime, nullable=False),
        sa.Column("rules", sa.String(64), nullable=False),
        sa.Column("department", sa.String(64), nullable=False),
        sa.Column("priority", sa.String(8), nullable=False),
        sa.Column("trace", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "corrections",
        sa.Column("number", NUMBER, primary_key=True),
        _complaint(),
        sa.Column("corrected_at", sa.DateTime, nullable=False),
        sa.Column("corrected_by", sa.String(200), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("selection", sa.String(16), nullable=False),
        sa.Column("note", sa.Text),
        sqlite_autoincrement=True,
    )
    _refuse_changes()
    op.execute(
        """
        CREATE VIEW case_states AS
        SELECT c.number, c.complaint_id, c.registered_at, c.text, c.channel, c.region,
               COALESCE(k.category, p.category) AS category, p.confidence, p.verdict, d.department, d.priority
        FROM complaints c
        JOIN predictions p ON p.number = (SELECT MAX(number) FROM predictions WHERE complaint = c.number)
        JOIN decisions d ON d.number = (SELECT MAX(number) FROM decisions WHERE complaint = c.number)
        LEFT JOIN corrections k ON k.number = (SELECT MAX(number) FROM corrections WHERE complaint = c.number)
        """
    )
    op.execute(
        """
        CREATE VIEW labelled_history AS
        SELECT c.complaint_id, c.text, k.category AS label, k.corrected_at AS labelled_at,
               k.corrected_by AS labelled_by, k.selection, c.channel, c.customer_key
        FROM complaints c
        JOIN corrections k ON k.number = (SELECT MAX(number) FROM corrections WHERE complaint = c.number)
        WHERE c.erased_at IS NULL
        """
    )


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
