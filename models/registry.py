"""The store of models: which there are, which is the champion, and what happened when.

A store is a folder with one sub-folder per bundle and ``history.jsonl``. The history is the only truth: a model was
kept when it says ``kept`` (with the manifest's hash), and the champion is the last it says was ``promoted``.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from classifier.errors import BundleError
from models.bundle import Bundle

HISTORY: Final = "history.jsonl"
_TRAIN: Final = "Train one with `complaints train`."


def store_path() -> Path:
    """Where models are kept: the setting ``COMPLAINTS_MODEL_STORE``, else ``models/store``."""
    return Path(os.environ.get("COMPLAINTS_MODEL_STORE") or Path(__file__).with_name("store"))


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the history.

    Attributes
    ----------
    at : str
        UTC time, ISO 8601.
    act : {'kept', 'promoted'}
    version : str
        The model it happened to.
    reason : str
        Why.
    manifest_sha256 : str
        Hash of the model's manifest at that time.
    """

    at: str
    act: Literal["kept", "promoted"]
    version: str
    reason: str
    manifest_sha256: str


class Registry:
    """The models kept in one folder.

    Parameters
    ----------
    store : Path
        The folder; made when the first model is kept.
    """

    def __init__(self, store: Path) -> None:
        self.store = store

    def history(self) -> list[Event]:
        """Everything that happened, oldest first. Raises `BundleError` if the file cannot be understood."""
        path = self.store / HISTORY
        if not path.exists():
            return []
        events = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                events.append(Event(**json.loads(line)))
            except (ValueError, TypeError) as error:
                raise BundleError(
                    f"is not a history event ({error})",
                    where=f"{path}, line {number}",
                    remedy="Bring the file back from a backup.",
                ) from error
        return events

    def versions(self) -> list[str]:
        """The kept models, oldest first."""
        return [event.version for event in self.history() if event.act == "kept"]

    @property
    def champion(self) -> str | None:
        """The model that serves, or None in an empty store."""
        promoted = [event.version for event in self.history() if event.act == "promoted"]
        return promoted[-1] if promoted else None

    def load(self, version: str | None = None) -> Bundle:
        """Load a model, by default the champion.

        Raises
        ------
        BundleError
            If there is none, this store did not keep it, or it fails a check of `Bundle.load`.
        """
        version = version or self.champion
        if version is None:
            raise BundleError("there is no model yet", where=str(self.store), remedy=_TRAIN)
        return Bundle.load(self.store / version, self._manifest_sha256(version))

    def keep(self, version: str, write: Callable[[Path], str], *, reason: str) -> None:
        """Add a model; the first of a store becomes its champion.

        Parameters
        ----------
        version : str
            Its name; must be new.
        write : callable
            Writes the bundle into the empty folder it is given and returns the manifest's SHA-256. Only a folder that
            was written whole gets its name: an interrupted run leaves nothing among the models.
        reason : str
            Stands in the history.
        """
        self.store.mkdir(parents=True, exist_ok=True)
        incoming = Path(tempfile.mkdtemp(prefix=".incoming-", dir=self.store))
        try:
            sha256 = write(incoming)
            for path in (*incoming.iterdir(), incoming):
                _flush(path)
            with self._locked():
                if (self.store / version).exists():
                    raise BundleError("stands there already", where=str(self.store / version), remedy="Train again.")
                incoming.rename(self.store / version)
                now = datetime.now(UTC).isoformat(timespec="seconds")
                events = [Event(now, "kept", version, reason, sha256)]
                if self.champion is None:
                    events.append(Event(now, "promoted", version, "first model of this store", sha256))
                self._append(events)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)

    def _manifest_sha256(self, version: str) -> str:
        for event in self.history():
            if event.act == "kept" and event.version == version:
                return event.manifest_sha256
        raise BundleError(
            "was not kept by this store", where=str(self.store / version), remedy="`complaints models` lists what was."
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.store / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _append(self, events: list[Event]) -> None:
        """Replace the history by itself and `events`, so that a crash leaves either the old or the new one."""
        path = self.store / HISTORY
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = [json.dumps(asdict(event), ensure_ascii=False) + "\n" for event in events]
        new = self.store / f".{HISTORY}.new"
        new.write_text(old + "".join(lines), encoding="utf-8")
        _flush(new)
        new.replace(path)
        _flush(self.store)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
