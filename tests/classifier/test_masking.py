"""Personal data: found, masked in its length, and nothing else touched."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import ComplaintModel
from classifier.masking import Found, find_personal_data, mask
from training import Labelled

ID, CARD, MOBILE = "11010519491231002X", "6222021234567890128", "13800138000"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"身份证{ID}被冒用", "身份证******************被冒用"),
        ("110105 19491231 002X是我的", "********************是我的"),
        (f"卡号{CARD}被刷", "卡号*******************被刷"),
        ("卡号6222 0212 3456 7890 128", "卡号***********************"),
        (f"打我{MOBILE}", "打我***********"),
        ("＋８６ １３８００１３８０００", "***************"),
        ("138-0013-8000", "*************"),
        ("座机021-55667788，0755 23456789", "座机************，*************"),
        ("邮箱zhang.san@mail.example.cn收不到", "邮箱*************************收不到"),
        ("车牌京A·12345", "车牌********"),
        ("姓名：王小明，", "姓名：***，"),
        ("持卡人李芳身份证过期", "持卡人**身份证过期"),
        ("我叫欧阳丽，", "我叫***，"),
        ("住址：北京市朝阳区望京街道8号院，电话没变", "住址：*************，电话没变"),
        (f"{MOBILE} 13900139000", "*********** ***********"),
    ],
)
def test_what_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-15 12:30:45扣了5000.00元，余额13800元",
        "20240115至20250114，年化18.25%",
        "订单号13800138000，流水号6222021234567890128",
        "打95588和400-820-8820都没人接，12378也打不通",
        "合同编号：110105194912310021234",
        "62220212345678901 29位数不对",
        "持卡人要求退还，联系人一栏填错",
        "地址填错了，姓名也错了",
        "从网点到我家住得远",
        "U盾京东A股",
        "投诉人于马来西亚工作，投诉人曾多次向贵行反映",
    ],
)
def test_what_stays(text: str) -> None:
    assert mask(text) == text


def test_kinds_and_places() -> None:
    text = f"我叫张伟，{MOBILE}"
    assert find_personal_data(text) == [Found("name", 2, 4), Found("mobile", 5, 16)]


@given(st.text("0123456789X 王李姓名住址省市路号:京A·@.cn-，", max_size=80))
def test_masking_keeps_the_length_and_is_done_once(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    spans = [(piece.start, piece.end) for piece in find_personal_data(text)]
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    outside = [i for i in range(len(text)) if not any(start <= i < end for start, end in spans)]
    assert all(masked[i] == text[i] for i in outside)


def test_a_masked_complaint_keeps_category_and_signals(model: ComplaintModel, corpus: list[Labelled]) -> None:
    for row in corpus[::40]:
        raw = f"姓名：王小明，电话{MOBILE}。{row.text}卡号{CARD}"
        (said,) = model.predict([raw])
        there = tuple(replace(signal, words=mask(raw)[signal.start : signal.end]) for signal in said.signals)
        assert model.predict([mask(raw)]) == [said._replace(signals=there)]


@pytest.mark.parametrize("unit", ["1", "1 ", "1-", "a@", "a.", "京A", "姓名王", "住址省", "0000000X", "86"])
def test_hostile_input_takes_linear_time(unit: str) -> None:
    """Ten times the text takes nowhere near a hundred times as long."""

    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        begun = time.process_time()
        find_personal_data(text)
        return time.process_time() - begun

    assert seconds(200_000) < 40 * max(seconds(20_000), 0.01)
