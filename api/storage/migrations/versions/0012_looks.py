"""What reviewers do with the cases that wait, and what they take back: a correction taken back counts no more.

Revision ID: 0012
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table, the view of what stands, and let whatever read the corrections read what stands."""
    op.create_table(
        "looks",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("complaint", NUMBER, sa.ForeignKey("complaints.number"), nullable=False, index=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("reviewer", sa.String(200), nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("correction", NUMBER, sa.ForeignKey("corrections.number"), index=True),
        sa.Column("event", NUMBER, sa.ForeignKey("events.number")),
        sa.Column("undoes", NUMBER, sa.ForeignKey("looks.number"), unique=True),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_looks_reviewer", "looks", ["reviewer", "at"])
    op.create_index("ix_corrections_by", "corrections", ["corrected_by", "corrected_at"])
    standing = """
        CREATE VIEW standing_corrections AS
        SELECT k.* FROM corrections k
        WHERE NOT EXISTS (SELECT 1 FROM looks l WHERE l.correction = k.number AND l.act = 'undone')
    """
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
        readers = _rows("SELECT viewname, definition FROM pg_views WHERE schemaname = current_schema()")
        op.execute(standing)
        for name, definition in readers:
            if _reads(definition):
                _run(f"CREATE OR REPLACE VIEW {name} AS {_standing(definition)}")
        # Whatever follows corrections (type 5: AFTER INSERT, each row) is told when one is taken back.
        followers = _rows(
            "SELECT t.tgname, p.proname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE t.tgrelid = 'corrections'::regclass AND NOT t.tgisinternal AND t.tgtype = 5"
        )
        for name, function in followers:
            op.execute(
                f"CREATE TRIGGER looks_{name} AFTER INSERT ON looks FOR EACH ROW "
                f"WHEN (NEW.act = 'undone') EXECUTE FUNCTION {function}()"
            )
    else:
        _guard_sqlite()
        readers = _rows("SELECT name, sql FROM sqlite_master WHERE type = 'view'")
        op.execute(standing)
        for name, definition in readers:
            if _reads(definition):
                _run(f"DROP VIEW {name}")
                _run(_standing(definition))
        for name, definition in _rows(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'corrections' "
            "AND sql LIKE '%AFTER INSERT ON corrections%'"
        ):
            body = definition[definition.index("BEGIN") :]
            _run(f"CREATE TRIGGER looks_{name} AFTER INSERT ON looks WHEN NEW.act = 'undone' {body}")


def _reads(definition: str) -> bool:
    return re.search(r"\bcorrections\b", definition) is not None


def _standing(definition: str) -> str:
    return re.sub(r"\bcorrections\b", "standing_corrections", definition)


def _rows(query: str) -> list[tuple[str, str]]:
    return [(name, told) for name, told in op.get_bind().exec_driver_sql(query).all()]


def _run(statement: str) -> None:
    """Run a statement as it is: colons in a view are no parameters."""
    op.get_bind().exec_driver_sql(statement)


def _guard_postgresql() -> None:
    for name, event, each in (
        ("looks_append_only", "UPDATE OR DELETE", "ROW"),
        ("looks_never_emptied", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON looks FOR EACH {each} EXECUTE FUNCTION refuse_change()")


def _guard_sqlite() -> None:
    for name, event, when in (
        ("no_update", "UPDATE", ""),
        ("no_delete", "DELETE", ""),
        # INSERT OR REPLACE deletes without asking the triggers of DELETE
        ("no_replace", "INSERT", "WHEN EXISTS (SELECT 1 FROM looks WHERE number = NEW.number)"),
    ):
        op.execute(
            f"CREATE TRIGGER looks_{name} BEFORE {event} ON looks {when} "
            f"BEGIN SELECT RAISE(ABORT, 'looks is append-only'); END"
        )
