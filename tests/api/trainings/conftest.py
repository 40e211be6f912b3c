"""A service that takes histories in, and workers on them that are started and stopped as a test needs."""

from __future__ import annotations

import asyncio
import csv
import io
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.access.caller import Caller
from api.jobs.uploads import Uploads
from api.jobs.worker import Worker
from api.privacy import load_key
from api.storage import Database
from api.trainings.histories import Histories
from api.trainings.service import Options, TrainingOut, TrainingService
from api.trainings.trainer import Trainer
from models import Registry
from tests.api.jobs.conftest import reader, until
from training import Labelled

ANALYST = Caller("陈分析", frozenset({"analyst"}))
REAL = [sys.executable, "-m", "cli"]
NAMES = {"atm_and_cash": "自助渠道", "card_fees": "信用卡收费"}
"""Two categories of the corpus, and what a bank calls them."""


def written(rows: Sequence[Sequence[str]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode("gb18030")


def history(corpus: list[Labelled], count: int = 40) -> bytes:
    """Texts that no model has learnt from, under the bank's own names."""
    rows = [["投诉内容", "投诉分类"]]
    for category, name in NAMES.items():
        texts = [row.text for row in corpus if row.category == category][:count]
        rows += [[f"来电人称，{text}", name] for text in texts]
    return written([*rows, ["", "自助渠道"]])


def saying(*lines: str, then: str = "") -> list[str]:
    """A program that says lines of JSON, and then does something."""
    script = "import sys, time, os, signal\n" + "".join(f"print({line!r}, flush=True)\n" for line in lines) + then
    return [sys.executable, "-c", script]


SOURCES = '{"sources": [{"name": "a.csv", "own": false, "columns": [{"title": "投诉内容", "example": "钱没到账"}]}]}'
STEP = '{"stage": "读取 reading", "done": 1, "total": 2, "seconds": 0.1, "rate": 10, "remaining": 0.1}'
DATA = '{"data": {"read": 2, "kept": 2}}'
RESULT = '{"version": "m9", "champion": false, "metrics": {}, "comparison": null, "seconds": {}}'


class Office:
    """Trainings of a service, and workers of its own.

    Attributes
    ----------
    program : list of str
        What a worker runs from now on.
    """

    def __init__(self, database: Database, folder: Path, registry: Registry) -> None:
        key = load_key(folder / "secret.key", make=True)
        self.database = database
        self.folder = folder / "trainings"
        self.registry = registry
        self.histories = Histories(self.folder, key)
        self.desk = TrainingService(database, self.histories, 1 << 20)
        self.program = REAL
        self._uploads = Uploads(folder / "uploads", key)

    def upload(self, file: bytes = b"a", name: str = "台账.csv", **options: object) -> str:
        async def chunks() -> AsyncIterator[bytes]:
            yield file

        chosen = Options.model_validate(options)
        return asyncio.run(self.desk.upload(chunks(), name=name, options=chosen, caller=ANALYST)).training_id

    def when(self, training_id: str, *status: str) -> TrainingOut:
        """The training, when it has come so far."""
        until(lambda: self.desk.find(training_id).status in status)
        return self.desk.find(training_id)

    def files(self) -> list[str]:
        """All that is left of histories in the data folder."""
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    @contextmanager
    def working(self, program: Sequence[str] = REAL) -> Iterator[None]:
        """A worker, as long as this lasts."""
        stop = threading.Event()
        trainer = Trainer(self.database, self.histories, program, lambda: None)
        worker = Worker(self.database, self._uploads, reader, 768 << 20, trainer=trainer)
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def office(
    database: Database, database_url: str, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Office:
    shutil.copytree(store, tmp_path / "store")
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("COMPLAINTS_DATA", str(tmp_path))
    monkeypatch.setenv("COMPLAINTS_DATABASE_URL", database_url)
    return Office(database, tmp_path, Registry(tmp_path / "store"))
