"""The files of a bundle: none is read whose SHA-256 is not the manifest's.

Serving hashes what it reads, and leaves alone what it does not, which is most of a bundle's bytes; whoever reads such a
file later hashes it then. Before a model is promoted, exported or taken in, every file is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import numpy as np
from numpy.typing import NDArray

from classifier.errors import BundleError
from models.manifest import MANIFEST, TRAIN_AGAIN, Manifest, file_sha256, parse_manifest


@dataclass(frozen=True, slots=True)
class Files:
    """A bundle's folder, in which no file is missing or foreign, and the manifest that names them.

    Attributes
    ----------
    folder : Path
    manifest : Manifest
    """

    folder: Path
    manifest: Manifest
    _ahead: dict[str, _Hashing] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, folder: Path, manifest_sha256: str | None = None) -> Files:
        """Read the manifest of a folder, and look which files there are.

        Raises
        ------
        BundleError
            As `parse_manifest`; or if the manifest does not have the given hash, or a file is missing or unknown.
        """
        path = folder / MANIFEST
        if not path.is_file():
            raise BundleError(
                "there is no such model", where=str(path), remedy="`complaints models` lists what there is."
            )
        text = path.read_bytes()
        if manifest_sha256 is not None and hashlib.sha256(text).hexdigest() != manifest_sha256:
            raise BundleError("was changed after it was kept", where=str(path), remedy=TRAIN_AGAIN)
        manifest = parse_manifest(text, str(path))
        for name in manifest.files:
            if not (folder / name).is_file() or (folder / name).is_symlink():
                raise BundleError("is missing", where=str(folder / name), remedy=TRAIN_AGAIN)
        foreign = sorted({file.name for file in folder.iterdir()} - manifest.files.keys() - {MANIFEST})
        if foreign:
            raise BundleError("is not part of this model", where=str(folder / foreign[0]), remedy="Remove it.")
        return cls(folder, manifest)

    def __contains__(self, name: object) -> bool:
        return name in self.manifest.files

    def require_unchanged(self) -> None:
        """Hash every file. Raises `BundleError`."""
        for name in self.manifest.files:
            self.path(name)

    def hash_ahead(self, names: Iterable[str]) -> None:
        """Begin to hash files that are read later, on another core, while others are read."""
        hashing = _Hashing([self.folder / name for name in names if name in self])
        self._ahead.update((path.name, hashing) for path in hashing.paths)
        hashing.start()

    def path(self, name: str) -> Path:
        """Where a file lies that has just been hashed. Raises `BundleError` if it was changed."""
        path, ahead = self.folder / name, self._ahead.pop(name, None)
        sha256 = ahead.sha256_of(path) if ahead else None
        self._require(name, sha256 or file_sha256(path))
        return path

    def text(self, name: str) -> str:
        """What a text file says. Raises `BundleError` if it was changed, or is not UTF-8."""
        content = (self.folder / name).read_bytes()
        self._require(name, hashlib.sha256(content).hexdigest())
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BundleError(f"is not UTF-8 ({error})", where=str(self.folder / name), remedy=TRAIN_AGAIN) from error

    def array(self, name: str) -> NDArray[np.float32]:
        """An array, memory-mapped: workers share the pages. Raises `BundleError`; `ValueError` if it is none."""
        mapped = np.load(self.path(f"{name}.npy"), mmap_mode="r", allow_pickle=False)
        plain: NDArray[np.float32] = mapped.view(np.ndarray)  # spares each operation the subclass's detour
        return plain

    def keys(self, name: str) -> NDArray[np.uint64] | None:
        """Keys of terms, if the bundle has the file. Raises `BundleError`; `ValueError` if it holds anything else."""
        if name not in self:
            return None
        keys = np.load(self.path(name), allow_pickle=False)
        if keys.dtype != np.uint64 or keys.ndim != 1:
            raise ValueError(f"{name} holds no keys")
        return np.asarray(keys, np.uint64)

    def _require(self, name: str, sha256: str) -> None:
        if sha256 != self.manifest.files[name]:
            raise BundleError(
                "was changed: its SHA-256 is not the manifest's", where=str(self.folder / name), remedy=TRAIN_AGAIN
            )


class _Hashing(Thread):
    """Hashes files one after the other; none twice, and what cannot be read is left to whoever asks."""

    def __init__(self, paths: list[Path]) -> None:
        super().__init__(daemon=True)
        self.paths = paths
        self._found: dict[Path, str] = {}

    def run(self) -> None:
        """Hash all."""
        with suppress(OSError):
            self._found.update((path, file_sha256(path)) for path in self.paths)

    def sha256_of(self, path: Path) -> str | None:
        """What was found, once all are done; None if it could not be read."""
        self.join()
        return self._found.get(path)
