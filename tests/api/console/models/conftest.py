"""A store of its own with the bundled model, and a worker."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.jobs.uploads import Uploads
from api.jobs.worker import Worker
from api.privacy import load_key
from api.storage import Database
from api.trainings.histories import Histories
from api.trainings.trainer import Trainer
from models import Registry
from tests.api.copies import keep
from tests.api.jobs.conftest import reader
from tests.api.trainings.conftest import REAL

MODELS = "/console/models"


@pytest.fixture
def registry(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A store with the bundled model as its champion."""
    shutil.copytree(store, tmp_path / "store", copy_function=os.link)
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("COMPLAINTS_DATA", str(tmp_path / "data"))
    return Registry(tmp_path / "store")


@pytest.fixture
def kept(registry: Registry) -> str:
    """One more model, never compared."""
    assert registry.champion is not None
    keep(registry, registry.store / registry.champion, "m2")
    return "m2"


@contextmanager
def working(database: Database, data: Path) -> Iterator[None]:
    """A worker, as long as this lasts."""
    key, stop = load_key(data / "secret.key", make=True), threading.Event()
    trainer = Trainer(database, Histories(data / "trainings", key), REAL, lambda: None)
    worker = Worker(database, Uploads(data / "uploads", key), reader, 768 << 20, trainer=trainer)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
