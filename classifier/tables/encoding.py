"""Which encoding a text file is in."""

from __future__ import annotations

import codecs
from functools import cache
from pathlib import Path
from typing import Final

from opencc import OpenCC

from classifier.errors import TableError

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK: Final = 1 << 20

_FEW_BROKEN: Final = 0.02
"""Share of characters beyond ASCII that may be broken in a file that is otherwise in one encoding."""

_SOME_BROKEN: Final = 0.3
"""Share up to which a file is still UTF-8 with some rows in another encoding, if nothing else explains it."""

_RARE: Final = 0.35
"""Share of rare characters that no Chinese text reaches; Big5 read as GB18030 has more than half."""


def detect_encoding(path: Path) -> str:
    """Tell the encoding of a text file: by its mark, else UTF-8 if it is valid, else GB18030.

    A few broken characters do not decide: the encoding that explains the rest is taken, and the rows that have them are
    reported by whoever reads on.

    Raises
    ------
    TableError
        If no encoding fits, or the text would consist of implausibly rare characters (probably Big5).
    """
    with path.open("rb") as file:
        head = file.read(4)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    utf8 = _broken_share(path, "utf-8")
    if utf8 == 0:
        return "utf-8"
    gb18030 = _broken_share(path, "gb18030")
    if utf8 <= _FEW_BROKEN and utf8 <= gb18030:
        return "utf-8"
    rare = _rare_share(path)
    if utf8 <= _SOME_BROKEN and (gb18030 > utf8 or rare > _RARE):
        return "utf-8"
    if gb18030 > _FEW_BROKEN:
        if _controls(path) > _FEW_BROKEN:
            raise no_text(path)
        raise TableError(
            "is neither UTF-8 nor GB18030", where=str(path), remedy="Name its encoding with --encoding, e.g. big5."
        )
    if rare > _RARE:
        raise TableError("looks like Big5", where=str(path), remedy="Use --encoding big5.")
    return "gb18030"


def no_text(path: Path) -> TableError:
    """The error of a file that is no text in any encoding that can be told."""
    return TableError(
        "is neither a table nor text",
        where=str(path),
        remedy="Give CSV, TSV, Excel, JSON Lines or Parquet; for UTF-16 without a mark, --encoding utf-16-le.",
    )


def known_encoding(name: str) -> str:
    """The codec a user named. Raises `TableError` if Python has none of that name, or one that is not for text."""
    try:
        "a".encode(name)  # refuses what codecs.lookup does not: base64, zlib
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:  # the latter for a name of odd characters
        raise TableError(
            f"unknown encoding {name!r}", where="--encoding", remedy="Use utf-8, gb18030, big5, utf-16 …"
        ) from error


def _broken_share(path: Path, encoding: str) -> float:
    """Share of broken among the characters beyond ASCII."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    broken = beyond = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            text = decoder.decode(chunk)
            broken += text.count("\ufffd")
            beyond += len(text) - len(text.encode("ascii", "ignore"))
    tail = decoder.decode(b"", final=True)
    return (broken + len(tail)) / max(beyond + len(tail), 1)


def _controls(path: Path) -> float:
    """Share of control characters in a file's first megabyte: text has none but tabs and ends of lines."""
    with path.open("rb") as file:
        head = file.read(_CHUNK)
    return 1 - len(head.translate(None, bytes((*range(9), *range(14, 32))))) / len(head)


def _rare_share(path: Path) -> float:
    """Share of rare among the Chinese and private-use characters of a GB18030 text's first megabyte."""
    with path.open("rb") as file:
        text = file.read(_CHUNK).decode("gb18030", "ignore")
    chinese = [c for c in text if "\u3400" <= c <= "\u9fff" or "\ue000" <= c <= "\uf8ff"]
    return sum(c not in _common() for c in chinese) / max(len(chinese), 1)


@cache
def _common() -> frozenset[str]:
    """The 3,755 common characters (level one of the simplified standard) and what is traditional for one of them."""
    level_one = {
        bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF)
    }
    every = "".join(map(chr, range(0x3400, 0xA000)))
    simplified = OpenCC("t2s").convert(every)
    return frozenset(c for c, s in zip(every, simplified, strict=True) if c in level_one or s in level_one)
