"""Case databases: SQLite always, PostgreSQL where its server is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from api.app import create_app
from api.service import Service
from api.settings import Settings
from api.storage import Cases, Database, open_database
from models import Bundle
from tests.conftest import asking

_DROP = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a PostgreSQL server of our own, on the loopback, for as long as the tests run."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    initdb = next((str(f / "initdb") for f in folders if (f / "initdb").exists()), shutil.which("initdb"))
    if initdb is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    programs = Path(os.path.realpath(initdb)).parent
    home = tmp_path_factory.mktemp("postgres")
    # It refuses to run as root.
    alias: list[str] = []
    if os.geteuid() == 0:
        alias = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        for folder in (home, *home.parents):
            if folder == Path("/tmp"):
                break
            folder.chmod(0o755)
        shutil.chown(home, "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cluster = str(home / "cluster")
    run = {"check": True, "capture_output": True, "cwd": home}
    subprocess.run([*alias, programs / "initdb", "-D", cluster, "-A", "trust", "--no-sync", "-E", "UTF8"], **run)
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {home}"
    control = [*alias, programs / "pg_ctl", "-D", cluster, "-w", "-l", str(home / "log")]
    subprocess.run([*control, "-o", options, "start"], **{**run, "capture_output": False})
    yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    subprocess.run([*control, "-m", "immediate", "stop"], **run)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'cases.db'}"
        return
    url: str = request.getfixturevalue("postgres")
    yield url
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text(_DROP))
    engine.dispose()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def cases(database: Database) -> Cases:
    return Cases(database)


@pytest.fixture
def desk(bundle: Bundle, database_url: str, tmp_path: Path) -> Iterator[TestClient]:
    """A service with an empty case database."""
    settings = Settings(data=tmp_path, database_url=database_url)
    with asking(create_app(Service(bundle), settings)) as client:
        yield client
