"""Labelled complaints, wherever they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled complaint.

    Attributes
    ----------
    text : str
        Without personal data.
    category : str
        A code of the taxonomy.
    secondary : tuple of str
        What else it complains about.
    channel : str
        By which way it arrived, or empty.
    voice : str
        How it is written; of the bundled corpus only.
    group : str
        What its source says belongs together, such as a branch, or empty.
    customer : str
        A key of who wrote it, or empty.
    at : datetime or None
        When it arrived.
    selection : str
        Why a person looked at it (docs/storage.md), or empty.
    place : str
        File and line, for messages; empty for what comes from a database.
    """

    text: str
    category: str
    secondary: tuple[str, ...] = ()
    channel: str = ""
    voice: str = ""
    group: str = ""
    customer: str = ""
    at: datetime | None = None
    selection: str = ""
    place: str = ""


def fingerprint(rows: Sequence[Labelled]) -> str:
    """SHA-256 over texts and labels in their order: the same data gives the same model."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update("\x1f".join((row.text, row.category, *row.secondary)).encode() + b"\x1e")
    return digest.hexdigest()
