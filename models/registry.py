"""The store of models: which there are, which is the champion, and what happened when.

A store is a folder with one sub-folder per bundle and ``history.jsonl``. The history is the only truth: a model was
kept when it says ``kept`` (with the manifest's hash); the champion is the last it says was ``promoted``, unless that
was ``rolled_back``. Lines are only ever added, and each carries the hash of the one before: a changed one is noticed.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from classifier.errors import BundleError
from models.bundle import Bundle

HISTORY: Final = "history.jsonl"
_TRAIN: Final = "Train one with `complaints train`."

Act = Literal["kept", "promoted", "rolled_back", "shadowed"]


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
    act : {'kept', 'promoted', 'rolled_back', 'shadowed'}
        Shadowed is a challenger that predicts beside the champion, unheard.
    version : str
        The model it happened to: for ``rolled_back`` the one that serves again; for ``shadowed``, empty if none is any
        more.
    reason : str
        Why.
    manifest_sha256 : str
        Hash of the model's manifest at that time.
    by : str
        Who did it; lines of earlier programs do not say.
    verdict : str
        What the comparison with the champion said, of a model that was promoted.
    forced : bool
        Whether it was promoted against that.
    previous : str
        Hash of the line before.
    """

    at: str
    act: Act
    version: str
    reason: str
    manifest_sha256: str
    by: str = ""
    verdict: str = ""
    forced: bool = False
    previous: str = ""


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
        """Everything that happened, oldest first.

        Raises
        ------
        BundleError
            If the file cannot be understood, or a line of it was changed.
        """
        path = self.store / HISTORY
        if not path.exists():
            return []
        events: list[Event] = []
        before = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            where, remedy = f"{path}, line {number}", "Bring the file back from a backup."
            try:
                event = Event(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise BundleError(f"is not a history event ({error})", where=where, remedy=remedy) from error
            unchained = not event.previous and not any(earlier.previous for earlier in events)
            if not unchained and event.previous != _sha256(before):
                raise BundleError("the line before was changed or removed", where=where, remedy=remedy)
            events.append(event)
            before = line
        return events

    def stamp(self) -> tuple[int, ...]:
        """What is another whenever the history is another: cheap to ask, again and again. Raises `OSError`."""
        stat = (self.store / HISTORY).stat()
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

    def versions(self) -> list[str]:
        """The kept models, oldest first."""
        return [event.version for event in self.history() if event.act == "kept"]

    @property
    def champion(self) -> str | None:
        """The model that serves, or None in an empty store."""
        served = self._served()
        return served[-1] if served else None

    @property
    def challenger(self) -> str | None:
        """The model that predicts beside the champion, unheard; None if there is none, or it serves by now."""
        shadowed = [event.version for event in self.history() if event.act == "shadowed"]
        return shadowed[-1] if shadowed and shadowed[-1] not in ("", self.champion) else None

    def _served(self) -> list[str]:
        """The champion, behind those that a rollback leads back to, the next of them last but one."""
        served: list[str] = []
        for event in self.history():
            if event.act == "promoted":
                served.append(event.version)
            elif event.act == "rolled_back":
                served.pop()
        return served

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
                events = [_event("kept", version, reason, sha256)]
                if self.champion is None:
                    events.append(_event("promoted", version, "first model of this store", sha256))
                self._append(events)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)

    def promote(self, version: str, *, reason: str, verdict: str = "", forced: bool = False) -> None:
        """Make a kept model the champion, after all its checks. Raises `BundleError` if one of them fails."""
        self._serve("promoted", version, reason, verdict=verdict, forced=forced)

    def rollback(self, *, reason: str) -> str:
        """Make the model the champion again that was it before the present one, after all its checks.

        Returns
        -------
        str
            The version that serves now.

        Raises
        ------
        BundleError
            If there was none, or it fails a check.
        """
        served = self._served()
        if len(served) < 2:
            raise BundleError(
                "no model served before the present one", where=str(self.store), remedy="Promote another."
            )
        self._serve("rolled_back", served[-2], reason, instead_of=served[-1])
        return served[-2]

    def shadow(self, version: str | None, *, reason: str) -> None:
        """Let a kept model predict beside the champion, or none any more. Raises `BundleError` as `load`."""
        if version is None:
            with self._locked():
                self._append([_event("shadowed", "", reason, "")])
        else:
            self._serve("shadowed", version, reason)

    def _serve(
        self,
        act: Act,
        version: str,
        reason: str,
        *,
        verdict: str = "",
        forced: bool = False,
        instead_of: str | None = None,
    ) -> None:
        manifest_sha256 = self._manifest_sha256(version)
        Bundle.load(self.store / version, manifest_sha256)
        with self._locked():
            if instead_of not in (None, self.champion):
                raise BundleError("somebody has just changed the champion", where=str(self.store), remedy="Look again.")
            self._append([_event(act, version, reason, manifest_sha256, verdict=verdict, forced=forced)])

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
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for event in events:
            chained = replace(event, previous=_sha256(lines[-1] if lines else ""))
            lines.append(json.dumps(asdict(chained), ensure_ascii=False))
        new = self.store / f".{HISTORY}.new"
        new.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        _flush(new)
        new.replace(path)
        _flush(self.store)


def _event(
    act: Act, version: str, reason: str, manifest_sha256: str, *, verdict: str = "", forced: bool = False
) -> Event:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Event(now, act, version, reason, manifest_sha256, getpass.getuser(), verdict, forced)


def _sha256(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
