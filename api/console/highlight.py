"""A text cut into pieces, so that words and clauses of it can be marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

LEVELS: Final = 4
"""Depths of colour."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text that is marked one way throughout.

    Attributes
    ----------
    text : str
    level : int
        How much it spoke for the category, 1 to `LEVELS`; 0 if not at all.
    evidence : mapping or None
        What `EvidenceOut` has, of the strongest word that stands here.
    signals : tuple of mapping
        What `SignalOut` has, of all whose clause this belongs to.
    """

    text: str
    level: int
    evidence: Mapping[str, Any] | None
    signals: tuple[Mapping[str, Any], ...]


def pieces(
    text: str, evidence: Iterable[Mapping[str, Any]] = (), signals: Sequence[Mapping[str, Any]] = ()
) -> list[Piece]:
    """Cut a text where something begins or ends.

    Examples
    --------
    >>> fee = {"term": "年费", "weight": 2.0, "places": [{"start": 1, "end": 3}]}
    >>> [(piece.text, piece.level) for piece in pieces("扣年费了", [fee])]
    [('扣', 0), ('年费', 4), ('了', 0)]
    """
    spoken = [(place["start"], place["end"], one) for one in evidence for place in one["places"]]
    strongest = max((one["weight"] for _, _, one in spoken), default=1.0)
    cuts = {0, len(text)}
    cuts.update(cut for start, end, _ in spoken for cut in (start, end))
    cuts.update(cut for signal in signals for cut in (signal["start"], signal["end"]))
    ordered = sorted(cuts)
    found = []
    for start, end in pairwise(ordered):
        here = max(
            (one for first, last, one in spoken if first <= start and end <= last),
            key=lambda one: float(one["weight"]),
            default=None,
        )
        level = 0 if here is None else max(1, round(LEVELS * here["weight"] / strongest))
        around = tuple(signal for signal in signals if signal["start"] <= start and end <= signal["end"])
        found.append(Piece(text[start:end], level, here, around))
    return found
