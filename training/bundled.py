"""The bundled complaints: reading and checking them."""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Final

from classifier.errors import CorpusError, TextError
from classifier.taxonomy import Taxonomy
from classifier.text import readable
from training.labelled import Labelled

CORPUS: Final = Path(__file__).with_name("corpus")
"""The bundled complaints, written for this project: one CSV file per category."""

COLUMNS: Final = ("text", "category", "secondary", "channel", "voice")
CHANNELS: Final = ("hotline", "branch", "app", "web", "letter", "regulator_referral", "media")
"""By which way the complaint arrived."""
VOICES: Final = ("app_review", "web_form", "agent_note", "letter", "chat", "forum")
"""How it is written."""

_BETWEEN_PHRASES: Final = re.compile("[、；，：（）]")


def read_bundled_corpus(taxonomy: Taxonomy, folder: Path = CORPUS) -> list[Labelled]:
    """Read every CSV file of the bundled corpus, files and rows in their order.

    Raises
    ------
    CorpusError
        Naming file, line and remedy: a wrong header, a category the taxonomy lacks, an unknown channel or voice, an
        unreadable text, or no file at all.
    """
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise CorpusError("there is no *.csv file", where=str(folder), remedy="Restore the corpus from the repository.")
    return [row for file in files for row in _read_file(file, taxonomy)]


def _read_file(path: Path, taxonomy: Taxonomy) -> list[Labelled]:
    rows = []
    for where, cells in read_cells(path, COLUMNS):
        secondary = tuple(filter(None, cells["secondary"].split(";")))
        _require(cells["category"], taxonomy, "category", where)
        for code in secondary:
            _require(code, [c for c in taxonomy if c != cells["category"]], "secondary category", where)
        _require(cells["channel"], CHANNELS, "channel", where)
        _require(cells["voice"], VOICES, "voice", where)
        try:
            readable(cells["text"])
        except TextError as error:
            raise CorpusError(error.what, where=where, remedy="Remove the row.") from error
        rows.append(Labelled(cells["text"], cells["category"], secondary, cells["channel"], cells["voice"]))
    return rows


def read_cells(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV file of ours, each with its place. Raises `CorpusError` where it is not what it should be."""
    if not path.is_file():
        raise CorpusError("there is no such file", where=str(path), remedy="Restore it from the repository.")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if tuple(reader.fieldnames or ()) != columns:
            raise CorpusError(
                f"the header is {reader.fieldnames}", where=f"{path}, line 1", remedy=f"Write {','.join(columns)}."
            )
        for cells in reader:
            where = f"{path}, line {reader.line_num}"
            if None in cells or None in cells.values():
                raise CorpusError("wrong number of cells", where=where, remedy="Put the text in double quotes.")
            yield where, cells


def _require(value: str, allowed: Iterable[str], kind: str, where: str) -> None:
    if value not in allowed:
        raise CorpusError(f"unknown {kind} {value!r}", where=where, remedy=f"Use one of: {', '.join(allowed)}.")


def definition_texts(taxonomy: Taxonomy, only: Container[str] | None = None) -> tuple[list[str], list[str]]:
    """The names and definitions of the categories, phrase by phrase, as (texts, labels) to learn from.

    `only` names the categories wanted; by default all.

    Examples
    --------
    >>> texts, labels = definition_texts(Taxonomy.bundled())
    >>> texts[:3], labels[0]
    (['服务态度', '工作人员', '柜员'], 'service_attitude')
    """
    pairs = [
        (phrase, code)
        for code, category in taxonomy.items()
        for phrase in (category.zh, *_BETWEEN_PHRASES.split(category.definition_zh))
        if len(phrase) > 1 and (only is None or code in only)
    ]
    return [phrase for phrase, _ in pairs], [code for _, code in pairs]
