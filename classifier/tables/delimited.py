"""Records of CSV and TSV text, when quotes can't be trusted."""

from __future__ import annotations

import csv
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TextIO

csv.field_size_limit(sys.maxsize)

_MOST_LINES: Final = 1_000
"""No cell has more lines: a quote that is open for longer was never closed."""


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one record, the line it starts on (from 1), and whether its quote was never closed."""

    cells: list[str]
    line: int
    unclosed: bool = False


class _Lines:
    """Physical lines with the possibility to give some back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self.line = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._file)
        self.taken.append(line)
        if len(self.taken) > _MOST_LINES:
            raise _UnclosedError
        return line

    def give_back_all_but_first(self) -> str:
        self._returned.extendleft(reversed(self.taken[1:]))
        self.taken = self.taken[:1]
        return self.taken[0]

    def finish_record(self) -> None:
        self.line += len(self.taken)
        self.taken = []


class _UnclosedError(Exception):
    """A quote was open for too long."""


def read_records(file: TextIO, delimiter: str) -> Iterator[Record]:
    """Yield the records of a delimited text.

    A quote that is never closed would swallow all that follows. Its line is taken for itself, its cells split without
    regard to quotes, and marked; reading goes on with the next line.
    """
    lines = _Lines(file)
    while True:
        try:
            cells = next(csv.reader(lines, delimiter=delimiter))
            unclosed = len(lines.taken) > 1 and _is_unclosed(lines.taken, delimiter)
        except StopIteration:
            return
        except _UnclosedError:
            unclosed = True
        if unclosed:
            first = lines.give_back_all_but_first()
            cells = next(csv.reader([first], delimiter=delimiter, quoting=csv.QUOTE_NONE))
        yield Record(cells, lines.line, unclosed)
        lines.finish_record()


def _is_unclosed(lines: list[str], delimiter: str) -> bool:
    """Whether the lines end inside quotes; a record in the middle of a file never does."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False
