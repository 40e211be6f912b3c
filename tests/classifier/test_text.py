"""The canonical form of a text: what it does, and the laws it keeps."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import EmptyTextError, TextTooLongError
from classifier.masking import mask
from classifier.text import MAX_CHARS, align, normalize, readable
from training import Labelled

PIECES: Sequence[str] = [
    *"信用卡 年費 帳戶 客戶(hù) 時(shí)間 著(zhe) 行員 銀行員工 網路銀行 提款機 簡訊".split(),
    *"(app) (visa) 乾隆 乾淨 顯著 他(ta) A(yíng)TM 髮(fā) 锟斤拷 😡 Ⅷ ㈱ ﷺ ㎡".split(),
    *"ＡＢＣ ｱ １２３ 6222021234567890 12378 , 。 、 ! a B &lt; &amp;amp; &#24180; &nbsp;".split(),
    *"<br> <p/x> </div> <b <!-- --> ( ) (( )) &".split(),
    *("👨\u200d👩", "e\u0301", "\u200b", "\ufeff", "\ufffd", "\ud800", "\x00", " ", "\n", "\t", "\u3000"),
]

messy = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join)


@given(messy)
def test_normalizing_twice_is_normalizing_once(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(messy)
def test_the_way_back_leads_into_the_original_and_never_backwards(text: str) -> None:
    aligned = align(text)
    assert aligned.text == normalize(text)
    assert len(aligned.spans) == len(aligned.text)
    for (start, end), (next_start, _) in zip(aligned.spans, aligned.spans[1:], strict=False):
        assert 0 <= start < end <= len(text)
        assert start <= next_start


def test_every_single_character_is_stable() -> None:
    for number in range(0x110000):
        if unicodedata.category(chr(number)) in ("Cn", "Co"):
            continue  # no character, or a private one
        once = normalize(chr(number))
        assert normalize(once) == once, hex(number)


def test_simplified_text_comes_out_unchanged(corpus: list[Labelled]) -> None:
    """Every simplified text of the corpus: only width, case, white space and long numbers may change."""
    seen = 0
    for row in corpus:
        if "*" in mask(row.text):
            continue  # passed over, whatever its characters
        try:
            row.text.replace("“", "").encode("gb2312")
        except UnicodeEncodeError:
            continue
        chinese = [c for c in row.text if "\u4e00" <= c <= "\u9fff"]
        assert [c for c in normalize(row.text) if "\u4e00" <= c <= "\u9fff"] == chinese
        seen += 1
    assert seen > len(corpus) / 2


@pytest.mark.parametrize(
    "word", ["存取款", "小程序", "著名", "显著", "执着", "乾隆", "后台", "干净", "信息", "软件", "程序", "银行员工"]
)
def test_simplified_words_that_phrase_tables_break_stay(word: str) -> None:
    assert normalize(word) == word


@pytest.mark.parametrize(
    ("given_text", "canonical"),
    [
        ("ＡＴＭ機吞卡１２３！", "atm机吞卡123!"),  # full width, traditional, case
        ("調閱聯徵與薴麻", "调阅征信与苎麻"),  # traditional in two steps
        ("客戶(hù)滿(mǎn)意時(shí)間", "客户满意时间"),  # pinyin notes
        ("客户（hù）的账户", "客户的账户"),  # full-width brackets too
        ("手机银行(app)绑(visa)卡", "手机银行(app)绑(visa)卡"),  # brackets that are no reading stay
        ("你(hǎo)", "你(hǎo)"),  # not a reading of this character
        ("在A(yíng)TM機", "在atm机"),  # a note that slipped off its character
        ("睡著了，執著，銀行帳戶", "睡着了,执着,银行账户"),  # 著 in traditional text
        ("行員叫我用網路銀行，簡訊收不到", "柜员叫我用网上银行,短信收不到"),  # Taiwan wording
        ("銀行員工用提款機", "银行员工用取款机"),  # 行员 inside 银行员工 is no teller
        ("转数快", "转数快"),  # simplified text keeps its words
        ("信用\n卡 年\r\n费 U 盾", "信用卡年费 u 盾"),  # line breaks inside words
        ("<p>信用卡</p><br/>年&nbsp;费&lt;300&gt;", "信用卡年费<300>"),  # HTML
        ("&amp;lt;b&amp;gt;乱扣费", "乱扣费"),  # HTML escaped twice
        ("<APP闪退>", "<app闪退>"),  # no tag
        ("\ufeff额\u200b度\u00ad被降\ufffd", "额度被降"),  # marks, zero width, soft hyphen, broken
        ("锟斤拷锟斤拷余额", "余额"),
        ("卡号6222021234567890123，欠12345.67元，拨12378", "卡号000000,欠12345.67元,拨12378"),  # long numbers
        ("太差了😡😡", "太差了😡😡"),
        ("x", "x"),
        ("", ""),
    ],
)
def test_what_real_intake_delivers(given_text: str, canonical: str) -> None:
    assert normalize(given_text) == canonical


def test_canonical_letters_are_compatibility_letters() -> None:
    text = "Ⅷ㈱ｶ①ﬁ"
    assert normalize(text) == "".join(unicodedata.normalize("NFKC", c) for c in text).lower()


def test_evidence_finds_its_place_in_the_original() -> None:
    original = "<p>行員說信用\n卡(kǎ)年費</p>"
    aligned = align(original)
    assert aligned.text == "柜员说信用卡年费"
    start, end = aligned.original_span(0, 2)
    assert original[start:end] == "行員"
    start, end = aligned.original_span(3, 6)
    assert original[start:end] == "信用\n卡"
    start, end = aligned.original_span(6, 8)
    assert original[start:end] == "年費"


@pytest.mark.parametrize(
    "hostile",
    [
        "<p " * 7_000,
        "<!--" * 5_000,
        "&l&#116;" * 2_500,
        "时" + "(sh" * 3_000 + "í)" * 3_000,
        "ﷺ" * 20_000,
        "\u0301" * 20_000,
    ],
)
def test_hostile_text_of_full_length_keeps_the_laws(hostile: str) -> None:
    once = normalize(hostile)
    assert normalize(once) == once
    assert align(hostile).text == once


def test_texts_of_one_and_of_20_000_characters_are_read() -> None:
    assert readable("差") == "差"
    assert len(readable("信" * MAX_CHARS)) == MAX_CHARS


def test_a_longer_text_is_refused() -> None:
    with pytest.raises(TextTooLongError, match="20,001 characters, the limit is 20,000"):
        readable("信" * (MAX_CHARS + 1))


@pytest.mark.parametrize("nothing", ["", " \n\t\u3000", "\ufeff\u200b", "\ufffd", "<br>&nbsp;"])
def test_nothing_to_read_is_refused(nothing: str) -> None:
    with pytest.raises(EmptyTextError, match="the text is empty"):
        readable(nothing)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("年费太高。姓名：王小明，电话13800138000。", "年费太高。"),
        ("年费太高,電話：138****8000", "年费太高,"),
        ("我的卡6222021234567890128被盗刷", "我的卡,被盗刷"),
        ("24*365小时都打不通", "24*365小时都打不通"),
    ],
)
def test_personal_data_is_passed_over(text: str, canonical: str) -> None:
    assert normalize(text) == canonical


def test_a_masked_complaint_is_read_as_it_was_written(corpus: list[Labelled]) -> None:
    for row in corpus:
        assert normalize(mask(row.text)) == normalize(row.text)
