"""Single cells: as text, and as something a spreadsheet will not run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from classifier.errors import TableError

_RUN: Final = re.compile(r"[\s\u00a0]*[=+\-@＝＋－＠]|[\t\r\n]")
_HARMLESS: Final = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?%?|\+\d[\d ]*|[+-]+")
"""Numbers, telephone numbers and dashes."""
SUSPECT: Final = frozenset(
    "=+-@＝＋－＠\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
)
"""Signs and blanks, one of which a text begins with that a spreadsheet would run; nearly all texts do not."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for a cell of a column that Python cannot hold."""

    column: str
    reason: str


def as_text(cell: Any) -> str:
    """A cell as a person would type it.

    Whole numbers have no decimal point, large ones no exponent, midnight is a date; nothing (NULL) is empty.

    Examples
    --------
    >>> as_text(3.0), as_text(6.22202123456789e18), as_text(0.1), as_text(datetime(2026, 5, 1))
    ('3', '6222021234567890000', '0.1', '2026-05-01')
    """
    match cell:
        case None:
            return ""
        case Unreadable():
            raise TableError(
                f"cannot be read ({cell.reason})", where=f"column {cell.column}", remedy="Write .parquet, or drop it."
            )
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            text = repr(cell)
            return (format(Decimal(text), "f") if "e" in text else text).removesuffix(".0")
        case datetime():
            return cell.isoformat(" ").removesuffix(" 00:00:00")
        case date() | time():
            return cell.isoformat()
        case timedelta() | int() | Decimal():
            return str(cell)
        case _:
            return json.dumps(cell, ensure_ascii=False, default=str)


def neutralised(text: str) -> str:
    """A text that a spreadsheet shows and does not run: one that would be a formula gets an apostrophe before it.

    Plain numbers such as ``-5.00`` and ``+86 138 0013 8000`` are left alone.

    Examples
    --------
    >>> neutralised("=1+1"), neutralised("-5.00"), neutralised("@SUM(A1)"), neutralised("退款-5元")
    ("'=1+1", '-5.00', "'@SUM(A1)", '退款-5元')
    """
    return f"'{text}" if _RUN.match(text) and not _HARMLESS.fullmatch(text.strip()) else text
