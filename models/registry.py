"""The store of models: which there are, which is the champion, and what happened when.

A store is a folder with one sub-folder per bundle and ``history.jsonl``. The history is the only truth: a model was
kept when it says ``kept`` (with the manifest's hash); the champion is the last it says was ``promoted``, unless that
was ``rolled_back``. Lines are only ever added, and each carries the hash of the one before: a changed one is noticed.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from classifier.errors import BundleError
from models.bundle import Bundle
from models.files import Files
from models.history import HISTORY, Act, Event, append_history, event, flush, read_history

PROMOTABLE: Final = frozenset({"better", "not_worse"})
"""Verdicts that let a model be promoted."""

_TRAIN: Final = "Train one with `complaints train`."
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")


def store_path() -> Path:
    """Where models are kept: the setting ``COMPLAINTS_MODEL_STORE``, else ``models/store``."""
    return Path(os.environ.get("COMPLAINTS_MODEL_STORE") or Path(__file__).with_name("store"))


class Registry:
    """The models kept in one folder.

    Parameters
    ----------
    store : Path
        The folder; made when the first model is kept.
    by : str, optional
        Who acts, for the history; by default whoever runs this.
    """

    def __init__(self, store: Path, by: str | None = None) -> None:
        self.store = store
        self._by = by

    def history(self) -> list[Event]:
        """Everything that happened, oldest first.

        Raises
        ------
        BundleError
            If the file cannot be understood, or a line of it was changed.
        """
        return read_history(self.store)

    def stamp(self) -> tuple[int, ...]:
        """What is another whenever the history is another: cheap to ask, again and again. Raises `OSError`."""
        stat = (self.store / HISTORY).stat()
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

    def versions(self) -> list[str]:
        """The kept models, oldest first."""
        return [said.version for said in self.history() if said.act == "kept"]

    @property
    def champion(self) -> str | None:
        """The model that serves, or None in an empty store."""
        served = self._served()
        return served[-1] if served else None

    @property
    def previous(self) -> str | None:
        """The model that a rollback leads back to, or None."""
        served = self._served()
        return served[-2] if len(served) > 1 else None

    @property
    def challenger(self) -> str | None:
        """The model that predicts beside the champion, unheard; None if there is none, or it serves by now."""
        shadowed = [said.version for said in self.history() if said.act == "shadowed"]
        return shadowed[-1] if shadowed and shadowed[-1] not in ("", self.champion) else None

    def _served(self) -> list[str]:
        """The champion, behind those that a rollback leads back to, the next of them last but one."""
        served: list[str] = []
        for said in self.history():
            if said.act == "promoted":
                served.append(said.version)
            elif said.act == "rolled_back":
                served.pop()
        return served

    def resolve(self, name: str) -> str:
        """The kept model that is meant: ``champion``, a version, or a part that only one version has.

        Raises
        ------
        BundleError
            Naming those it could be, if there is none or more than one.
        """
        if name == "champion" and self.champion is not None:
            return self.champion
        versions = self.versions()
        if not versions:
            raise BundleError("there is no model yet", where=str(self.store), remedy=_TRAIN)
        found = [name] if name in versions else [version for version in versions if name and name in version]
        if len(found) == 1:
            return found[0]
        raise BundleError(
            f"could be {len(found)} models" if found else "is no model of this store",
            where=repr(name),
            remedy=f"Name one of: champion, {', '.join(found or versions)}.",
        )

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

    def files(self, version: str) -> Files:
        """What a model says about itself, and its files, without loading it. Raises `BundleError`."""
        return Files.of(self.store / version, self._manifest_sha256(version))

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

        Raises
        ------
        BundleError
            If the name is taken, or cannot be a folder's.
        """
        if not _NAME.fullmatch(version):
            raise BundleError("cannot be a model's name", where=repr(version), remedy="Use letters, digits and ._+-.")
        self.store.mkdir(parents=True, exist_ok=True)
        incoming = Path(tempfile.mkdtemp(prefix=".incoming-", dir=self.store))
        try:
            sha256 = write(incoming)
            for path in (*incoming.iterdir(), incoming):
                flush(path)
            with self._locked():
                if (self.store / version).exists():
                    raise BundleError("stands there already", where=str(self.store / version), remedy="Train again.")
                incoming.rename(self.store / version)
                events = [event("kept", version, reason, sha256, by=self._by)]
                if self.champion is None:
                    events.append(event("promoted", version, "首个模型 first model of this store", sha256, by=self._by))
                append_history(self.store, events)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)

    def compared(self, version: str, against: str, *, verdict: str, reason: str) -> None:
        """Note what a comparison of two kept models said; `reason` says it in words. Raises `BundleError`."""
        manifest_sha256 = self._manifest_sha256(version)
        with self._locked():
            said = event("compared", version, reason, manifest_sha256, by=self._by, verdict=verdict, against=against)
            append_history(self.store, [said])

    def verdict(self, version: str) -> Event | None:
        """The last comparison of a model with the present champion, if there was one."""
        against = self.champion
        found = [e for e in self.history() if (e.act, e.version, e.against) == ("compared", version, against)]
        return found[-1] if found else None

    def promote(self, version: str, *, reason: str, force: bool = False) -> None:
        """Make a kept model the champion, after all its checks, as the last comparison with the champion allows.

        Parameters
        ----------
        version : str
        reason : str
            Stands in the history.
        force : bool
            Promote it whatever the comparison said, or without any; that stands in the history.

        Raises
        ------
        BundleError
            If it was not found better or not worse, or serves already, and is not forced; if it fails a check.
        """
        if version == self.champion and not force:
            raise BundleError(f"{version} serves already", where=str(self.store), remedy="Name another model.")
        said = self.verdict(version)
        if not force and (said is None or said.verdict not in PROMOTABLE):
            raise BundleError(
                f"was found {said.verdict.replace('_', ' ')} ({said.reason})"
                if said
                else "was never compared with the champion",
                where=version,
                remedy="Compare it on rows neither has learnt from (complaints compare), or use --force --reason.",
            )
        self._serve("promoted", version, reason, verdict=said.verdict if said else "", forced=force)

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
        """Let a kept model predict beside the champion, or none any more.

        Raises
        ------
        BundleError
            As `load`; or if that model is the champion, or there is none to leave off.
        """
        if version is None:
            if self.challenger is None:
                raise BundleError("no model is beside the champion", where=str(self.store), remedy="Leave it so.")
            with self._locked():
                append_history(self.store, [event("shadowed", "", reason, "", by=self._by)])
            return
        if version == self.champion:
            raise BundleError(f"{version} serves already", where=str(self.store), remedy="Name another model.")
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
        Bundle.load(self.store / version, manifest_sha256).files.require_unchanged()
        with self._locked():
            if instead_of not in (None, self.champion):
                raise BundleError("somebody has just changed the champion", where=str(self.store), remedy="Look again.")
            said = event(act, version, reason, manifest_sha256, by=self._by, verdict=verdict, forced=forced)
            append_history(self.store, [said])

    def _manifest_sha256(self, version: str) -> str:
        for said in self.history():
            if said.act == "kept" and said.version == version:
                return said.manifest_sha256
        raise BundleError(
            "was not kept by this store", where=str(self.store / version), remedy="`complaints models` lists what was."
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.store / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
