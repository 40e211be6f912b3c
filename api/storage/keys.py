"""API keys: kept as hashes, shown once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import RowMapping, func, insert, select, update

from api.storage.acts import Act, log
from api.storage.database import Database, now, utc, writing
from api.storage.schema import KEYS

_PREFIX: Final = "cpl"
"""Lets secret scanners and people see what it is."""


def secret_hash(key: str) -> str:
    """What is kept of a key. Its 256 random bits need no salt and no slow hash: there is nothing to guess."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


class Keys:
    """The keys of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, owner: str, scopes: Sequence[str], rate: float, expires_at: datetime | None, by: str) -> str:
        """Make a key and return it: nobody can read it again."""
        key_id = secrets.token_hex(4)
        key = f"{_PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
        row = {
            "key_id": key_id,
            "secret_hash": secret_hash(key),
            "owner": owner,
            "scopes": list(scopes),
            "rate": rate,
            "created_at": now(),
            "expires_at": None if expires_at is None else utc(expires_at),
        }
        with writing(self._database) as connection:
            connection.execute(insert(KEYS), row)
            log(connection, Act(by, "add key", key_id))
        return key

    def revoke(self, key_id: str, by: str) -> bool:
        """Let a key open nothing any more; False if there is none of that id. A revoked one stays revoked as it was."""
        with writing(self._database) as connection:
            revoked = func.coalesce(KEYS.c.revoked_at, now())
            found = connection.execute(update(KEYS).where(KEYS.c.key_id == key_id).values(revoked_at=revoked)).rowcount
            if found:
                log(connection, Act(by, "revoke key", key_id))
        return bool(found)

    def all(self) -> Sequence[RowMapping]:
        """Every key ever made, the oldest first."""
        with self._database.connect() as connection:
            return connection.execute(select(KEYS).order_by(KEYS.c.number)).mappings().all()
