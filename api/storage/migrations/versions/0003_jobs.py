"""Files of complaints as jobs, the lease of the one process that works on them, and the probe of readiness.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "jobs",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("job_id", sa.String(32), nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200)),
        sa.Column("content_hash", sa.String(64), unique=True),
        sa.Column("file_hash", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("text_column", sa.String(200)),
        sa.Column("sheet", sa.String(200)),
        sa.Column("encoding", sa.String(200)),
        sa.Column("status", sa.String(16), nullable=False, index=True),
        sa.Column("deaths", sa.Integer, nullable=False),
        sa.Column("started_at", sa.DateTime),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("problem", sa.Text),
        sa.Column("columns", sa.JSON),
        sa.Column("notes", sa.JSON),
        sa.Column("rows_total", sa.Integer),
        sa.Column("rows_done", sa.Integer, nullable=False),
        sa.Column("rows_known", sa.Integer, nullable=False),
        sa.Column("rows_failed", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "job_rows",
        sa.Column("job", NUMBER, sa.ForeignKey("jobs.number"), primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("complaint", NUMBER, sa.ForeignKey("complaints.number"), index=True),
        sa.Column("problem", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "probes",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("pad", sa.Text, nullable=False),
    )
