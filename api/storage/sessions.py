"""Who is signed in at the console: kept as hashes of what their browsers hold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from api.storage.acts import Act, log
from api.storage.database import Database, now, writing
from api.storage.schema import SESSIONS


class Sessions:
    """The sessions of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, token_hash: str, key: int, expires_at: datetime, act: Act) -> None:
        """Keep a new session of a key; those that are over are dropped: the audit log tells of them."""
        row = {"token_hash": token_hash, "key": key, "created_at": now(), "expires_at": expires_at}
        with writing(self._database) as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= now()))
            connection.execute(insert(SESSIONS), row)
            log(connection, act)

    def key(self, token_hash: str) -> int | None:
        """Number of the key that a session was begun with; None if there is no such session, or it is over."""
        lasts = (SESSIONS.c.expires_at > now()) & SESSIONS.c.ended_at.is_(None)
        asked = select(SESSIONS.c.key).where(SESSIONS.c.token_hash == token_hash, lasts)
        with self._database.connect() as connection:
            return connection.execute(asked).scalar()

    def end(self, token_hash: str, act: Act) -> None:
        """End a session for good."""
        mine = (SESSIONS.c.token_hash == token_hash) & SESSIONS.c.ended_at.is_(None)
        with writing(self._database) as connection:
            if connection.execute(update(SESSIONS).where(mine).values(ended_at=now())).rowcount:
                log(connection, act)
