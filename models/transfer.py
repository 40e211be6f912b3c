"""A bundle as one file, from one machine to another.

The file is a ZIP archive of the bundle's files, uncompressed, in a fixed order and with fixed times, so that the same
bundle always gives the same bytes. The manifest stands first and holds the hashes of all others, so it is all that has
to be proven genuine: by a signature, which stands second, or by its hash, told by another way. Import proves that
before it reads on, takes only what the manifest names, and refuses what export would not have written byte for byte.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import shutil
import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final
from zipfile import LargeZipFile, ZipFile, ZipInfo

from classifier.errors import BundleError
from models.checks import examine
from models.manifest import MANIFEST, Manifest, file_sha256, parse_manifest
from models.registry import Registry

KEY: Final = "COMPLAINTS_BUNDLE_KEY"
"""The environment variable with the secret that machines share to know each other's models."""

SIGNATURE: Final = "manifest.hmac"
"""Member with the HMAC-SHA256 of the manifest, in hexadecimal digits."""

_LEAST_KEY: Final = 16
_LARGEST_MANIFEST: Final = 16 << 20
_LARGEST_SIGNATURE: Final = 64
_LONGEST_NAME: Final = 64
_PIECE: Final = 1 << 20
_BEGINNING: Final = (1980, 1, 1, 0, 0, 0)
_READABLE: Final = 0o100644 << 16
# Of a ZIP member: mark, versions, times and checksum (which the comparison at the end looks at), size, lengths.
_HEADER: Final = struct.Struct("<4s18xL2H")
_MEMBER: Final = b"PK\x03\x04"
_DIRECTORY: Final = b"PK\x01\x02"
_AGAIN: Final = "Export it again, or copy the file again."


def bundle_key() -> bytes | None:
    """The key that the environment gives, or None.

    Raises
    ------
    BundleError
        If it is shorter than 16 bytes.
    """
    key = os.environb.get(KEY.encode(), b"")
    if 0 < len(key) < _LEAST_KEY:
        raise BundleError(
            f"has {len(key)} bytes, {_LEAST_KEY} at least are needed",
            where=KEY,
            remedy="Make one with `openssl rand -hex 32`, the same on both machines.",
        )
    return key or None


def export_bundle(registry: Registry, version: str, target: Path, key: bytes | None) -> str:
    """Write a model into one file, after all its checks; signed if there is a key.

    Returns
    -------
    str
        SHA-256 of the manifest: what proves the file genuine where it is imported without the key.

    Raises
    ------
    BundleError
        If the model fails a check, or the file cannot be written.
    """
    bundle = registry.load(version)
    bundle.files.require_unchanged()
    manifest, folder = bundle.manifest, bundle.files.folder
    new = target.with_name(f".{target.name}.new")
    signature = _signature((folder / MANIFEST).read_bytes(), key) if key else None
    try:
        try:
            with new.open("wb") as file:
                _pack(file, folder, manifest, signature)
            new.replace(target)
        finally:
            new.unlink(missing_ok=True)
    except (OSError, LargeZipFile) as error:
        raise BundleError(f"cannot be written ({error})", where=str(target), remedy="Name another place.") from error
    return file_sha256(folder / MANIFEST)


def import_bundle(
    registry: Registry, source: Path, *, key: bytes | None, manifest_sha256: str | None, reason: str
) -> str:
    """Keep a model that was exported elsewhere, after all its checks. Its pickled pipeline is hashed and left alone.

    Parameters
    ----------
    registry : Registry
    source : Path
        The file.
    key : bytes or None
        Proves the signature, where no hash was told.
    manifest_sha256 : str or None
        Hash of the manifest, as the export printed it; it decides, signature or none.
    reason : str
        Stands in the history, behind ``imported:``.

    Returns
    -------
    str
        The model's version.

    Raises
    ------
    BundleError
        If the file is not proven genuine, is not what an export writes, or the model is here already or fails a check.
        Nothing of it stays.
    """
    where = str(source)
    try:
        file = source.open("rb")
    except OSError as error:
        raise BundleError(f"cannot be opened ({error})", where=where, remedy="Correct the name.") from error
    with file:
        archive = _Archive(file, where)
        text = archive.small(MANIFEST, _LARGEST_MANIFEST)
        signature = archive.small(SIGNATURE, _LARGEST_SIGNATURE) if archive.next == SIGNATURE else None
        _require_genuine(text, signature, key, manifest_sha256, where)
        manifest = parse_manifest(text, f"{where}, {MANIFEST}")
        sha256 = hashlib.sha256(text).hexdigest()
        if manifest.version in registry.versions():
            raise BundleError("is here already", where=manifest.version, remedy="`complaints models verify` checks it.")

        def write(folder: Path) -> str:
            (folder / MANIFEST).write_bytes(text)
            for name in sorted(manifest.files):
                archive.unpack(name, folder / name, manifest.files[name])
            archive.require_same(folder, manifest, signature)
            examine(folder, sha256)
            return sha256

        registry.keep(manifest.version, write, reason=f"imported: {reason}")
    return manifest.version


def _require_genuine(manifest: bytes, signature: bytes | None, key: bytes | None, told: str | None, where: str) -> None:
    if told is not None:
        told = told.strip().lower()
        if not re.fullmatch("[0-9a-f]{64}", told):
            raise BundleError("is no SHA-256", where=repr(told), remedy="Give the 64 digits that the export printed.")
        if not hmac.compare_digest(hashlib.sha256(manifest).hexdigest(), told):
            raise BundleError(
                "has another manifest than the one whose SHA-256 was given",
                where=where,
                remedy="Do not use it: ask for the file and its hash again.",
            )
    elif key is None:
        raise BundleError(
            "nothing says that it is genuine",
            where=where,
            remedy=f"Give --sha256 with the hash that the export printed, or set {KEY} on both machines.",
        )
    elif signature is None:
        raise BundleError(
            "is not signed",
            where=where,
            remedy=f"Give --sha256 with the hash that the export printed, or export it with {KEY} set.",
        )
    elif not hmac.compare_digest(_signature(manifest, key), signature):
        raise BundleError(
            f"was not signed with the {KEY} of this machine, or was changed",
            where=where,
            remedy="Set the key it was exported with, or give --sha256 with the hash that the export printed.",
        )


def _signature(manifest: bytes, key: bytes) -> bytes:
    return hmac.new(key, manifest, hashlib.sha256).hexdigest().encode()


class _Archive:
    """An archive read from front to back by the headers of its members.

    Its directory is not asked: so there is nothing that could lead elsewhere, stand twice or unfold to more than the
    file's own size.
    """

    def __init__(self, file: IO[bytes], where: str) -> None:
        self._file = file
        self._where = where
        self.next: str | None = None
        self._advance()

    def small(self, name: str, largest: int) -> bytes:
        """The member that stands next, which must be this one and not larger than that."""
        self._require(name)
        if self._size > largest:
            raise self._error(f"{name} has {self._size:,} bytes, at most {largest:,} are read")
        content = b"".join(self._pieces(name))
        self._advance()
        return content

    def unpack(self, name: str, target: Path, sha256: str) -> None:
        """Write the member that stands next, which must be this one and have this hash, to a new file."""
        self._require(name)
        with target.open("xb") as file:
            for piece in self._pieces(name):
                file.write(piece)
        if file_sha256(target) != sha256:
            raise self._error(f"has another {name} than its manifest names")
        self._advance()

    def require_same(self, folder: Path, manifest: Manifest, signature: bytes | None) -> None:
        """Refuse the archive if an export of what was unpacked would have other bytes."""
        with tempfile.TemporaryFile(dir=folder) as again:
            _pack(again, folder, manifest, signature)
            digests = []
            for file in (self._file, again):
                file.seek(0)
                digests.append(hashlib.file_digest(file, "sha256").digest())  # type: ignore[arg-type]
        if digests[0] != digests[1]:
            raise self._error("is not what an export writes: something was added or changed")

    def _advance(self) -> None:
        header = self._file.read(_HEADER.size)
        if header.startswith(_DIRECTORY):
            self.next = None
            return
        if len(header) < _HEADER.size or not header.startswith(_MEMBER):
            raise self._error("is not an exported model, or is damaged")
        _, self._size, length, extra = _HEADER.unpack(header)
        if length > _LONGEST_NAME or extra:
            raise self._error("is not what an export writes")
        self.next = self._file.read(length).decode("ascii", "replace")

    def _require(self, name: str) -> None:
        if self.next != name:
            raise self._error(f"has {self.next or 'nothing'!r} where {name} belongs")

    def _pieces(self, name: str) -> Iterable[bytes]:
        left = self._size
        while left:
            piece = self._file.read(min(left, _PIECE))
            if not piece:
                raise self._error(f"ends within {name}")
            left -= len(piece)
            yield piece

    def _error(self, what: str) -> BundleError:
        return BundleError(what, where=self._where, remedy=_AGAIN)


def _pack(file: IO[bytes], folder: Path, manifest: Manifest, signature: bytes | None) -> None:
    """Write the archive of a bundle's folder: the manifest, the signature if there is one, then all others by name."""
    with ZipFile(file, "w", allowZip64=False) as archive:
        _add(archive, folder / MANIFEST)
        if signature is not None:
            archive.writestr(_info(SIGNATURE), signature)
        for name in sorted(manifest.files):
            _add(archive, folder / name)


def _add(archive: ZipFile, path: Path) -> None:
    info = _info(path.name)
    info.file_size = path.stat().st_size
    with path.open("rb") as source, archive.open(info, "w") as member:
        shutil.copyfileobj(source, member, _PIECE)


def _info(name: str) -> ZipInfo:
    info = ZipInfo(name, _BEGINNING)
    info.create_system = 3  # the same on every system
    info.external_attr = _READABLE
    return info
