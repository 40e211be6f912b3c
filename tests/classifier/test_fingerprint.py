"""Laws of shingles and fingerprints: what counts as the same text, and how likely it is found."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import normalize
from classifier.fingerprint import BANDS, ROWS, SHINGLE, fingerprint, shingles, similarity, text_key

TEXT = "信用卡年费说好刷满六次就免，现在又扣了我300元年费，要求退还年费"
KEPT = (
    8701769363183399286,
    5645985522471720050,
    1348062034229116223,
    5691749439117915854,
    4483380126696417096,
    5642590319034970896,
)
"""The fingerprint of `TEXT` as it lies in databases: if this changes, no kept case is ever found again."""
KEY = 16649301702589437144

COMPLAINTS = (
    TEXT,
    "手机银行登录不上，一直提示网络异常，重装了三次还是不行，急着还房贷，请尽快处理",
    "我的储蓄卡昨天夜里被人在境外盗刷了两笔共4800元，我人在苏州卡在身上，要求银行先行赔付",
    "贷款提前还清后征信一直没有更新，客户经理说要等三个月，影响我买房，要求本周内更新",
    "催收电话打到我单位和父母那里，说再不还就上门，我只逾期了五天，要求停止骚扰并道歉",
)
WORDS = st.text(st.sampled_from("年费退还卡刷扣款客服电话说没有了的我银行要求3%aé😀"), max_size=60)
SETS = WORDS.map(shingles)


def hashing(seed: str) -> str:
    """The fingerprint of `TEXT` in a process whose sets have another order."""
    program = f"from classifier.fingerprint import *; print(*fingerprint(shingles({TEXT!r})))"
    environment = os.environ | {"PYTHONHASHSEED": seed}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_a_kept_fingerprint_is_found_by_every_later_version() -> None:
    assert fingerprint(shingles(TEXT)) == KEPT


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_every_process_gives_the_same_fingerprint(seed: str) -> None:
    assert hashing(seed).split() == [str(band) for band in KEPT]


@given(SETS)
def test_equal_shingles_have_equal_fingerprints_in_whatever_order(text: frozenset[str]) -> None:
    again = frozenset(sorted(text, reverse=True))
    assert fingerprint(again) == fingerprint(text)


@given(SETS)
def test_bands_fit_a_signed_64_bit_column(text: frozenset[str]) -> None:
    bands = fingerprint(text)
    assert len(bands) == (BANDS if text else 0)
    assert all(type(band) is int and 0 <= band < 1 << 63 for band in bands)


@given(WORDS)
def test_shingles_are_as_long_as_they_should_be(text: str) -> None:
    assert {len(shingle) for shingle in shingles(text)} <= {SHINGLE}


@given(SETS, SETS)
def test_similarity_is_a_share_and_has_no_direction(one: frozenset[str], other: frozenset[str]) -> None:
    alike = similarity(one, other)
    assert 0 <= alike <= 1
    assert alike == similarity(other, one)
    assert (alike == 1) == (one == other and bool(one))


@given(SETS)
def test_a_text_is_wholly_like_itself_and_not_at_all_like_nothing(text: frozenset[str]) -> None:
    assert similarity(text, text) == (1 if text else 0)
    assert similarity(text, frozenset()) == 0


@pytest.mark.parametrize("text", ["", "  ", "！！！", "年费", "退。钱"])
def test_a_text_of_less_than_three_characters_has_no_fingerprint(text: str) -> None:
    assert shingles(text) == frozenset()
    assert fingerprint(shingles(text)) == ()


@given(st.sampled_from(COMPLAINTS), st.data())
def test_blanks_and_punctuation_are_nothing(text: str, data: st.DataObject) -> None:
    marks = st.text(st.sampled_from(" \t\n\r　，。！？、；：…—～“”"), max_size=2)
    spread = "".join(character + data.draw(marks) for character in text)
    assert shingles(spread) == shingles(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TEXT, "信用卡年費說好刷滿六次就免，現在又扣了我300元年費，要求退還年費"),
        (TEXT, "信用卡年费说好刷满六次就免，现在又扣了我３００元年费，要求退还年费"),
        ("ATM吞了我的卡", "ａｔｍ吞了我的卡"),
        ("帳戶被凍結，櫃檯行員說要等三個工作天", "账户被冻结，柜台柜员说要等三个工作天"),
        (TEXT, f"联系电话13800138000，{TEXT}"),
        (f"{TEXT}。我的手机13800138000。", f"{TEXT}。我的手机139 1234 5678。"),
        (f"姓名：王小明。{TEXT}", f"姓名：欧阳建国。{TEXT}"),
        (f"投诉人张丽，身份证11010519491231002X，{TEXT}", f"投诉人李四海，身份证440524188001010014，{TEXT}"),
        (f"{TEXT}，卡号6222021234567890128", f"{TEXT}，卡号***************"),
    ],
    ids=["traditional", "full width", "letters", "wording", "phone", "other phone", "name", "identity card", "masked"],
)
def test_the_same_complaint_in_another_form(one: str, other: str) -> None:
    assert shingles(one) == shingles(other)
    assert fingerprint(shingles(one)) == fingerprint(shingles(other))


def test_different_complaints_have_little_in_common() -> None:
    sets = [shingles(text) for text in COMPLAINTS]
    alike = [similarity(sets[i], sets[j]) for i in range(len(sets)) for j in range(i)]
    assert max(alike) < 0.1
    bands = [band for text in sets for band in fingerprint(text)]
    assert len(set(bands)) == len(bands)


def words(draw: random.Random, number: int) -> set[str]:
    return {"".join(chr(draw.randrange(0x4E00, 0x9FA6)) for _ in range(SHINGLE)) for _ in range(number)}


@pytest.mark.parametrize(("common", "own"), [(10, 45), (25, 37), (50, 25), (60, 20), (70, 15), (80, 10), (90, 5)])
def test_texts_share_a_band_as_often_as_the_theory_says(common: int, own: int) -> None:
    draw = random.Random(20_261_124)
    found = pairs = 500
    for _ in range(pairs):
        both = words(draw, common)
        one, other = (fingerprint(frozenset(both | words(draw, own))) for _ in range(2))
        found -= all(a != b for a, b in zip(one, other, strict=True))
    alike = common / (common + 2 * own)
    assert found / pairs == pytest.approx(1 - (1 - alike**ROWS) ** BANDS, abs=0.05)


def test_a_key_is_of_the_canonical_text_and_never_changes() -> None:
    """The keys lie in bundles: a comparison must find its texts by them in years."""
    assert text_key(TEXT) == text_key(f"  {TEXT}\n".replace("，", ","))
    assert text_key(TEXT) == int.from_bytes(hashlib.sha256(normalize(TEXT).encode()).digest()[:8], "big")
    assert text_key(TEXT) == KEY
    assert text_key(TEXT) != text_key(TEXT[:-1])


@given(st.text(max_size=60))
def test_a_key_fits_eight_bytes_whatever_the_text(text: str) -> None:
    assert 0 <= text_key(text) < 1 << 64
