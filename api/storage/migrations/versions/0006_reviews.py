"""What a reviewer sets besides the category: the kind of case and its open facets.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

FACETS = ("kind", "business", "cause", "business_channel")


def upgrade() -> None:
    """Add the columns and guard them; call in the view by one name what had two."""
    for name in FACETS:
        op.add_column("corrections", sa.Column(name, sa.String(200)))
    if op.get_bind().dialect.name == "postgresql":
        changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in FACETS)
        op.execute(
            f"CREATE TRIGGER corrections_facets_append_only BEFORE UPDATE ON corrections FOR EACH ROW "
            f"WHEN ({changed}) EXECUTE FUNCTION refuse_change()"
        )
    else:
        changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in FACETS)
        op.execute(
            f"CREATE TRIGGER corrections_facets_no_update BEFORE UPDATE ON corrections WHEN {changed} "
            "BEGIN SELECT RAISE(ABORT, 'corrections is append-only'); END"
        )
    op.execute("DROP VIEW labelled_history")
    # 'review' is what earlier programs called 'uncertain'.
    op.execute(
        """
        CREATE VIEW labelled_history AS
        SELECT c.complaint_id, c.text, k.category AS label, k.corrected_at AS labelled_at,
               k.corrected_by AS labelled_by,
               CASE k.selection WHEN 'review' THEN 'uncertain' ELSE k.selection END AS selection,
               c.channel, c.customer_key
        FROM complaints c
        JOIN corrections k ON k.number = (SELECT MAX(number) FROM corrections WHERE complaint = c.number)
        WHERE c.erased_at IS NULL
        """
    )
