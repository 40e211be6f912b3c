"""The keys as a server process knows them: read again every `FRESH` seconds, so that none is asked for per request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api.storage import Keys, cause, now, secret_hash

FRESH: Final = 2.0
"""Seconds after which a revoked key is refused by every process."""
_PATIENCE: Final = 1.0
"""While the database does not answer, requests wait so long for it and then go by the keys last known."""

_LOG = structlog.get_logger("keys")


@dataclass(frozen=True, slots=True)
class Key:
    """A key that may open something."""

    number: int
    key_id: str
    owner: str
    scopes: frozenset[str]
    rate: float
    expires_at: datetime | None
    revoked: bool

    @property
    def valid(self) -> bool:
        """Neither revoked nor expired."""
        return not self.revoked and (self.expires_at is None or now() < self.expires_at)


class KeyRing:
    """All keys, by the hash of their secret.

    Once a key has been made, keys are needed, also when all are revoked: taking the last one away opens nothing.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._known: Mapping[str, Key] = self._read()
        self._read_at = time.monotonic()
        self._reading: asyncio.Task[None] | None = None

    @property
    def fresh(self) -> bool:
        """Whether it was read so lately that revoked keys are not in it."""
        return time.monotonic() - self._read_at <= FRESH

    async def refresh(self) -> None:
        """Read it again, if the database answers."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_again())
        await asyncio.wait([self._reading], timeout=_PATIENCE)

    def find(self, secret: str | None) -> tuple[Key | None, bool]:
        """The valid key of that secret, and whether a key is needed at all."""
        if not self._known:
            return None, False
        key = self._known.get(secret_hash(secret)) if secret else None
        return (key if key is not None and key.valid else None), True

    def needed(self) -> bool:
        """Whether a key is needed at all."""
        return bool(self._known)

    def numbered(self, number: int | None) -> Key | None:
        """The valid key of that number."""
        key = next((key for key in self._known.values() if key.number == number), None)
        return key if key is not None and key.valid else None

    async def _read_again(self) -> None:
        try:
            self._known = await run_in_threadpool(self._read)
        except SQLAlchemyError as error:
            _LOG.error("keys not read", cause=cause(error))
        self._read_at = time.monotonic()

    def _read(self) -> dict[str, Key]:
        return {
            row["secret_hash"]: Key(
                row["number"],
                row["key_id"],
                row["owner"],
                frozenset(row["scopes"]),
                row["rate"],
                row["expires_at"],
                row["revoked_at"] is not None,
            )
            for row in self._keys.all()
        }
