"""Keyed hashes: what stands for a person or a body in the database without telling it.

The key lies in a file that only this service may read. Whoever has the database without it can neither find a customer
by trying keys nor compare with another bank's hashes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from api.settings import Settings
from api.storage import Cases, Database
from classifier.errors import StorageError

_BYTES: Final = 32


def open_key(settings: Settings, database: Database) -> bytes:
    """The key of a service; it is made beside a case database that holds nothing yet. Raises `StorageError`."""
    return load_key(settings.data / "secret.key", make=Cases(database).empty())


def load_key(path: Path, *, make: bool) -> bytes:
    """The key kept in a file, readable by its owner alone.

    Parameters
    ----------
    path : Path
    make : bool
        Whether to make it if it is missing.

    Raises
    ------
    StorageError
        If the file is missing, cannot be read or made, or holds no key.
    """
    try:
        if make and not path.exists():
            _make_key(path)
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError as error:
        remedy = (
            "Restore it from its backup. If it is lost for good, write 64 random hexadecimal digits there: customers "
            "and complaints of before are then no longer recognised."
        )
        raise StorageError("is missing, and the case database holds cases", where=str(path), remedy=remedy) from error
    except (OSError, ValueError) as error:
        raise StorageError(str(error), where=str(path), remedy="Restore this file from its backup.") from error
    if len(key) != _BYTES:
        raise StorageError("holds no key", where=str(path), remedy="Restore this file from its backup.")
    return key


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=path.parent) as file:  # its owner's alone
        file.write(secrets.token_hex(_BYTES))
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):  # whole or not at all, and only one process can be first
            os.link(file.name, path)


def keyed_hash(key: bytes, purpose: str, value: str) -> str:
    """HMAC-SHA256 of a value, in hexadecimal; equal values of different purposes have different hashes.

    Examples
    --------
    >>> keyed_hash(b"k", "customer", "C1") == keyed_hash(b"k", "customer", "C1")
    True
    >>> keyed_hash(b"k", "customer", "C1") == keyed_hash(b"k", "body", "C1")
    False
    """
    return hmac.new(key, f"{purpose}\0{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
