"""Files whose column, sheet and encoding a person chooses after seeing their first rows.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add what is chosen, and what it is chosen by."""
    op.add_column("jobs", sa.Column("text_place", sa.Integer))
    op.add_column("jobs", sa.Column("head", sa.JSON))
