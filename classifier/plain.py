"""Which characters a text is made of that needs few of the rules of `classifier.text`: most texts are.

The kernel brings such a text to its canonical form in one pass. It leaves to the rules whatever holds a character that
is hard: notes in brackets, mark-up, asterisks, rare and invisible characters, and what might be personal
data.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import numpy as np

from classifier.kernel import machine
from classifier.masking import CUES, MASK, PASSED_OVER, PROVINCES, mask

_HARD, _OTHER, _WHITE, _DIGIT, _DASH, _LETTER, _HAN, _PROVINCE, _ELLIPSIS, _BRACKET, _TRADITIONAL = range(11)

_CODES: Final = 1 << 16
_HARD_CHARACTERS: Final = frozenset("<&*@锟")
"""What brackets, mark-up, masks, addresses of mail and broken texts begin with."""
_MARKS: Final = [*range(0x2010, 0x2027), *range(0x3000, 0x3012), *range(0xFF01, 0xFF5F), 0xFFE5, 0xB7, 0xD7]
"""Where the punctuation of Chinese texts is, beside ASCII."""


def plain_text(
    canonical: Callable[[str], str],
    traditional: re.Pattern[str],
    simplified: Callable[[str], tuple[str, list[tuple[int, int, str]]]],
) -> machine.PlainText | None:
    """The kernel's way to a canonical form; None without a kernel.

    Parameters
    ----------
    canonical : callable
        What becomes of a single character by the first rules: form of Unicode, and case.
    traditional : re.Pattern
        Matches characters that only traditional text has.
    simplified : callable
        Such a text in simplified characters, each in its place, and what words of it are to be put in other words:
        start, end, and word.
    """
    if machine is None:
        return None
    kinds, forms = np.zeros(_CODES, np.uint8), np.arange(_CODES, dtype=np.uint16)
    kinds[0x4E00:0xA000] = _HAN
    for code in [0x9, 0xA, 0xD, *range(0x20, 0x7F), *_MARKS]:
        form = canonical(chr(code))
        kinds[code] = _kind(form)
        forms[code] = ord(form[:1] or "\0")
    for character in traditional.findall("".join(map(chr, range(0x4E00, 0xA000)))):
        kinds[ord(character)] = _TRADITIONAL
    for character in PROVINCES:
        kinds[ord(character)] = _PROVINCE
    for character in _HARD_CHARACTERS:
        kinds[ord(character)] = _HARD
    cues = sorted(CUES, key=lambda cue: -len(cue[0]))
    return machine.PlainText(kinds.tobytes(), forms, cues, PASSED_OVER, simplified, lambda text: MASK in mask(text))


def _kind(form: str) -> int:
    if form == "...":
        return _ELLIPSIS
    if len(form) != 1 or form in _HARD_CHARACTERS:
        return _HARD
    if form == "(":
        return _BRACKET
    if form.isspace():
        return _WHITE
    if form in "-–—":  # masking takes them all for dashes
        return _DASH
    if form.isascii() and form.isalnum():
        return _DIGIT if form.isdecimal() else _LETTER
    return _OTHER
