"""The files of jobs: in the data folder, their owner's alone, gone when their job has ended."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool

from api.privacy import keyed_hash, open_key
from api.problems import RefusedError
from api.settings import Settings
from api.storage import UNREAD, Database, Jobs

_ABANDONED: Final = 3_600
"""A file without a job was cut off while it came in, if it has been here for so many seconds."""
_WRITE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has come in whole and is on disk."""

    job_id: str
    bytes: int
    file_hash: str


def open_uploads(settings: Settings, database: Database) -> Uploads:
    """The uploaded files of a service. Raises `StorageError` if the key beside them cannot be used."""
    return Uploads(settings.data / "uploads", open_key(settings, database))


class Uploads:
    """The folder of uploaded files.

    Parameters
    ----------
    folder : Path
        Made when missing.
    key : bytes
        Hashes contents (`api.privacy`).
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, job_id: str) -> Path:
        """Where a job's file is."""
        return self._folder / job_id

    async def receive(self, chunks: AsyncIterator[bytes], limit: int) -> Upload:
        """Write a file as it comes in; it is on disk when this returns, and nothing is left of one cut off.

        Raises
        ------
        RefusedError
            If it is empty, or larger than `limit` bytes.
        OSError
            If it cannot be written.
        """
        job_id = uuid.uuid4().hex
        path = self.path(job_id)
        digest = hmac.new(self._key, b"file\0", hashlib.sha256)
        size = 0
        file = await run_in_threadpool(os.open, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            waiting = bytearray()
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    detail = (
                        f"The file is over {limit:,} bytes. Send it in parts, or raise COMPLAINTS_UPLOAD_MAX_BYTES."
                    )
                    raise RefusedError("body-too-large", detail)
                waiting += chunk
                if len(waiting) >= _WRITE:
                    await run_in_threadpool(_write, file, digest, bytes(waiting))
                    waiting.clear()
            if not size:
                raise RefusedError("empty-file", "The body is empty. Send the file itself: curl --data-binary @file.")
            await run_in_threadpool(_write, file, digest, bytes(waiting))
            await run_in_threadpool(os.fsync, file)
        except BaseException:
            path.unlink()
            raise
        finally:
            os.close(file)
        return Upload(job_id, size, digest.hexdigest())

    def job_hash(self, upload: Upload, *chosen: str | None) -> str:
        """What stands for a job: its file, and what was chosen for it."""
        return self.hash_of(upload.file_hash, *chosen)

    def hash_of(self, file_hash: str, *chosen: str | None) -> str:
        """The same, of a file that has come in before."""
        return keyed_hash(self._key, "job", "\0".join([file_hash, *map(str, chosen)]))

    def remove(self, job_id: str) -> None:
        """Delete a job's file."""
        self.path(job_id).unlink(missing_ok=True)

    def tidy(self, jobs: Jobs) -> None:
        """Delete what no unfinished job will read: files cut off while coming in, and of jobs that ended just now."""
        for path in self._folder.iterdir():
            job = jobs.find(path.name)
            if job is not None and job["status"] in UNREAD:
                continue
            with suppress(FileNotFoundError):  # one that was just cut off
                if job is not None or path.stat().st_mtime < time.time() - _ABANDONED:
                    path.unlink()


def _write(file: int, digest: hmac.HMAC, data: bytes) -> None:
    digest.update(data)
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
