"""Trainings that are started from the console.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "trainings",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("training_id", sa.String(32), nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200)),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("status", sa.String(16), nullable=False, index=True),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("started_at", sa.DateTime),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("stages", sa.JSON, nullable=False),
        sa.Column("report", sa.JSON),
        sa.Column("reason", sa.Text),
        sa.Column("result", sa.JSON),
        sa.Column("problem", sa.Text),
        sa.Column("log", sa.Text),
        sqlite_autoincrement=True,
    )
