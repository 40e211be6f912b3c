"""Concepts: expressions that mean one thing to the reader of a complaint.

Thousands of people say 登不上, 进不去, 上不去 and 登录不了; a corpus holds some of them often and others never. A
thesaurus gives all of them one concept, which is counted beside the words themselves.

One line of the file is a concept and its expressions::

    cannot_log_in: 登不上 进不去 上不去 登录不了

The line ``courtesy`` is another matter: its words say nothing about the case. A clause of nothing else
(您好,麻烦您看一下) is passed over, so that the frame an agent or a polite customer puts around a complaint does not
move its category.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from classifier.errors import LexiconError
from classifier.text import normalize

BUNDLED: Final = Path(__file__).with_name("lexicon") / "thesaurus.txt"

COURTESY: Final = "courtesy"

_CONCEPT = re.compile(r"[a-z][a-z0-9_]*")
_LATIN = re.compile("[a-z0-9]")
_SHORTEST: Final = 2
"""Characters of an expression: shorter ones stand inside too many others."""


class Thesaurus:
    """Finds concepts in a canonical text.

    Parameters
    ----------
    text : str, optional
        Thesaurus text, as described above; ``#`` for comments. Without it, the bundled one.
    source : str
        The name errors use for it.

    Attributes
    ----------
    text : str
        What it was made of.
    courtesies : frozenset of str
        Words that say nothing about the case.
    expressions : list of (str, str)
        Expression and concept, the longest first.

    Raises
    ------
    LexiconError
        If a line is not a concept with its expressions, a concept or an expression stands twice, or an expression is
        too short or not in canonical form (it could then never be met).

    Examples
    --------
    >>> list(Thesaurus("no_login: 登不上 进不去").places("app登不上,网页也进不去"))
    [('no_login', 3, 6), ('no_login', 10, 13)]
    """

    def __init__(self, text: str | None = None, *, source: str = "thesaurus") -> None:
        self.text = BUNDLED.read_text(encoding="utf-8") if text is None else text
        concepts = parse_thesaurus(self.text, source=source)
        self.courtesies = frozenset(concepts.pop(COURTESY, ()))
        self.expressions = sorted(
            ((expression, concept) for concept in concepts for expression in concepts[concept]),
            key=lambda pair: -len(pair[0]),
        )
        # By their first two characters: one look-up a place, and the longest expression wins.
        self._starting: dict[str, list[tuple[str, str]]] = {}
        for expression, concept in self.expressions:
            self._starting.setdefault(expression[:_SHORTEST], []).append((expression, concept))

    def places(self, canonical: str) -> Iterator[tuple[str, int, int]]:
        """The concepts of a canonical text, each with its half-open span; no two overlap, the earlier one wins."""
        position = 0
        while position < len(canonical) - 1:
            for expression, concept in self._starting.get(canonical[position : position + _SHORTEST], ()):
                if canonical.startswith(expression, position) and _whole(canonical, position, len(expression)):
                    yield concept, position, position + len(expression)
                    position += len(expression) - 1
                    break
            position += 1


def _whole(canonical: str, start: int, length: int) -> bool:
    """Whether a place does not begin or end within a Latin word or a number: no ``ui`` in ``build``."""
    end = start + length
    begins = start == 0 or not (_LATIN.match(canonical[start - 1]) and _LATIN.match(canonical[start]))
    return begins and (end == len(canonical) or not (_LATIN.match(canonical[end - 1]) and _LATIN.match(canonical[end])))


def parse_thesaurus(text: str, *, source: str) -> dict[str, tuple[str, ...]]:
    """Read a thesaurus into concept → expressions. Raises `LexiconError`, naming `source` and the line."""
    concepts: dict[str, tuple[str, ...]] = {}
    seen: dict[str, str] = {}
    places: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        concept, colon, rest = line.partition("#")[0].strip().partition(":")
        if not concept and not colon:
            continue
        where = f"{source}, line {number}"
        expressions = tuple(rest.split())
        if not _CONCEPT.fullmatch(concept) or not expressions:
            raise LexiconError(
                f"{line!r} is not a concept and its expressions",
                where=where,
                remedy="Write e.g. no_login: 登不上 进不去.",
            )
        if concept in concepts:
            raise LexiconError(f"concept {concept!r} stands twice", where=where, remedy="Make one line of the two.")
        for expression in expressions:
            if expression in seen:
                raise LexiconError(
                    f"{expression!r} stands in {seen[expression]} and {concept}", where=where, remedy="Keep it in one."
                )
            if concept != COURTESY and len(expression) < _SHORTEST:
                raise LexiconError(f"{expression!r} is too short", where=where, remedy="Two characters at least.")
            seen[expression] = concept
            places[expression] = where
        concepts[concept] = expressions
    _require_canonical(places)
    return concepts


def _require_canonical(places: Mapping[str, str]) -> None:
    """Raise `LexiconError` for an expression that is not, naming its place."""
    # As one text first: whatever changes one of them changes it too, and a start has no time for 7,000 texts.
    together = "。".join(places)
    if normalize(together) == together:
        return
    for expression, where in places.items():
        if normalize(expression) != expression:
            raise LexiconError(
                f"{expression!r} is not in canonical form",
                where=where,
                remedy=f"Write it as {normalize(expression)!r}.",
            )
