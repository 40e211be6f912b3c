"""Rows that were refused keep the number by which whoever sent them knows them.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the number."""
    op.add_column("job_rows", sa.Column("sent_id", sa.String(200)))
