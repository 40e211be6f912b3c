"""The rules that were in force, one after the other, and who switched to them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, insert, select

from api.storage.acts import Act, log
from api.storage.database import Database, now, writing
from api.storage.schema import RULEBOOKS


class Rulebooks:
    """The rulebooks of a database; without any, the rules of the program are in force."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self) -> RowMapping | None:
        """The one in force."""
        with self._database.connect() as connection:
            asked = select(RULEBOOKS).order_by(RULEBOOKS.c.number.desc()).limit(1)
            return connection.execute(asked).mappings().one_or_none()

    def text(self, version: str) -> str | None:
        """The file of a version that was in force."""
        with self._database.connect() as connection:
            return connection.execute(select(RULEBOOKS.c.text).where(RULEBOOKS.c.version == version)).scalars().first()

    def all(self) -> Sequence[RowMapping]:
        """Who switched to what, when and why, the newest first."""
        with self._database.connect() as connection:
            return connection.execute(select(RULEBOOKS).order_by(RULEBOOKS.c.number.desc())).mappings().all()

    def take(self, version: str, text: str, reason: str, act: Act) -> None:
        """Put a file in force."""
        row = {"version": version, "text": text, "taken_at": now(), "taken_by": act.owner, "reason": reason}
        with writing(self._database) as connection:
            connection.execute(insert(RULEBOOKS), row)
            log(connection, act)
