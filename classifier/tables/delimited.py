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
_FEWER_LINES: Final = 20
_LONG_LOOKS: Final = 1_000
"""Having looked over `_FEWER_LINES` in vain so often, it looks no farther: long files would cost quadratic time."""


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
        self._long_looks = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._file)
        self.taken.append(line)
        if len(self.taken) > (_MOST_LINES if self._long_looks < _LONG_LOOKS else _FEWER_LINES):
            raise _UnclosedError
        return line

    def give_back_all_but_first(self) -> str:
        self._long_looks += len(self.taken) > _FEWER_LINES
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

    A quote that is never closed would swallow all that follows, and one closed by the next line's would make one record
    of two. So a record of many lines must be without fault. If it has one, its first line is taken for itself and
    reading goes on with the next; if a quote is still open at its end, none of its quotes counts, and it is marked.
    """
    lines = _Lines(file)
    while True:
        try:
            cells, unclosed = next(csv.reader(lines, delimiter=delimiter, strict=True)), False
        except StopIteration:
            return
        except (csv.Error, _UnclosedError):
            cells, unclosed = _alone(lines.give_back_all_but_first(), delimiter)
        yield Record(cells, lines.line, unclosed)
        lines.finish_record()


def _alone(line: str, delimiter: str) -> tuple[list[str], bool]:
    """The cells of one line, and whether a quote is open at its end."""
    reader = csv.reader([line, ""], delimiter=delimiter)
    cells = next(reader)
    unclosed = reader.line_num > 1
    return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE)) if unclosed else cells, unclosed
