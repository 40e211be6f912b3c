"""Opening the case database: SQLite in a file, or PostgreSQL by URL; brought to this program's schema."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, make_url, text, update
from sqlalchemy.exc import ArgumentError, InterfaceError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.clock import present
from api.storage.schema import PROBES
from classifier.errors import StorageError

_PATIENCE: Final = 5
"""Seconds to wait for another writer, for a connection, and for a server to take one."""
_LONGEST: Final = 30
"""Seconds that PostgreSQL may take over one statement."""

_PROBE: Final = 1 << 16
"""Characters: more than a complaint writes with its indexes."""

WRITES: Final = "writes"
"""Execution option of a connection that is going to write."""

MIGRATIONS: Final = Path(__file__).parent / "migrations"

Database = Engine

_TURN: Final = threading.Lock()


def open_database(url: str, *, upgrade: bool = True) -> Database:
    """Open a case database and bring its schema up to date.

    Parameters
    ----------
    url : str
        ``sqlite:////folder/cases.db`` or ``postgresql://user:password@host/name``. A missing SQLite file is made.
    upgrade : bool
        Whether to look at the schema: who was started by a process that did need not.

    Raises
    ------
    StorageError
        If the URL is no such thing, the database cannot be reached, or a newer program has changed its schema.
    """
    try:
        engine = _engine(url)
        try:
            if upgrade and not _is_current(engine):
                # Imported here: it takes as long as all else that a short-lived process needs of a database.
                from api.storage.upgrade import upgrade_schema

                upgrade_schema(engine, shown(url))
        except BaseException:
            engine.dispose()
            raise
    except (ArgumentError, NoSuchModuleError) as error:
        raise StorageError(
            str(error).splitlines()[0],
            where="COMPLAINTS_DATABASE_URL",
            remedy="Use sqlite:////folder/cases.db or postgresql://user:password@host/name.",
        ) from error
    except (SQLAlchemyError, OSError) as error:
        cause = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise StorageError(
            f"cannot be opened ({cause})", where=shown(url), remedy="Check that it is there and may be written."
        ) from error
    return engine


UNAVAILABLE: Final = (OperationalError, InterfaceError, PoolTimeoutError)
"""What is raised while the database does not answer or takes no writes; another time it may."""


def cause(error: Exception) -> str:
    """Why, for a log: without the statement, whose values would be a complaint."""
    return str(getattr(error, "orig", error))


def shown(url: str) -> str:
    """A database URL without its password."""
    return make_url(url).render_as_string(hide_password=True)


@contextmanager
def writing(engine: Database) -> Iterator[Connection]:
    """A transaction that writes; it is on disk when this ends, or, after an error, nothing of it."""
    # SQLite has one writer at a time, and makes the others sleep and ask again: threads of one process queue here.
    turn = _TURN if engine.dialect.name == "sqlite" else nullcontext()
    with turn, engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        yield connection


def utc(moment: datetime) -> datetime:
    """A moment as it is kept: in UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def now() -> datetime:
    """The present moment as it is kept."""
    return utc(present())


def _engine(url: str) -> Engine:
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        if place.database:
            # What it holds is nobody else's business on this machine; the files beside it take its mode.
            Path(place.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            Path(place.database).touch(mode=0o600)
        # Values of statements stay out of error messages: they would be a complaint in a log.
        engine = create_engine(place, hide_parameters=True, connect_args={"timeout": _PATIENCE})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if place.get_backend_name() != "postgresql":
        raise ArgumentError(f"{place.get_backend_name()} is not supported")
    return create_engine(
        place.set(drivername="postgresql+psycopg"),
        # No ping before use: it would cost every request a round trip. After a restart of the server one request fails,
        # is told to come again, and the whole pool connects anew.
        pool_size=16,
        pool_timeout=_PATIENCE,
        hide_parameters=True,
        connect_args={
            "connect_timeout": _PATIENCE,
            "tcp_user_timeout": _PATIENCE * 1_000,
            "options": f"-c statement_timeout={_LONGEST * 1_000}",
        },
    )


def _is_current(engine: Engine) -> bool:
    """Whether the schema is that of this program: its revisions are files, named after their numbers."""
    newest = max(file.name.partition("_")[0] for file in MIGRATIONS.glob("versions/*_*.py"))
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() == newest


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Readers beside a writer (WAL); a commit is on disk when it returns; what is erased is overwritten with zeros."""
    connection.isolation_level = None  # the driver begins no transactions of its own: `_begin_sqlite` does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns writer later can only fail, never wait: a writer says so at once.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def probe(engine: Database) -> None:
    """Write as much as a complaint takes, so that a full disk or a locked database shows.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        If it cannot be written.
    """
    row = {"number": 1, "pad": secrets.token_hex(_PROBE // 2)}
    with writing(engine) as connection:
        if not connection.execute(update(PROBES).where(PROBES.c.number == 1).values(row)).rowcount:
            connection.execute(insert(PROBES).values(row))
