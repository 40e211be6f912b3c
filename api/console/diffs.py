"""Two versions of a file, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

_AROUND: Final = 3
"""Lines shown around what differs."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one of the versions or of both.

    Attributes
    ----------
    kind : {'same', 'gone', 'new'}
    before, after : int or None
        Its number in each.
    text : str
    """

    kind: Literal["same", "gone", "new"]
    before: int | None
    after: int | None
    text: str


def diff(before: str, after: str) -> list[list[Line]]:
    r"""What differs, in stretches with a few lines around each.

    Examples
    --------
    >>> ((first, second, third),) = diff("a\nb\n", "a\nc\n")
    >>> [(line.kind, line.before, line.after, line.text) for line in (first, second, third)]
    [('same', 1, 1, 'a'), ('gone', 2, None, 'b'), ('new', None, 2, 'c')]
    >>> diff("a", "a")
    []
    """
    old, new = before.splitlines(), after.splitlines()
    stretches = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_AROUND):
        lines: list[Line] = []
        for kind, i, j, m, n in group:
            if kind == "equal":
                lines += [Line("same", i + k + 1, m + k + 1, old[i + k]) for k in range(j - i)]
                continue
            lines += [Line("gone", k + 1, None, old[k]) for k in range(i, j)]
            lines += [Line("new", None, k + 1, new[k]) for k in range(m, n)]
        stretches.append(lines)
    return stretches
