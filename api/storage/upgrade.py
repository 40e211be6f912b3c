"""The schema of a case database, brought to what this program works with."""

from __future__ import annotations

from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text

from api.storage.database import MIGRATIONS, WRITES, Database
from classifier.errors import StorageError

_UPGRADE_LOCK: Final = 20_261_124
"""PostgreSQL's advisory lock under which one process at a time changes the schema."""


def revision(engine: Database) -> str | None:
    """The schema's revision in the database, or None of an empty one."""
    with engine.connect() as connection:
        current: str | None = MigrationContext.configure(connection).get_current_revision()
    return current


def newest_revision() -> str:
    """The schema's revision this program works with."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None  # noqa: S101  # the folder is part of the program
    return newest


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def upgrade_schema(engine: Database, shown: str) -> None:
    """Bring a schema up to date.

    Parameters
    ----------
    engine : Database
    shown : str
        Its URL as errors may show it.

    Raises
    ------
    StorageError
        If a newer program has changed it.
    """
    config = _config()
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StorageError(
                f"the schema is of a newer program ({error})",
                where=shown,
                remedy="Start that program, or restore a backup.",
            ) from error
