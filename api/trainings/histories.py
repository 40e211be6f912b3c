"""The uploaded histories: in the data folder, their owner's alone, gone when their training has ended."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from api.jobs.uploads import Upload, Uploads
from api.privacy import open_key
from api.settings import Settings
from api.storage import Database

FINDINGS: Final = "findings.csv"
LOG: Final = "log"
_ABANDONED: Final = 3_600
"""A folder without a training was left while its file came in, if it has been here for so many seconds."""
_UNSAFE: Final = re.compile(r"[^\w.\-（）()]+")
_LONGEST: Final = 60


def open_histories(settings: Settings, database: Database) -> Histories:
    """The uploaded histories of a service. Raises `StorageError` if the key beside them cannot be used."""
    return Histories(settings.data / "trainings", open_key(settings, database))


class Histories:
    """A folder with one sub-folder per training: the history, what was found in it, what its process said.

    Parameters
    ----------
    folder : Path
        Made when missing.
    key : bytes
        Hashes contents (`api.privacy`).
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._uploads = Uploads(folder / "incoming", key)

    async def receive(self, chunks: AsyncIterator[bytes], limit: int, name: str) -> Upload:
        """Write a history as it comes in; what `job_id` of the answer names is the training.

        Raises
        ------
        RefusedError
            If it is empty, or larger than `limit` bytes.
        OSError
            If it cannot be written.
        """
        upload = await self._uploads.receive(chunks, limit)
        self.make(upload.job_id)
        self._uploads.path(upload.job_id).rename(self.folder(upload.job_id) / _safe(name))
        return upload

    def make(self, training_id: str) -> None:
        """Make the folder of a training."""
        self.folder(training_id).mkdir(mode=0o700)

    def folder(self, training_id: str) -> Path:
        """Where everything of a training is."""
        return self._folder.resolve() / training_id

    def history(self, training_id: str, name: str) -> Path:
        """Where the history is that came with that name."""
        return self.folder(training_id) / _safe(name)

    def remove(self, training_id: str) -> None:
        """Delete everything of a training."""
        shutil.rmtree(self.folder(training_id), ignore_errors=True)

    def tidy(self, needed: Collection[str]) -> None:
        """Delete what no unfinished training will read."""
        for path in (*self._folder.iterdir(), *(self._folder / "incoming").iterdir()):
            if path.name in needed or path.name == "incoming":
                continue
            with suppress(FileNotFoundError):  # one that was just cut off
                if path.stat().st_mtime < time.time() - _ABANDONED:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _safe(name: str) -> str:
    """A name that is a file's in its own folder, whatever was sent, and that a person still knows it by."""
    plain = _UNSAFE.sub("_", name).strip("._-") or "history"
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST // 2]}_{plain[-_LONGEST // 2 :]}"
