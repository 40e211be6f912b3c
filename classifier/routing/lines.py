"""Where the entries of a TOML file stand: its parser tells values, not lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Final

Path = tuple[str | int, ...]
"""The way to an entry: names of tables and keys, and for a table in a list its index."""

_QUOTED: Final = r"\"(?:[^\"\\]|\\.)*\"|'[^']*'"
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*((?:{_QUOTED}|[^\[\]#\"'=])+?)\s*\]\]?\s*(?:#.*)?")
_KEY: Final = re.compile(rf"\s*((?:{_QUOTED}|[^\"'=])+?)\s*=")


def entry_lines(text: str) -> Mapping[Path, int]:
    r"""The line, from 1, of every table and key that has one of its own.

    Parameters
    ----------
    text : str
        A file that `tomllib` reads.

    Returns
    -------
    mapping of tuple to int
        An entry within an inline table has no line: ask with `line_of`.

    Examples
    --------
    >>> lines = entry_lines('format = 1\n[[rule]]\nname = "a"\nwhen.words = [\n  "急",\n]\n[[rule]]\n')
    >>> lines[("format",)], lines[("rule", 0, "when", "words")], lines[("rule", 1)]
    (1, 4, 7)
    """
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, statement in _statements(text):
        header = _HEADER.fullmatch(statement)
        if header:
            table = _resolve(_keys(header[2]), counts)
            if header[1] == "[[":
                lines.setdefault(table, number)
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            lines.setdefault(table, number)
        elif not statement.lstrip().startswith("#") and (key := _KEY.match(statement)):
            keys = _keys(key[1])
            for length in range(1, len(keys) + 1):
                lines.setdefault((*table, *keys[:length]), number)
    return lines


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """The line of an entry, or of the nearest one around it."""
    return next((lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines), 1)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Headers and assignments with their first lines; a value may go on over several."""
    begun, first = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not begun:
            first = number
        begun += line + "\n"
        if (first == number and _HEADER.fullmatch(line)) or _whole(begun):
            yield first, begun.rstrip("\n")
            begun = ""


def _whole(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _keys(dotted: str) -> tuple[str, ...]:
    """The parts of a key: ``a."b.c"`` has two."""
    document = tomllib.loads(f"{dotted} = 0")
    keys: list[str] = []
    while isinstance(document, dict):
        (name,) = document
        keys.append(name)
        document = document[name]
    return tuple(keys)


def _resolve(keys: tuple[str, ...], counts: Mapping[Path, int]) -> Path:
    """A header's keys with the index of the list entry each is in."""
    path: Path = ()
    for number, key in enumerate(keys):
        path = (*path, key)
        if path in counts and number < len(keys) - 1:
            path = (*path, counts[path])
    return path
