"""One canonical form of a text, and the way back to the original.

Intake delivers the same sentence in many shapes: full-width letters, traditional characters, web copies with pinyin
notes, HTML, line breaks inside words. `normalize` brings them to one form; `align` does the same and remembers where
every character came from, so that evidence can be shown in the text the customer wrote.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from classifier.errors import EmptyTextError, TextTooLongError
from classifier.kernel import machine
from classifier.masking import MASK, mask
from classifier.plain import plain_text
from classifier.traditional import T2S, simplified, traditional
from classifier.wording import TRADITIONAL_WORDING

MAX_CHARS: Final = 20_000
"""Longest text that is read, in characters."""

_LONGEST_NUMBER: Final = 6
"""Longer digit runs (cards, accounts, orders) all become this many zeros; amounts, years and hotlines stay."""

_ROUNDS: Final = 4
"""How often mark-up or notes are taken out of each other; deeper nesting is hostile and loses its brackets instead."""

_TAGS: Final = (
    "a|b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|font|h[1-6]|head|hr|html|i|img|input|label|li|meta|ol"
    "|p|pre|s|small|span|strike|strong|sub|sup|table|tbody|td|tfoot|th|thead|title|tr|u|ul"
)

_Replacement = str | Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    replacement: _Replacement


def _canonical_character(match: re.Match[str]) -> str:
    return "" if _INVISIBLE.match(match[0]) else unicodedata.normalize("NFKC", match[0])


def _unescape(match: re.Match[str]) -> str:
    return _UNUSUAL.pattern.sub(_canonical_character, html.unescape(f"&{match[1]};"))


def _without_readings(match: re.Match[str]) -> str:
    """Keep the character, drop the brackets behind it that hold one of its readings."""
    kept = [note for note in re.findall(r"\([^()]*\)", match[2]) if not _is_reading(note[1:-1], of=match[1])]
    return match[1] + "".join(kept)


# Zero-width and control characters, direction marks, variation selectors, surrogates, private use, broken characters.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001fffe\U0001ffff\U000e0000-\U0010ffff]"
)
_UNUSUAL: Final = _Rule(re.compile("[^\t-\r -~、。\u4e00-\u9fff]"), _canonical_character)
_MOJIBAKE: Final = _Rule(re.compile("(?:锟斤拷)+"), "")
_ENTITY: Final = _Rule(re.compile(r"&(?:amp;)*(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8}\d{0,2});"), _unescape)
_TAG: Final = _Rule(re.compile(rf"(?i)<!--[^<]*?-->|</?(?:{_TAGS})(?:[\s/][^<>]*)?>"), " ")
_NOTE: Final = _Rule(re.compile(r"([\u3400-\u9fffA-Za-z])((?:\([^\W\d_]{1,7} ?\))+)"), _without_readings)
_UPPER: Final = _Rule(re.compile("[A-Z]+"), lambda match: match[0].lower())
_BROKEN_LINE: Final = _Rule(re.compile(r"(?<=[、。\u3400-\u9fff])\s+(?=[、。\u3400-\u9fff])|\A\s+|\s+\Z"), "")
_WHITE_SPACE: Final = _Rule(re.compile(r"\s+"), " ")
_NUMBER: Final = _Rule(re.compile(rf"[0-9]{{{_LONGEST_NUMBER},}}"), "0" * _LONGEST_NUMBER)
_FIELD: Final = (
    "身份证|证件|号码|号|银行|卡|账户|账号|手机|电话|联系|方式|座机|固话|邮箱|邮件|车牌|车"
    "|姓名|户名|投诉人|申请人|持卡人|收款人|付款人|联系人|借款人|被保险人|我叫|名叫|地址|住址|家住|住在"
    "|我|本人|客户|他|她|家里|家|的|是|为|打|发到|[: ]"
)
_MASKED: Final = _Rule(
    re.compile(
        rf"(?:((?<![^,。;!?])(?:{_FIELD}){{0,6}}[0-9]{{0,19}}\*\*[*0-9]*+的? ?(?:[,。;!?]|\Z))"
        r"|[0-9]{0,19}\*\*[*0-9]*+|(?<![*0-9a-z])\*(?![*0-9a-z]))"
    ),
    lambda match: "" if match[1] and match.start() else ",",
)
"""Personal data, and the whole clause if it only names a field of a form: all of it says nothing of the matter."""

_WHOLE: Final = _Rule(re.compile(r".+", re.DOTALL), lambda match: simplified(match[0]))
_WORDING: Final = _Rule(re.compile("|".join(TRADITIONAL_WORDING)), lambda match: TRADITIONAL_WORDING[match[0]])


class _Draft:
    """A text on its way to the canonical form."""

    def __init__(self, text: str) -> None:
        self.text = text

    def apply(self, rule: _Rule) -> None:
        self.text = rule.pattern.sub(rule.replacement, self.text)


class _AlignedDraft(_Draft):
    """A draft that also knows, for every character, the original span it stands for."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.spans = [(i, i + 1) for i in range(len(text))]

    def apply(self, rule: _Rule) -> None:
        pieces: list[str] = []
        spans: list[tuple[int, int]] = []
        done = 0
        for match in rule.pattern.finditer(self.text):
            replacement = rule.replacement if isinstance(rule.replacement, str) else rule.replacement(match)
            old = self.spans[match.start() : match.end()]
            pieces += self.text[done : match.start()], replacement
            spans += self.spans[done : match.start()]
            spans += old if len(replacement) == len(old) else _shared(old, match[0], replacement)
            done = match.end()
        if done:
            self.text = "".join([*pieces, self.text[done:]])
            self.spans = spans + self.spans[done:]


def _shared(old: list[tuple[int, int]], before: str, after: str) -> list[tuple[int, int]]:
    """Spans of `after`: what it shares with the front of `before` keeps its place, the rest stands for the rest."""
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    rest = old[same:] or old[-1:]
    return old[:same] + [(rest[0][0], rest[-1][1])] * (len(after) - same)


def _canonicalize(draft: _Draft) -> None:
    """The rules in their order: each leaves nothing that an earlier one would still change."""
    draft.apply(_UNUSUAL)
    if "锟" in draft.text:
        draft.apply(_MOJIBAKE)
    if "<" in draft.text or "&" in draft.text:
        _settle(draft, (_ENTITY, _TAG), brackets="<&")
    if "(" in draft.text:
        _settle(draft, (_NOTE,), brackets="(")
    draft.apply(_UPPER)
    draft.apply(_BROKEN_LINE)
    draft.apply(_WHITE_SPACE)
    if traditional().search(draft.text):
        draft.apply(_WHOLE)
        draft.apply(_WORDING)
    for _ in range(_ROUNDS):
        masked = mask(draft.text)  # as long as before: every character keeps its place
        if MASK not in masked:
            break
        draft.text = masked
        draft.apply(_MASKED)
    draft.apply(_NUMBER)


def _settle(draft: _Draft, rules: tuple[_Rule, ...], *, brackets: str) -> None:
    """Apply `rules` until nothing changes; what is nested deeper than `_ROUNDS` loses its opening `brackets`."""
    for _ in range(_ROUNDS):
        before = draft.text
        for rule in rules:
            draft.apply(rule)
        if draft.text == before:
            return
    draft.apply(_Rule(re.compile(f"[{brackets}]"), " "))


@lru_cache(maxsize=4096)
def _readings(character: str) -> frozenset[str]:
    # Imported when the first bracket is met: the table is large and most texts have no notes.
    from pypinyin.pinyin_dict import pinyin_dict

    both = {character, T2S.convert(character)}
    return frozenset(r for c in both for r in pinyin_dict.get(ord(c), "").split(","))


def _is_reading(note: str, *, of: str) -> bool:
    """Whether `note` is a reading of the character `of`.

    Behind a Latin letter it is one that slipped off its character (``A(yíng)TM``); its tone mark gives it away.
    """
    syllable = unicodedata.normalize("NFC", note.strip().lower())
    if of.isascii():
        return not syllable.isascii() and syllable.isalpha() and not re.search("[\u3400-\u9fff]", syllable)
    return syllable in _readings(of)


@cache
def _plain() -> machine.PlainText | None:
    def canonical(character: str) -> str:
        return _UNUSUAL.pattern.sub(_canonical_character, character).lower()

    def in_our_words(text: str) -> tuple[str, list[tuple[int, int, str]]]:
        text = simplified(text)
        return text, [(*word.span(), TRADITIONAL_WORDING[word[0]]) for word in _WORDING.pattern.finditer(text)]

    return plain_text(canonical, traditional(), in_our_words)


def normalize(text: str) -> str:
    r"""Bring a text to its canonical form.

    Applied in this order: invisible and broken characters dropped, Unicode NFKC, HTML entities and tags, pinyin notes,
    letter case, white space (between Chinese characters it goes, elsewhere it is one blank), digit runs of six and
    more, traditional to simplified characters with Taiwan and Hong Kong wording (only where the text is traditional).

    Parameters
    ----------
    text : str
        Any text, of any length.

    Returns
    -------
    str
        The canonical form; ``normalize(normalize(text)) == normalize(text)``.

    Examples
    --------
    >>> normalize("客戶(hù)在ＡＴＭ<br>被吞\n卡，帳號6222021234567890123")
    '客户在atm 被吞卡,账号000000'
    """
    plain = _plain()
    if plain and (canonical := plain.read(text)) is not None:
        return canonical
    draft = _Draft(text)
    _canonicalize(draft)
    return draft.text


@dataclass(frozen=True, slots=True)
class Aligned:
    """A canonical text with the way back.

    Attributes
    ----------
    text : str
        ``normalize(original)``.
    spans : tuple of (int, int)
        For every character of `text`, the half-open span of the original it stands for.
    """

    text: str
    spans: tuple[tuple[int, int], ...]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        r"""The span of the original that ``text[start:end]`` stands for; ``start < end``.

        Examples
        --------
        >>> original = "信用\n卡  年費"
        >>> start, end = align(original).original_span(0, 3)
        >>> original[start:end]
        '信用\n卡'
        """
        return self.spans[start][0], self.spans[end - 1][1]


def align(text: str) -> Aligned:
    """`normalize`, remembering where every character came from."""
    plain = _plain()
    if plain and (aligned := plain.align(text)) is not None:
        return Aligned(*aligned)
    draft = _AlignedDraft(text)
    _canonicalize(draft)
    return Aligned(draft.text, tuple(draft.spans))


def locate(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans of a text that half-open, non-empty spans of its canonical form stand for."""
    plain = _plain()
    if plain and (located := plain.locate(text, spans)) is not None:
        return located
    aligned = align(text)
    return [aligned.original_span(*span) for span in spans]


def readable(text: str) -> str:
    """The canonical form of a text, if there is something to read in it.

    Raises
    ------
    TextTooLongError
        If the text is longer than `MAX_CHARS`.
    EmptyTextError
        If it holds nothing but white space and invisible characters.
    """
    if len(text) > MAX_CHARS:
        raise TextTooLongError(
            f"内容过长 the text has {len(text):,} characters, the limit is {MAX_CHARS:,}",
            remedy="Shorten it or split it.",
        )
    canonical = normalize(text)
    if not canonical:
        raise EmptyTextError("内容为空 the text is empty", remedy="Give the words of the complaint.")
    return canonical
