"""Case databases: SQLite always, PostgreSQL where its server is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
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


class Cluster:
    """A PostgreSQL server of our own, on the loopback."""

    def __init__(self, home: Path, programs: Path) -> None:
        self._home = home
        self._programs = programs
        # It refuses to run as root.
        self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        initdb = [programs / "initdb", "-D", home / "cluster", "-A", "trust", "--no-sync", "-E", "UTF8"]
        subprocess.run([*self._as, *initdb], check=True, capture_output=True, cwd=home)
        self.start()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    def start(self) -> None:
        # Its processes die in these tests, the machine does not: what the system has been given is as good as on disk.
        self._control("-o", f"-c listen_addresses=127.0.0.1 -c fsync=off -p {self._port} -k {self._home}", "start")

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The server gone as in a crash, for as long as this lasts."""
        self.stop()
        yield
        self.start()

    def _control(self, *arguments: str) -> None:
        control = [self._programs / "pg_ctl", "-D", self._home / "cluster", "-w", "-l", self._home / "log"]
        subprocess.run([*self._as, *control, *arguments], check=True, cwd=self._home, stdout=subprocess.DEVNULL)

    def new_database(self, *, template: str = "template1") -> str:
        """URL of one more database."""
        name = f"d{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """End a database, whoever is connected."""
        self._run(f"DROP DATABASE {self.name(url)} WITH (FORCE)")

    @staticmethod
    def name(url: str) -> str:
        return url.rpartition("/")[2]

    def database_on(self, disk: Path) -> str:
        """URL of a database that lies on a disk of its own."""
        space = disk / "space"
        space.mkdir(mode=0o700)
        if self._as:
            disk.chmod(0o755)
            shutil.chown(space, "postgres", "postgres")
        self._run(f"CREATE TABLESPACE small LOCATION '{space}'")
        self._run("CREATE DATABASE small TABLESPACE small")
        return self.url("small")

    def drop_database_on(self, disk: Path) -> None:
        """Give the disk back."""
        self._run("DROP DATABASE small WITH (FORCE)")
        self._run("DROP TABLESPACE small")

    def _run(self, statement: str) -> None:
        engine = create_engine(self.url().replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for as long as the tests run."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    initdb = next((str(f / "initdb") for f in folders if (f / "initdb").exists()), shutil.which("initdb"))
    if initdb is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    # Not among pytest's temporary folders: another run's start shuts those to everybody else, and so to the server.
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        home = Path(folder)
        if os.geteuid() == 0:
            shutil.chown(home, "postgres", "postgres")
        cluster = Cluster(home, Path(os.path.realpath(initdb)).parent)
        yield cluster
        cluster.stop()


@pytest.fixture(scope="session")
def schema_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the schema, and nothing else in it: to copy it takes less than to make another."""
    file = tmp_path_factory.mktemp("schema") / "cases.db"
    open_database(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture(scope="session")
def schema_template(postgres_cluster: Cluster) -> str:
    """The name of such a database in PostgreSQL."""
    url = postgres_cluster.new_database()
    open_database(url).dispose()
    return postgres_cluster.name(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind, with the schema and without a case."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("schema_file"), tmp_path / "cases.db")
        yield f"sqlite:///{tmp_path / 'cases.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    url = cluster.new_database(template=request.getfixturevalue("schema_template"))
    yield url
    cluster.drop(url)


on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tests of what has nothing to do with the database, and takes seconds."""


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
    settings = Settings(data=tmp_path, database_url=database_url, review_sample=0)
    with asking(create_app(Service(bundle), settings)) as client:
        yield client
