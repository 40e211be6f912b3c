"""Texts that were read for signals: reading and checking them (docs/signals.md)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from classifier.errors import CorpusError
from classifier.signals import SIGNALS
from training.history import Labelled

SIGNAL_TEXTS: Final = Path(__file__).with_name("signals")
"""One file per signal, half of whose texts carry it; in ``read/corpus.csv`` which texts of the corpus carry which."""

_OWN: Final = ("text", "label", "span")
_READ: Final = ("category", "row", "signal", "label", "span")
_DOUBTFUL: Final = "?"


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
    natural : bool
        Whether it comes as complaints come in; else it was written to carry a signal, or to look like it.
    """

    text: str
    carries: Mapping[str, str]
    decided: frozenset[str]
    natural: bool


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
    texts = [text for code in SIGNALS for text in read_own(folder / f"{code}.csv")]
    return [*texts, *_read_in_corpus(folder / "read" / "corpus.csv", corpus)]


def read_own(path: Path) -> Iterator[SignalText]:
    """Read the file of one signal, whose code is its name. Raises `CorpusError`."""
    code = path.stem
    for where, cells in _rows(path, _OWN):
        carries = {code: _span(cells["text"], cells["span"], where)} if cells["label"] == "1" else {}
        if cells["label"] not in ("0", "1") or bool(cells["span"]) != bool(carries):
            raise CorpusError("wrong label", where=where, remedy="Write 1 and a span, or 0 and none.")
        yield SignalText(cells["text"], carries, frozenset({code}), natural=False)


def _read_in_corpus(path: Path, corpus: Sequence[Labelled]) -> list[SignalText]:
    texts: dict[str, list[str]] = {}
    for row in corpus:
        texts.setdefault(row.category, []).append(row.text)
    carries: dict[tuple[str, int], dict[str, str]] = {}
    doubted: dict[tuple[str, int], set[str]] = {}
    for where, cells in _rows(path, _READ):
        key = cells["category"], int(cells["row"]) if cells["row"].isdecimal() else 0
        if not 0 < key[1] <= len(texts.get(key[0], ())):
            raise CorpusError("there is no such text in the corpus", where=where, remedy="Read the corpus again.")
        found = carries.setdefault(key, {})
        code = cells["signal"]
        if not code:
            continue
        if code not in SIGNALS:
            raise CorpusError(f"unknown signal {code!r}", where=where, remedy=f"Use one of: {', '.join(SIGNALS)}.")
        if cells["label"] == _DOUBTFUL:
            doubted.setdefault(key, set()).add(code)
        else:
            found[code] = _span(texts[key[0]][key[1] - 1], cells["span"], where)
    return [
        SignalText(
            texts[category][row - 1], found, frozenset(SIGNALS.keys() - doubted.get((category, row), set())), True
        )
        for (category, row), found in carries.items()
    ]


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every row of a file with where it stands."""
    if not path.is_file():
        raise CorpusError("there is no such file", where=str(path), remedy="Restore it from the repository.")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if tuple(reader.fieldnames or ()) != columns:
            raise CorpusError(
                f"the header is {reader.fieldnames}", where=f"{path}, line 1", remedy=f"Write {','.join(columns)}."
            )
        for cells in reader:
            yield f"{path}, line {reader.line_num}", cells


def _span(text: str, span: str, where: str) -> str:
    if not span or span not in text:
        raise CorpusError(f"{span!r} is not in the text", where=where, remedy="Copy the words from the text.")
    return span
