"""Records of CSV and TSV text, when quotes can't be trusted."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple, TextIO

csv.field_size_limit(sys.maxsize)

_MOST_LINES: Final = 1_000
"""No cell has more lines: a quote that is open for longer was never closed."""
_FEWER_LINES: Final = 20
_LONG_LOOKS: Final = 1_000
"""Having looked over `_FEWER_LINES` in vain so often, it looks no farther: long files would cost quadratic time."""
_AT_ONCE: Final = 2 * _MOST_LINES
"""Lines read at once; more than `_MOST_LINES`, so that whether a quote is closed is known with the next ones."""


class Record(NamedTuple):
    """The cells of one record, the line it starts on (from 1), and whether its quote was never closed."""

    cells: list[str]
    line: int
    unclosed: bool = False


def read_records(file: TextIO, delimiter: str) -> Iterator[Record]:
    """Yield the records of a delimited text.

    A quote that is never closed would swallow all that follows, and one closed by the next line's would make one record
    of two. So a record of many lines must be without fault. If it has one, its first line is taken for itself and
    reading goes on with the next; if a quote is still open at its end, none of its quotes counts, and it is marked.
    """
    lines: list[str] = []
    before = long_looks = 0  # lines that are done with, and looks in vain
    ended = False
    while not ended:
        more = list(islice(file, _AT_ONCE))
        ended = len(more) < _AT_ONCE
        lines += more
        done = 0
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:  # nearly all files have no fault, and one reader takes all lines
            for cells in reader:
                if reader.line_num - done > (_MOST_LINES if long_looks < _LONG_LOOKS else _FEWER_LINES):
                    break
                yield Record(cells, before + done + 1)
                done = reader.line_num
        except csv.Error:
            pass
        while done < len(lines):  # a fault, or a record whose other lines are not read yet: each by a reader of its own
            most = _MOST_LINES if long_looks < _LONG_LOOKS else _FEWER_LINES
            look = lines[done : done + most]
            reader = csv.reader(look, delimiter=delimiter, strict=True)
            try:
                cells, taken, unclosed = next(reader), reader.line_num, False
            except csv.Error:
                if reader.line_num == len(look) < most and not ended:
                    break
                long_looks += reader.line_num > _FEWER_LINES
                (cells, unclosed), taken = _alone(look[0], delimiter), 1
            yield Record(cells, before + done + 1, unclosed)
            done += taken
        before += done
        del lines[:done]


def _alone(line: str, delimiter: str) -> tuple[list[str], bool]:
    """The cells of one line, and whether a quote is open at its end."""
    reader = csv.reader([line, ""], delimiter=delimiter)
    cells = next(reader)
    unclosed = reader.line_num > 1
    return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE)) if unclosed else cells, unclosed
