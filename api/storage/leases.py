"""Leases: which process does what only one may do."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from api.storage.database import Database, now, writing
from api.storage.schema import LEASES

LASTS: Final = timedelta(seconds=4)


class LeaseLostError(Exception):
    """Another process holds the lease by now; nothing was written."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim to do `name`, of one holder, that ends by itself `LASTS` after it was last renewed.

    Clocks of several machines need to agree only for politeness: what is written under a lease is written in a
    transaction that `require` has joined, and two holders can't both be in the table.
    """

    name: str
    holder: str = field(default_factory=lambda: secrets.token_hex(8))

    def take(self, database: Database) -> bool:
        """Take or renew it; False if another holder's has not ended."""
        ours = or_(LEASES.c.holder == self.holder, LEASES.c.expires_at < now())
        values = {"holder": self.holder, "expires_at": now() + LASTS}
        try:
            with writing(database) as connection:
                if connection.execute(update(LEASES).where(LEASES.c.name == self.name, ours).values(values)).rowcount:
                    return True
                if connection.execute(select(LEASES).where(LEASES.c.name == self.name)).first():
                    return False
                connection.execute(insert(LEASES).values(name=self.name, **values))
        except IntegrityError:  # another process has just taken the first ever
            return False
        return True

    def require(self, connection: Connection) -> None:
        """Make the rest of this transaction happen under the lease, or raise `LeaseLostError`."""
        mine = (LEASES.c.name == self.name) & (LEASES.c.holder == self.holder)
        # Writing, not reading it: on PostgreSQL nobody else can take it before this transaction ends.
        if not connection.execute(update(LEASES).where(mine).values(name=self.name)).rowcount:
            raise LeaseLostError

    def give_back(self, database: Database) -> None:
        """Let the next one take it at once."""
        with writing(database) as connection:
            connection.execute(delete(LEASES).where(LEASES.c.name == self.name, LEASES.c.holder == self.holder))
