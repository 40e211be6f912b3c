"""What finds earlier cases of the same matter: fingerprints of texts; what was decided of it; who registered a case.

Revision ID: 0002
"""

import hashlib

import sqlalchemy as sa
from alembic import op

from classifier.fingerprint import fingerprint, shingles

revision = "0002"
down_revision = "0001"

BANDS = [f"band_{number}" for number in range(6)]


def upgrade() -> None:
    """Add the columns, and the fingerprints of what is kept already."""
    op.add_column("complaints", sa.Column("registered_by", sa.String(200)))
    op.add_column("complaints", sa.Column("request_id", sa.String(64)))
    for band in BANDS:
        op.add_column("complaints", sa.Column(band, sa.BigInteger))
    op.add_column("decisions", sa.Column("standing", sa.String(8)))
    op.add_column("decisions", sa.Column("related", sa.JSON))
    _give_keys_to_their_owner()
    _fingerprint_all()
    for band in BANDS:
        op.create_index(f"ix_complaints_{band}", "complaints", [band, "number"])


def _give_keys_to_their_owner() -> None:
    """Idempotency-Keys are now each owner's own; so far there was one, the machine itself."""
    complaints = sa.table("complaints", sa.column("number"), sa.column("idempotency_key"))
    connection = op.get_bind()
    asked = sa.select(complaints).where(complaints.c.idempotency_key.is_not(None))
    for number, key in connection.execute(asked).all():
        hashed = hashlib.sha256(f"本机 this machine\n{key}".encode()).hexdigest()
        connection.execute(sa.update(complaints).where(complaints.c.number == number).values(idempotency_key=hashed))


def _fingerprint_all() -> None:
    complaints = sa.table("complaints", sa.column("number"), sa.column("text"), *map(sa.column, BANDS))
    connection = op.get_bind()
    last = 0
    while rows := connection.execute(
        sa.select(complaints.c.number, complaints.c.text)
        .where(complaints.c.number > last)
        .order_by(complaints.c.number)
        .limit(1_000)
    ).all():
        marks = [
            {"n": number, **dict(zip(BANDS, bands, strict=True))}
            for number, text in rows
            if (bands := fingerprint(shingles(text)))
        ]
        if marks:
            connection.execute(sa.update(complaints).where(complaints.c.number == sa.bindparam("n")), marks)
        last = rows[-1].number
