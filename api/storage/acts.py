"""The audit log: who did what, when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert

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


def log(connection: Connection, act: Act) -> None:
    """Add to the audit log, in the transaction of the act itself."""
    row = {"at": now(), "owner": act.owner, "act": act.act, "subject": act.subject, "request_id": act.request_id}
    connection.execute(insert(ACTS), row)


def log_alone(database: Database, act: Act) -> None:
    """Add an act that writes nothing else: it is on disk before anything is shown."""
    with writing(database) as connection:
        log(connection, act)
