"""What a bundle says about itself, and which files it must and may hold: one layout per format."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from classifier.errors import BundleError
from classifier.features import ANALYZERS

FORMAT: Final = 3
"""The number of the folder's layout; a new layout gets a new number, and old numbers keep loading."""

MANIFEST: Final = "manifest.json"
TAXONOMY: Final = "taxonomy.toml"
LEXICON: Final = "lexicon.txt"
THESAURUS: Final = "thesaurus.txt"
VOCABULARY: Final = "vocabulary.json"
KEYS: Final = "keys.npy"
SIGNALS: Final = "signals.json"
SIGNALS_VOCABULARY: Final = "signals_vocabulary.json"
SIGNALS_KEYS: Final = "signals_keys.npy"
RULES: Final = "routing.toml"
REFERENCE: Final = "reference.json"
SEEN: Final = "seen.npy"
CARD: Final = "card.md"
PIPELINE: Final = "pipeline.joblib"
DOCUMENTS: Final = frozenset({"report.html", "report.json"})
"""What a bundle may hold beside what it needs."""

ARRAYS: Final = ("idf", "weights", "intercepts")

TRAIN_AGAIN: Final = "Train again with `complaints train`, or bring the bundle back from a backup."


@dataclass(frozen=True, slots=True)
class _Layout:
    required: frozenset[str]
    optional: frozenset[str]


_CORE: Final = frozenset({VOCABULARY, *(f"{name}.npy" for name in ARRAYS), LEXICON, TAXONOMY, PIPELINE})
# Models older than the thesaurus have none and need none; nor did they look for signals.
_LATER: Final = frozenset({THESAURUS, SIGNALS, *(f"signals_{name}.npy" for name in ARRAYS)})

_LAYOUTS: Final[Mapping[int, _Layout]] = {
    1: _Layout(_CORE, _LATER),
    2: _Layout(_CORE | _LATER | {RULES, REFERENCE, SEEN, CARD}, DOCUMENTS),
    # Keys are made by the kernel, where the program that trained has one.
    3: _Layout(_CORE | _LATER | {RULES, REFERENCE, SEEN, CARD, SIGNALS_VOCABULARY}, DOCUMENTS | {KEYS, SIGNALS_KEYS}),
}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says about itself.

    Attributes
    ----------
    format : int
        Layout number, at most `FORMAT`.
    version : str
        Name of the model, unique in its store.
    created : str
        UTC time, ISO 8601.
    preset : str
        Which pipeline was fitted.
    classes : list of str
        Category codes in column order.
    thresholds : dict
        Fields of `classifier.model.Thresholds`.
    tokenizer : dict
        `classifier.tokenizer.Tokenizer.identity` at training time.
    data : dict
        Number of rows and SHA-256 fingerprint of the labelled texts.
    metrics : dict
        What cross-validation measured.
    libraries : dict
        Versions it was trained with.
    files : dict
        File name → SHA-256, for every other file of the folder.
    """

    format: int
    version: str
    created: str
    preset: str
    classes: list[str]
    thresholds: dict[str, float]
    tokenizer: dict[str, Any]
    data: dict[str, Any]
    metrics: dict[str, Any]
    libraries: dict[str, str]
    files: dict[str, str]


_KINDS: Final[Mapping[str, type]] = {
    "format": int,
    **dict.fromkeys(("version", "created", "preset"), str),
    "classes": list,
    **dict.fromkeys(("thresholds", "tokenizer", "data", "metrics", "libraries", "files"), dict),
}


def parse_manifest(text: bytes, where: str) -> Manifest:
    """Read a manifest; what it says of files is not compared with any.

    Raises
    ------
    BundleError
        If it is none, its format or preset is unknown, or it names other files than its format has.
    """
    try:
        document = json.loads(text)
        number = document["format"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BundleError(f"is not a manifest ({error!r})", where=where, remedy=TRAIN_AGAIN) from error
    if not isinstance(number, int) or number not in _LAYOUTS:
        known = f"1 to {FORMAT}"
        raise BundleError(
            f"has format {number}, this program reads formats {known}", where=where, remedy="Update the program."
        )
    wrong = document.keys() ^ _KINDS.keys()
    wrong |= {name for name, kind in _KINDS.items() if not isinstance(document.get(name), kind)}
    if wrong:
        raise BundleError(f"is not a manifest (look at {min(wrong)!r})", where=where, remedy=TRAIN_AGAIN)
    if document["preset"] not in ANALYZERS:
        raise BundleError(f"has preset {document['preset']!r}", where=where, remedy="Update the program.")
    manifest = Manifest(**document)
    layout = _LAYOUTS[number]
    if missing := sorted(layout.required - manifest.files.keys()):
        raise BundleError(f"does not name {missing[0]}", where=where, remedy=TRAIN_AGAIN)
    if foreign := sorted(manifest.files.keys() - layout.required - layout.optional):
        raise BundleError(f"names {foreign[0]!r}, which no such model has", where=where, remedy="Update the program.")
    return manifest


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return hashlib.sha256().hexdigest()
        # Mapped, so that it is one call, during which other threads of the process go on.
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return hashlib.sha256(content).hexdigest()
