"""The audit log: who did what, when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, DateTime, RowMapping, String, column, insert, select, table

from api.storage.database import Database, now, writing
from api.storage.schema import ACTS


@dataclass(frozen=True, slots=True)
class Act:
    """Something done to what is kept.

    Attributes
    ----------
    owner : str
        Of the key it was done with, or whoever sat at the machine.
    act : str
        Such as ``show`` or ``erase``.
    subject : str or None
        Id of the complaint, job or key.
    request_id : str or None
        Of the request it came with.
    """

    owner: str
    act: str
    subject: str | None = None
    request_id: str | None = None


_AUDIT_LOG: Final = table(
    "audit_log",
    column("at", DateTime),
    *(column(name, String) for name in ("owner", "act", "subject", "request_id")),
)
"""A view: acts and registrations."""


def log(connection: Connection, act: Act) -> None:
    """Add to the audit log, in the transaction of the act itself."""
    row = {"at": now(), "owner": act.owner, "act": act.act, "subject": act.subject, "request_id": act.request_id}
    connection.execute(insert(ACTS), row)


def acts_on(database: Database, subject: str) -> Sequence[RowMapping]:
    """All that was done to a complaint, job or key, its registration too, oldest first."""
    asked = select(_AUDIT_LOG).where(_AUDIT_LOG.c.subject == subject).order_by(_AUDIT_LOG.c.at)
    with database.connect() as connection:
        return connection.execute(asked).mappings().all()


def log_alone(database: Database, act: Act) -> None:
    """Add an act that writes nothing else: it is on disk before anything is shown."""
    with writing(database) as connection:
        log(connection, act)
