"""Personal data in a complaint, and the same complaint without it.

Masked are identity card numbers (by checksum and birth date), bank card numbers (by issuer and Luhn digit),
mobile and landline numbers, e-mail addresses, licence plates, and what stands after words such as 姓名 and 住址.
Amounts, dates, order numbers and the banks' own hotlines stay.

A mask is as long as what it covers, so that places in the text stay. The reader passes over personal data and masks
alike (`classifier.text`): a masked complaint reads like the one its customer wrote. Every pattern is bounded: time
grows with the length of the text and with nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, combinations
from pathlib import Path
from typing import Final, Literal

MASK: Final = "*"

Kind = Literal["identity_card", "bank_card", "mobile", "landline", "email", "plate", "name", "address"]


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of personal data: its kind and its half-open span of the text."""

    kind: Kind
    start: int
    end: int


_HALF_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20,
    0x2014: 0x2D,
    0x2013: 0x2D,
    0x00A0: 0x20,
}
"""Full-width forms are read as plain ones; one character each, so that places stay."""

_FULL_WIDTH: Final = re.compile("[\uff0b\uff0d\uff10-\uff19\uff20-\uff3a\uff41-\uff5a\u3000\u2013\u2014\u00a0]")

_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}", re.ASCII | re.IGNORECASE)

_NUMBER = re.compile(r"(?<![0-9a-zA-Z])\+?[0-9](?:[ -]?[0-9]){6,40}[Xx]?(?![0-9a-zA-Z])")
"""Digits in a row or in groups; which of them are personal is for `_kind_of_number` to say."""

_GROUP = re.compile(r"[0-9]+[Xx]?")
_MOST_GROUPS: Final = 12
"""Digits in more groups than this are a table or a joke."""

_NUMBERED_THING = re.compile(
    r"(?:订单|訂單|单号|單號|流水|编号|編號|工单|工單|合同|运单|運單|快递|快遞|凭证|憑證|保单|保單|票号|票號)[^0-9]{0,6}$"
)
"""What stands before a number that is no telephone and no card, whatever its digits."""

_ISSUERS = re.compile(r"62|60|65|4|5[0-5]|2[2-7]|3[4-7]|9")
"""First digits of bank cards."""

_MOBILE = re.compile(r"(?:86|0086)?1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}")
_LANDLINE_IN_BRACKETS = re.compile(r"[(（]0(?:10|2[0-9]|[3-9][0-9]{2})[)）][ -]?[2-8][0-9]{6,7}(?![0-9])")

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""What a licence plate begins with."""
_PLATE = re.compile(
    rf"[{PROVINCES}][A-HJ-NP-Za-hj-np-z][ ·•-]?(?=[A-Za-z0-9]{{0,5}}[0-9])[A-HJ-NP-Za-hj-np-z0-9]{{4,5}}"
    r"(?:[A-HJ-NP-Za-hj-np-z0-9]|[挂学警港澳])(?![A-Za-z0-9])"
)

_HAN: Final = "\u4e00-\u9fff"
_SURNAMES: Final = [
    name
    for line in (Path(__file__).parent / "lexicon" / "surnames.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for name in line.split()
]
_ENDS: Final = (
    rf"(?![{_HAN}])|(?=身份|证件|电话|電話|手机|手機|联系|性别|先生|女士|说|說|称|稱|在|于|於|的|住|来|來|向|和|与)"
)
_NO_SURNAME: Final = "[于於向时時曾成方解包单單]"
"""Surnames, but of a sentence that goes on (投诉人曾多次…) unless a colon stands before."""

_BEFORE_NAME: Final = (
    "姓名 户名 戶名 联系人 聯絡人 收款人 付款人 持卡人 投诉人 投訴人 申请人 申請人 被保险人 借款人".split()
)


@cache
def _name() -> re.Pattern[str]:
    """Compiled when the first text is masked: with all surnames in it, that takes as long as fifty texts."""
    return re.compile(
        rf"(?:{'|'.join(_BEFORE_NAME)})"
        rf"(?:[:：]\s?([{_HAN}]{{1,4}}(?:·[{_HAN}]{{1,8}})?)(?![{_HAN}])"
        rf"|[是为為叫]?\s?((?!{_NO_SURNAME})(?:{'|'.join(_SURNAMES)})[{_HAN}]{{1,2}})(?:{_ENDS}))"
        rf"|(?:我叫|名叫)\s?((?:{'|'.join(_SURNAMES)})[{_HAN}]{{1,2}})(?![{_HAN}])"
    )


_PLACE: Final = "省市区區县縣镇鎮乡鄉村路街道弄巷号號栋棟幢室院里園园"
_BEFORE_ADDRESS: Final = "住址 地址 居住地 户籍地 戶籍地 通讯处".split()
_ADDRESS = re.compile(
    rf"(?=[住地居户戶通家])(?:(?:{'|'.join(_BEFORE_ADDRESS)})(?:[:：]|[是为為在](?=\S))\s?|家住|住在)"
    rf"((?=[^,，。;；!！?？\n]{{0,40}}[{_PLACE}])[^,，。;；!！?？\n]{{6,40}})"
)

_FIRST_OF_NAME: Final = ":" + "".join(sorted({name[0] for name in _SURNAMES}))
CUES: Final = (
    *((word, _FIRST_OF_NAME) for word in (*_BEFORE_NAME, "我叫", "名叫")),
    *((word, ":是为為在") for word in _BEFORE_ADDRESS),
    ("家住", ""),
    ("住在", ""),
)
"""In canonical texts: words before names and addresses, and the characters of which one follows; any, where none is
given. Between them may stand `PASSED_OVER`."""
PASSED_OVER: Final = "是为為叫 "


def find_personal_data(text: str) -> list[Found]:
    """The personal data of a text, in order; no two overlap.

    Examples
    --------
    >>> [(found.kind, found.start, found.end) for found in find_personal_data("我手机138 0013 8000,扣了300元")]
    [('mobile', 3, 16)]
    """
    plain = text.translate(_HALF_WIDTH) if _FULL_WIDTH.search(text) else text
    taken = bytearray(len(plain))
    found: list[Found] = []
    for piece in chain(
        _whole(plain, _EMAIL, "email") if "@" in plain else (),
        _whole(plain, _LANDLINE_IN_BRACKETS, "landline"),
        _numbers(plain),
        _whole(plain, _PLATE, "plate"),
        _group(plain, _name(), "name"),
        _group(plain, _ADDRESS, "address"),
    ):
        if not any(taken[piece.start : piece.end]):
            taken[piece.start : piece.end] = b"\1" * (piece.end - piece.start)
            found.append(piece)
    return sorted(found, key=lambda piece: piece.start)


def mask(text: str) -> str:
    """The text with asterisks in place of its personal data, length unchanged.

    Examples
    --------
    >>> mask("姓名:王小明,电话13800138000,卡被盗刷500元")
    '姓名:***,电话***********,卡被盗刷500元'
    """
    masked: list[str] = []
    done = 0
    for piece in find_personal_data(text):
        masked += text[done : piece.start], MASK * (piece.end - piece.start)
        done = piece.end
    return "".join([*masked, text[done:]])


def _whole(text: str, pattern: re.Pattern[str], kind: Kind) -> Iterator[Found]:
    return (Found(kind, *match.span()) for match in pattern.finditer(text))


def _group(text: str, pattern: re.Pattern[str], kind: Kind) -> Iterator[Found]:
    return (Found(kind, *match.span(match.lastindex or 0)) for match in pattern.finditer(text))


def _numbers(text: str) -> Iterator[Found]:
    for match in _NUMBER.finditer(text):
        groups = [group.span() for group in _GROUP.finditer(text, *match.span())][:_MOST_GROUPS]
        personal = _NUMBERED_THING.search(text, max(0, match.start() - 10), match.start()) is None
        # Two numbers may stand side by side: of all runs of groups, the longest that makes one comes first.
        for first, last in sorted(combinations(range(len(groups) + 1), 2), key=lambda run: run[0] - run[1]):
            kind = _kind_of_number("".join(text[start:end] for start, end in groups[first:last]))
            if kind and (personal or kind == "identity_card"):
                start = match.start() if first == 0 else groups[first][0]  # with the + of +86
                yield Found(kind, start, groups[last - 1][1])


def _is_identity_card(digits: str) -> bool:
    # Imported when the first number is met: it takes as long as a hundred texts.
    from stdnum.cn import ric
    from stdnum.exceptions import ValidationError

    # Not `ric.is_valid`: its table of places lacks many that are on real cards (440305, 510107).
    try:
        ric.get_birth_date(digits)
    except ValidationError:
        return False
    return digits[-1].upper() == ric.calc_check_digit(digits)


def _kind_of_number(digits: str) -> Kind | None:
    from stdnum import luhn

    if len(digits) == 18 and _is_identity_card(digits):
        return "identity_card"
    if _MOBILE.fullmatch(digits):
        return "mobile"
    if _LANDLINE.fullmatch(digits):
        return "landline"
    if 13 <= len(digits) <= 19 and digits.isdigit() and _ISSUERS.match(digits) and luhn.is_valid(digits):
        return "bank_card"
    return None
