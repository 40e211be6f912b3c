"""What happened to the models of a store, and when: lines that are only ever added."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from classifier.errors import BundleError

HISTORY: Final = "history.jsonl"

Act = Literal["kept", "compared", "promoted", "rolled_back", "shadowed"]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the history.

    Attributes
    ----------
    at : str
        UTC time, ISO 8601.
    act : {'kept', 'compared', 'promoted', 'rolled_back', 'shadowed'}
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
        What a comparison said: of one that was ``compared``, or of the last one before it was ``promoted``.
    against : str
        The model it was compared with.
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
    against: str = ""
    forced: bool = False
    previous: str = ""


def event(
    act: Act,
    version: str,
    reason: str,
    manifest_sha256: str,
    *,
    by: str | None = None,
    verdict: str = "",
    against: str = "",
    forced: bool = False,
) -> Event:
    """What happens now, by default by whoever runs this."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Event(now, act, version, reason, manifest_sha256, by or getpass.getuser(), verdict, against, forced)


def read_history(store: Path) -> list[Event]:
    """Everything that happened in a store, oldest first.

    Raises
    ------
    BundleError
        If the file cannot be understood, or a line of it was changed.
    """
    path = store / HISTORY
    events: list[Event] = []
    before = ""
    for number, line in enumerate(_lines(path), start=1):
        where, remedy = f"{path}, line {number}", "Bring the file back from a backup."
        try:
            said = Event(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise BundleError(f"is not a history event ({error})", where=where, remedy=remedy) from error
        unchained = not said.previous and not any(earlier.previous for earlier in events)
        if not unchained and said.previous != _sha256(before):
            raise BundleError("the line before was changed or removed", where=where, remedy=remedy)
        events.append(said)
        before = line
    return events


def append_history(store: Path, events: Sequence[Event]) -> None:
    """Replace the history by itself and `events`, so that a crash leaves either the old or the new one."""
    path = store / HISTORY
    lines = _lines(path)
    for happened in events:
        chained = replace(happened, previous=_sha256(lines[-1] if lines else ""))
        lines.append(json.dumps(asdict(chained), ensure_ascii=False))
    new = store / f".{HISTORY}.new"
    new.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    flush(new)
    new.replace(path)
    flush(store)


def flush(path: Path) -> None:
    """Make a file or folder outlast a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lines(path: Path) -> list[str]:
    # Not splitlines: a reason may hold characters that it takes for the end of a line.
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n") if path.exists() else []


def _sha256(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
