"""One model for all tests, trained on the bundled corpus as the first start does."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar, cast

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings

from api.app import create_app
from api.service import Service
from api.settings import Settings
from classifier import ComplaintModel, Router, Taxonomy
from classifier.cores import cores
from classifier.taxonomy import BUNDLED
from models import Bundle, Manifest, Registry
from tests.first_start import BUILT, FirstStart, start_twice
from training import Labelled, by_voice, read_bundled_corpus, read_signal_texts, train

T = TypeVar("T")

settings.register_profile("small", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("proof", settings.get_profile("small"), max_examples=3_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "small"))


# As the service has it, tracebacks are plain: those with the values of variables take seconds each to write.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: for half of the time tests wait for other processes."""
    return cores() + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """While one process trains the model, the others do what needs none; then come the files of most tests."""
    of_file: defaultdict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        of_file[item.path].append(item)

    def rank(path: Path) -> tuple[bool, bool, int]:
        waits = any("store" in getattr(item, "fixturenames", ()) for item in of_file[path])
        return path.name != "test_first_start.py", waits, -len(of_file[path])

    ranks = {path: rank(path) for path in of_file}
    items.sort(key=lambda item: ranks[item.path])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under REQUIRE_ALL=1 a skipped test is a failed run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("REQUIRE_ALL") == "1" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def asking(app: FastAPI) -> TestClient:
    """A client of an application, on this machine; a defect in there comes as an answer, as in production."""
    return TestClient(app, "http://127.0.0.1", raise_server_exceptions=False)


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return Taxonomy.bundled()


@pytest.fixture(scope="session")
def corpus(taxonomy: Taxonomy) -> list[Labelled]:
    return read_bundled_corpus(taxonomy)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what is trained once, for all processes: pytest-xdist gives each a folder in the same one."""
    folder = tmp_path_factory.getbasetemp()
    shared = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "models"
    shared.mkdir(exist_ok=True)
    return shared


@pytest.fixture(scope="session")
def first_start(trained: Path) -> FirstStart:
    return once(trained / "first" / "outcome", lambda: start_twice(trained / "first"))


@pytest.fixture(scope="session")
def store(trained: Path, corpus: list[Labelled], request: pytest.FixtureRequest) -> Path:
    """A store with the bundled model: the one that the first start has left, where there can be one."""
    if BUILT:
        request.getfixturevalue("first_start")
        return trained / "first" / "store"
    store = trained / "store"

    def make() -> str:
        text, signals = BUNDLED.read_text(encoding="utf-8"), read_signal_texts(corpus)
        run = train(by_voice(corpus), signals, text, Registry(store), reason="tests", progress=lambda *_: None)
        return run.manifest.version

    once(trained / "version", make)
    return store


def once(place: Path, make: Callable[[], T]) -> T:
    """What `make` makes, by the first process that asks; the others wait for it, and read it from `place`."""
    place.parent.mkdir(exist_ok=True)
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            place.write_bytes(pickle.dumps(make()))
        return cast(T, pickle.loads(place.read_bytes()))


@pytest.fixture(scope="session")
def bundle(store: Path) -> Bundle:
    return Registry(store).load()


@pytest.fixture(scope="session")
def manifest(bundle: Bundle) -> Manifest:
    return bundle.manifest


@pytest.fixture(scope="session")
def model(bundle: Bundle) -> ComplaintModel:
    return bundle.model


@pytest.fixture(scope="session")
def router(taxonomy: Taxonomy) -> Router:
    return Router(taxonomy)


@pytest.fixture(scope="session")
def client(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    data = tmp_path_factory.mktemp("data")
    app = create_app(Service(bundle), Settings(data=data, classify_max_bytes=100_000, batch_max_bytes=200_000))
    with asking(app) as client:
        yield client
