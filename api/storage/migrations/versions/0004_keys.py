"""API keys, and the log of who did what.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, the triggers, and the view."""
    op.create_table(
        "api_keys",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("key_id", sa.String(16), nullable=False, unique=True),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("rate", sa.Float, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        sa.Column("revoked_at", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "acts",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False, index=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(200), index=True),
        sa.Column("request_id", sa.String(64)),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()
    op.execute(
        """
        CREATE VIEW audit_log AS
        SELECT at, owner, act, subject, request_id FROM acts
        UNION ALL
        SELECT registered_at, registered_by, 'register', complaint_id, request_id FROM complaints
        """
    )


# A complaint changes only when its person is erased, and then the notes on its corrections go too.
KEPT = ("number", "complaint", "corrected_at", "corrected_by", "category", "selection")
ALL = ("complaints", "predictions", "decisions", "corrections", "acts")


def _guard_postgresql() -> None:
    def refuse(name: str, event: str, when: str = "", each: str = "ROW") -> None:
        table = event.rpartition(" ")[2]
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {event} FOR EACH {each} {when} EXECUTE FUNCTION refuse_change()"
        )

    kept = [", ".join(f"{row}.{column}" for column in KEPT) for row in ("NEW", "OLD")]
    op.execute("DROP TRIGGER corrections_append_only ON corrections")
    refuse("append_only", "UPDATE OR DELETE ON acts")
    refuse("never_deleted", "DELETE ON corrections")
    refuse("append_only", "UPDATE ON corrections", f"WHEN (NEW.note IS NOT NULL OR ROW({kept[0]}) <> ROW({kept[1]}))")
    refuse("never_deleted", "DELETE ON complaints")
    refuse("append_only", "UPDATE ON complaints", "WHEN (NEW.erased_at IS NULL)")
    for table in ALL:
        refuse("never_emptied", f"TRUNCATE ON {table}", each="STATEMENT")


def _guard_sqlite() -> None:
    def refuse(name: str, event: str, when: str = "") -> None:
        table = event.rpartition(" ")[2]
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {event} {when} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )

    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in KEPT)
    op.execute("DROP TRIGGER corrections_no_update")
    refuse("no_update", "UPDATE ON acts")
    refuse("no_delete", "DELETE ON acts")
    refuse("no_update", "UPDATE ON corrections", f"WHEN NEW.note IS NOT NULL OR {changed}")
    refuse("no_delete", "DELETE ON complaints")
    refuse("no_update", "UPDATE ON complaints", "WHEN NEW.erased_at IS NULL")
    for table in ALL:  # INSERT OR REPLACE deletes without asking the triggers of DELETE
        there = f"SELECT 1 FROM {table} WHERE number = NEW.number"  # noqa: S608  # the tables above
        refuse("no_replace", f"INSERT ON {table}", f"WHEN EXISTS ({there})")
