"""Texts that were read for signals: reading and checking them (docs/signals.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from classifier.errors import CorpusError
from classifier.signals import PRESET, SIGNALS
from classifier.tokenizer import Tokenizer
from training.bundled import read_cells
from training.labelled import Labelled

SIGNAL_TEXTS: Final = Path(__file__).with_name("signals")
"""One file per signal, half of whose texts carry it. ``read/`` tells of others that were read for all signals: in
``corpus.csv`` texts of the corpus, in ``written.csv`` texts that were written to carry one of them; ``bare.txt`` holds
words that people send without a sentence, which carry none.
"""

_OWN: Final = ("text", "label", "span")
_READ: Final = ("file", "row", "signal", "label", "span")
_DOUBTFUL: Final = "?"


RECIPE: Final = "svm-bayes-clauses.v1"
"""How `training.detector` learns from them; another way gets another name."""


@dataclass(frozen=True, slots=True)
class SignalText:
    """A text, and what somebody who read it decided.

    Attributes
    ----------
    text : str
    carries : mapping of str to str
        The signals it carries, and the words that carry each.
    decided : frozenset of str
        The signals somebody decided on, one way or the other.
    written_for : str or None
        The signal it was written to carry, or to look like; None if it comes as complaints come in.
    """

    text: str
    carries: Mapping[str, str]
    decided: frozenset[str]
    written_for: str | None


def read_signal_texts(corpus: Sequence[Labelled], folder: Path = SIGNAL_TEXTS) -> list[SignalText]:
    """Read the texts of every signal, and what was read in the corpus.

    Parameters
    ----------
    corpus : sequence of Labelled
        The bundled corpus, in the order of its files.
    folder : Path

    Raises
    ------
    CorpusError
        Naming file, line and remedy: a wrong header, an unknown signal, label or text, or a span that is not in it.
    """
    own = {code: list(_read_own(folder / f"{code}.csv")) for code in SIGNALS}
    for (code, row), also in _read(folder / "read" / "written.csv", own).items():
        text = own[code][row - 1]
        carries = {**also.carries, **text.carries}
        own[code][row - 1] = replace(text, carries=carries, decided=also.decided | text.decided)
    natural: dict[str, list[SignalText]] = {}
    for labelled in corpus:
        text = SignalText(labelled.text, {}, frozenset(), written_for=None)
        natural.setdefault(labelled.category, []).append(text)
    read = _read(folder / "read" / "corpus.csv", natural)
    bare = (folder / "read" / "bare.txt").read_text(encoding="utf-8").splitlines()
    return [
        *(text for code in SIGNALS for text in own[code]),
        *read.values(),
        *(SignalText(text, {}, frozenset(SIGNALS), written_for=None) for text in bare),
    ]


def signal_key(texts: Sequence[SignalText], tokenizer: Tokenizer) -> str:
    """SHA-256 of all that decides a detector: the same key, the same detector."""
    digest = hashlib.sha256(json.dumps([RECIPE, PRESET, tokenizer.identity()]).encode())
    for text in texts:
        said = [text.text, sorted(text.carries.items()), sorted(text.decided), text.written_for]
        digest.update(json.dumps(said, ensure_ascii=False).encode())
    return digest.hexdigest()


def _read_own(path: Path) -> Iterator[SignalText]:
    """Read the file of one signal, whose code is its name. Raises `CorpusError`."""
    code = path.stem
    for where, cells in read_cells(path, _OWN):
        carries = {code: _span(cells["text"], cells["span"], where)} if cells["label"] == "1" else {}
        if cells["label"] not in ("0", "1") or bool(cells["span"]) != bool(carries):
            raise CorpusError("wrong label", where=where, remedy="Write 1 and a span, or 0 and none.")
        yield SignalText(cells["text"], carries, frozenset({code}), written_for=code)


def _read(path: Path, texts: Mapping[str, Sequence[SignalText]]) -> dict[tuple[str, int], SignalText]:
    """What somebody read in texts: by file and row, with all that is decided of each."""
    read: dict[tuple[str, int], SignalText] = {}
    for where, cells in read_cells(path, _READ):
        key = cells["file"], int(cells["row"]) if cells["row"].isdecimal() else 0
        if not 0 < key[1] <= len(texts.get(key[0], ())):
            raise CorpusError("there is no such text", where=where, remedy="Read the texts again.")
        text = texts[key[0]][key[1] - 1]
        known = read.setdefault(key, replace(text, carries={}, decided=frozenset(SIGNALS)))
        code = cells["signal"]
        if not code:
            continue
        if code not in SIGNALS:
            raise CorpusError(f"unknown signal {code!r}", where=where, remedy=f"Use one of: {', '.join(SIGNALS)}.")
        if cells["label"] == _DOUBTFUL:
            read[key] = replace(known, decided=known.decided - {code})
        else:
            read[key] = replace(known, carries={**known.carries, code: _span(text.text, cells["span"], where)})
    return read


def _span(text: str, span: str, where: str) -> str:
    if not span or span not in text:
        raise CorpusError(f"{span!r} is not in the text", where=where, remedy="Copy the words from the text.")
    return span
