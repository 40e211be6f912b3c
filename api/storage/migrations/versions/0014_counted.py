"""Indexes by which figures of several periods are counted: class first, then the moment.

Revision ID: 0014
"""

from alembic import op

revision = "0014"
down_revision = "0013"

FILTERS = ["category", "channel", "region", "product", "segment", "hour", "business"]
"""What figures are narrowed by, so that no row need be read."""
SHARES = ["verdict", "looked_at", "predicted"]
"""What tells of a category how many of its cases were decided automatically, looked at, corrected."""


def upgrade() -> None:
    """Replace the indexes of days."""
    op.create_index("ix_case_facts_registered", "case_facts", ["registered_at"])
    # Of indexes that look equally good SQLite takes the last one made: with a region or a channel to filter by,
    # categories are to be counted along their own.
    for axis in ("region", "channel", "category"):
        op.drop_index(f"ix_case_facts_{axis}")
        others = [name for name in FILTERS if name != axis] + (SHARES if axis == "category" else [])
        op.create_index(f"ix_case_facts_{axis}", "case_facts", [axis, "registered_at", *others])
    if op.get_bind().dialect.name == "postgresql":
        # What was not vacuumed since it was written is looked up row by row; as a rule that is a fifth of the table.
        often = ", ".join(f"autovacuum_vacuum_{kind}scale_factor = 0.01" for kind in ("", "insert_"))
        op.execute(f"ALTER TABLE case_facts SET ({often})")
