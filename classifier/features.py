"""Which terms of a text are counted: one analyzer per preset.

An analyzer turns a text into its terms, and says where each stands. Terms that are pieces of characters carry a mark
before them, so that the word 年费 and the two characters 年费 are two terms; concepts carry another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, pairwise
from typing import Final, Protocol

from classifier.text import normalize
from classifier.thesaurus import Thesaurus
from classifier.tokenizer import Tokenizer, is_word

PIECE: Final = "\x1f"
"""Mark before a term that is a piece of characters; no canonical text holds it."""

CONCEPT: Final = "\x1e"
"""Mark before a term that is a concept of the thesaurus; no canonical text holds it."""

_FRAME: Final = 3
"""Courtesies in a row that make a frame around a clause; fewer (我 要求, 已 解决) are part of what it says."""

_MARKS: Final = re.compile("[,.。、;:!?…~](?: *[,.。、;:!?…~])+")
_IDLE: Final = " ,.。、;:…~"
"""Marks that say no more than the beginning or the end of a text does."""

Placed = tuple[str, int, int]
"""A term and the half-open span of the canonical text it stands for."""


class Analyzer(Protocol):
    """Turns texts into terms. Calling it takes a raw text, as scikit-learn hands it over."""

    tokenizer: Tokenizer
    thesaurus: Thesaurus

    def __call__(self, text: str) -> list[str]:
        """The terms of a raw text."""

    def terms(self, canonical: str) -> list[str]:
        """The terms of a canonical text."""

    def places(self, canonical: str) -> Iterator[Placed]:
        """The same terms, each with its place."""


class WordPairs:
    """Words, and pairs of neighbouring words (written with one blank between)."""

    def __init__(self, tokenizer: Tokenizer, thesaurus: Thesaurus) -> None:
        self.tokenizer = tokenizer
        self.thesaurus = thesaurus

    def __call__(self, text: str) -> list[str]:
        """The terms of a raw text."""
        return self.terms(normalize(text))

    def terms(self, canonical: str) -> list[str]:
        """The terms of a canonical text."""
        words = self.tokenizer(canonical)
        return [*words, *map(" ".join, pairwise(words))]

    def places(self, canonical: str) -> Iterator[Placed]:
        """The same terms, each with its place."""
        words = list(self.tokenizer.placed(canonical))
        yield from words
        for (first, start, _), (second, _, end) in pairwise(words):
            yield f"{first} {second}", start, end


class WordsAndPieces:
    """Words, single characters, and pairs of neighbouring characters; blanks do not count as characters.

    Characters are what is left when a word is misspelt, unknown, or cut differently.
    """

    def __init__(self, tokenizer: Tokenizer, thesaurus: Thesaurus) -> None:
        self.tokenizer = tokenizer
        self.thesaurus = thesaurus

    def __call__(self, text: str) -> list[str]:
        """The terms of a raw text."""
        return self.terms(normalize(text))

    def terms(self, canonical: str) -> list[str]:
        """The terms of a canonical text."""
        marked = [PIECE + character for character in canonical if character != " "]
        return [*self.tokenizer(canonical), *marked, *(first + second[1] for first, second in pairwise(marked))]

    def places(self, canonical: str) -> Iterator[Placed]:
        """The same terms, each with its place."""
        yield from self.tokenizer.placed(canonical)
        characters = [(character, i) for i, character in enumerate(canonical) if character != " "]
        for character, i in characters:
            yield PIECE + character, i, i + 1
        for (first, i), (second, j) in pairwise(characters):
            yield PIECE + first + second, i, j + 1


class WordsPiecesConcepts(WordsAndPieces):
    """The same, the thesaurus's concepts, and every pair of different concepts that meet in the text.

    A pair tells 征信 beside a demand for a plan from 征信 beside a demand for correction: what a weighted sum of single
    words cannot. Courtesies around a clause are passed over.
    """

    def terms(self, canonical: str) -> list[str]:
        """The terms of a canonical text."""
        heard = self.heard(canonical)
        concepts = [CONCEPT + concept for concept, _, _ in self.thesaurus.places(heard)]
        return [*super().terms(heard), *concepts, *map("".join, combinations(sorted(set(concepts)), 2))]

    def places(self, canonical: str) -> Iterator[Placed]:
        """The same terms, each with its place; a pair with the first place of either concept."""
        heard = self.heard(canonical)
        yield from super().places(heard)
        first: dict[str, tuple[int, int]] = {}
        for concept, start, end in self.thesaurus.places(heard):
            yield CONCEPT + concept, start, end
            first.setdefault(CONCEPT + concept, (start, end))
        for pair in combinations(sorted(first), 2):
            for concept in pair:
                yield "".join(pair), *first[concept]

    def heard(self, canonical: str) -> str:
        """The canonical text with blanks in place of its courtesies; the whole, if it holds nothing else.

        Passed over are clauses of nothing but courtesies, and `_FRAME` of them or more where a clause begins or ends.

        Examples
        --------
        >>> analyzer = WordsPiecesConcepts(Tokenizer(), Thesaurus("courtesy: 您好 请 尽快 核实 谢谢"))
        >>> analyzer.heard("您好,年费太高请尽快核实,谢谢")
        '  ,年费太高     ,  '
        """
        heard: list[str] = []
        clause: list[str] = []
        for piece in [*self.tokenizer.cut(canonical), ""]:
            if is_word(piece):
                clause.append(piece)
            else:
                heard += [*self._without_frame(clause), piece]
                clause = []
        return "".join(heard) if any(map(is_word, heard)) else canonical

    def _without_frame(self, clause: list[str]) -> list[str]:
        """The words of a clause, blanks in place of the courtesies around it."""
        courtesies = self.thesaurus.courtesies
        first, last = 0, len(clause)
        while first < last and clause[first] in courtesies:
            first += 1
        while last > first and clause[last - 1] in courtesies:
            last -= 1
        if first < last:
            first = first if first >= _FRAME else 0
            last = last if len(clause) - last >= _FRAME else len(clause)
        return [word if first <= i < last else " " * len(word) for i, word in enumerate(clause)]


class WithoutIdleMarks(WordsPiecesConcepts):
    """The same; passed over are also marks that part nothing: those behind another one, at the beginning, at the end.

    So a text is read as before when something to be passed over, such as personal data, is put in or behind it.
    """

    def heard(self, canonical: str) -> str:
        """The canonical text with blanks in place of its courtesies and idle marks.

        Examples
        --------
        >>> analyzer = WithoutIdleMarks(Tokenizer(), Thesaurus("courtesy: 您好 请 尽快 核实 谢谢"))
        >>> analyzer.heard("您好,年费太高,,请尽快核实。")
        '   年费太高        '
        """
        heard = super().heard(canonical)
        text = _MARKS.sub(lambda found: found[0][0].ljust(len(found[0])), heard)
        return text.rstrip(_IDLE).ljust(len(text)).lstrip(_IDLE).rjust(len(text)) if text.strip(_IDLE) else heard


ANALYZERS: Final[Mapping[str, Callable[[Tokenizer, Thesaurus], Analyzer]]] = {
    "tfidf-linear.v1": WordPairs,
    "tfidf-linear.v2": WordsAndPieces,
    "tfidf-linear.v3": WordsPiecesConcepts,
    "tfidf-linear.v4": WordsPiecesConcepts,
    "tfidf-linear.v5": WithoutIdleMarks,
    "tfidf-stream.v1": WithoutIdleMarks,
}
"""The analyzer of every preset."""
