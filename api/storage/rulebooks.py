"""The rules that were in force, one after the other, and who switched to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import RowMapping, insert, select

from api.storage.acts import Act, log
from api.storage.database import Database, now, writing
from api.storage.schema import RULEBOOKS

_NEWEST: Final = select(RULEBOOKS).order_by(RULEBOOKS.c.number.desc()).limit(1)


class Rulebooks:
    """The rulebooks of a database; without any, the rules of the program are in force."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self) -> RowMapping | None:
        """The one in force."""
        with self._database.connect() as connection:
            return connection.execute(_NEWEST).mappings().one_or_none()

    def text(self, version: str) -> str | None:
        """The file of a version that was in force."""
        with self._database.connect() as connection:
            return connection.execute(select(RULEBOOKS.c.text).where(RULEBOOKS.c.version == version)).scalars().first()

    def all(self) -> Sequence[RowMapping]:
        """Who switched to what, when and why, the newest first."""
        with self._database.connect() as connection:
            return connection.execute(select(RULEBOOKS).order_by(RULEBOOKS.c.number.desc())).mappings().all()

    def take(self, version: str, text: str, reason: str, act: Act, *, after: int | None = None) -> RowMapping | None:
        """Put a file in force.

        Parameters
        ----------
        version, text, reason : str
        act : Act
        after : int, optional
            The number of the one that it is to follow, 0 for those of the program; by default whatever is in force.

        Returns
        -------
        mapping or None
            The one in force that is another than `after`: nothing was written then.
        """
        row = {"version": version, "text": text, "taken_at": now(), "taken_by": act.owner, "reason": reason}
        with writing(self._database) as connection:
            if after is not None:
                if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
                    connection.exec_driver_sql("LOCK TABLE rulebooks IN SHARE ROW EXCLUSIVE MODE")
                newest = connection.execute(_NEWEST).mappings().one_or_none()
                if newest is not None and newest["number"] != after:
                    return newest
            connection.execute(insert(RULEBOOKS), row)
            log(connection, act)
        return None
