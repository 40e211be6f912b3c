"""Chinese words: jieba's cut without its hidden Markov model, with banking words kept whole.

The dictionary is jieba's own. The cut is made in machine code (`classifier.kernel`); without it by rjieba, which has
the same dictionary, and cuts the same (the tests compare the three) at about twenty times the speed of jieba, without
its logging and its cache file in the shared temp folder. With the hidden model on, jieba and rjieba differ, and a
classifier trained on one and served on the other agrees with itself on 94 texts of 100.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

from classifier.errors import LexiconError
from classifier.kernel import machine
from classifier.text import normalize

BUNDLED: Final = Path(__file__).with_name("lexicon") / "banking.txt"

_WORD = re.compile(r"\w")


def is_word(piece: str) -> bool:
    """Whether a piece of a cut text is a word, not punctuation or blanks."""
    return _WORD.search(piece) is not None


class Tokenizer:
    """Cuts a canonical text into words.

    Parameters
    ----------
    lexicon : str, optional
        Lexicon text, one ``word frequency`` a line, ``#`` for comments. Without it, the bundled banking lexicon.
    source : str
        The name errors use for the lexicon.

    Attributes
    ----------
    compiled : machine.Words or None
        By which the kernel cuts.

    Raises
    ------
    LexiconError
        If a line is not a word and a positive frequency, a word stands twice, or is not in canonical form (it could
        then never be met).

    Examples
    --------
    >>> Tokenizer()("停息挂账被拒绝,要求退还年费!")
    ['停息挂账', '被', '拒绝', '要求', '退还', '年费']
    """

    def __init__(self, lexicon: str | None = None, *, source: str = "lexicon") -> None:
        self.lexicon = BUNDLED.read_text(encoding="utf-8") if lexicon is None else lexicon
        engine = _engine(tuple(parse_lexicon(self.lexicon, source=source).items()))
        self.compiled = engine.compiled
        self._cut = engine.cut

    def __call__(self, text: str) -> list[str]:
        """The words of a canonical text in their order; punctuation and blanks are left out."""
        return [piece for piece in self._cut(text) if is_word(piece)]

    def cut(self, text: str) -> list[str]:
        """All pieces of `text`, punctuation and blanks included: ``"".join(cut(text)) == text``."""
        return self._cut(text)

    def placed(self, text: str) -> Iterator[tuple[str, int, int]]:
        """The words as when called, each with its half-open span of `text`."""
        position = 0
        for piece in self._cut(text):
            if is_word(piece):
                yield piece, position, position + len(piece)
            position += len(piece)

    def identity(self) -> dict[str, Any]:
        """What a kept model must find unchanged: engine, its version, the model flag, and the lexicon's SHA-256."""
        return {
            "engine": "rjieba",
            "version": version("rjieba"),
            "hmm": False,
            "lexicon_sha256": hashlib.sha256(self.lexicon.encode()).hexdigest(),
        }

    # The engine itself cannot be pickled: the lexicon is all it was made of.
    def __getstate__(self) -> str:
        return self.lexicon

    def __setstate__(self, lexicon: str) -> None:
        self.__init__(lexicon)  # type: ignore[misc]


class _Engine(NamedTuple):
    cut: Callable[[str], list[str]]
    compiled: machine.Words | None


@lru_cache(maxsize=2)
def _engine(words: tuple[tuple[str, int], ...]) -> _Engine:
    """One for all models of a lexicon: while another is made, no other thread of the process can do anything."""
    if machine:
        compiled = machine.Words(_dictionary(), dict(words))
        return _Engine(compiled.cut, compiled)
    # Imported here: it makes an engine at once, which nobody needs who has the kernel.
    import rjieba

    engine = rjieba.Jieba()
    for word, frequency in words:
        engine.add_word(word, frequency, "n")
    return _Engine(lambda text: engine.cut(text, False), None)


def _dictionary() -> str:
    """Jieba's; the package itself, which would write to its log and to the temp folder, is not imported."""
    package = find_spec("jieba")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("jieba is missing, whose dictionary words are cut by. Install the program again.")
    return Path(package.origin).with_name("dict.txt").read_text(encoding="utf-8")


def parse_lexicon(text: str, *, source: str) -> dict[str, int]:
    """Read a lexicon into word → frequency. Raises `LexiconError`, naming `source` and the line."""
    words: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.partition("#")[0].split()
        if not fields:
            continue
        where = f"{source}, line {number}"
        if len(fields) != 2 or not fields[1].isdecimal() or int(fields[1]) < 1:
            raise LexiconError(
                f"{line!r} is not a word and a frequency", where=where, remedy="Write e.g. 最低还款 2000."
            )
        word, frequency = fields[0], int(fields[1])
        if word in words:
            raise LexiconError(f"{word!r} stands twice", where=where, remedy="Remove one of them.")
        if normalize(word) != word:
            raise LexiconError(
                f"{word!r} is not in canonical form", where=where, remedy=f"Write it as {normalize(word)!r}."
            )
        words[word] = frequency
    return words
