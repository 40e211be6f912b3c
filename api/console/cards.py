"""A model card as a page shows it: the little Markdown that `models.card` writes, no more."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

_RIGHT: Final = "---:"
_BORDER: Final = re.compile(r"(?<!\\)\|")


@dataclass(slots=True)
class Block:
    """A piece of a card.

    Attributes
    ----------
    kind : {'heading', 'text', 'list', 'table'}
    lines : list of str
        Of a list, its items.
    rows : list of list of str
        Of a table, its header first.
    right : list of bool
        Which columns of it are numbers.
    """

    kind: Literal["heading", "text", "list", "table"]
    lines: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)


def blocks(card: str) -> list[Block]:
    r"""Read a card; its title is left out, since every page has one.

    Examples
    --------
    >>> card = "# M\n\n## 用途\n\n- 读\n  reads\n\n|a|\n|---:|\n|1|"
    >>> [(block.kind, block.lines or block.rows) for block in blocks(card)]
    [('heading', ['用途']), ('list', ['读\nreads']), ('table', [['a'], ['1']])]
    """
    found: list[Block] = []
    for line in card.splitlines():
        if line.startswith("## "):
            found.append(Block("heading", [line[3:]]))
        elif line.startswith("- "):
            _open(found, "list").lines.append(_plain(line[2:]))
        elif line.startswith("  ") and found and found[-1].kind == "list":
            found[-1].lines[-1] += f"\n{_plain(line)}"
        elif line.startswith("|"):
            _take_row(_open(found, "table"), [_plain(cell) for cell in _BORDER.split(line)[1:-1]])
        elif line and not line.startswith("# "):
            found.append(Block("text", [line]))
    return found


def _open(found: list[Block], kind: Literal["list", "table"]) -> Block:
    """The last block, if it is of that kind, or a new one."""
    if not found or found[-1].kind != kind:
        found.append(Block(kind))
    return found[-1]


def _take_row(table: Block, cells: list[str]) -> None:
    if len(table.rows) == 1 and not table.right:
        table.right = [cell == _RIGHT for cell in cells]
    else:
        table.rows.append(cells)


def _plain(text: str) -> str:
    return text.strip().replace("`", "").replace("\\|", "|")
