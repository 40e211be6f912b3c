"""Words: as jieba cuts them, with banking words kept whole."""

from __future__ import annotations

import logging
import math
import pickle
import tempfile
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import LexiconError
from classifier.text import normalize
from classifier.tokenizer import BUNDLED, Tokenizer, parse_lexicon
from training import Labelled

LEXICON = parse_lexicon(BUNDLED.read_text(encoding="utf-8"), source="banking.txt")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer()


@pytest.fixture(scope="module")
def jieba(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The reference: jieba with the same banking words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.CRITICAL)
    reference = jieba.Tokenizer()
    reference.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    reference.initialize()
    for word, frequency in LEXICON.items():
        reference.add_word(word, frequency)
    return reference


def same_but_for_ties(jieba: Any, ours: list[str], text: str) -> bool:
    """Equal cuts, or two cuts jieba's own model finds equally probable."""
    theirs = jieba.lcut(text, HMM=False)
    if ours == theirs:
        return True

    def log_probability(cut: list[str]) -> float:
        return sum(math.log((jieba.FREQ.get(word) or 1) / jieba.total) for word in cut)

    return math.isclose(log_probability(ours), log_probability(theirs), rel_tol=1e-9)


texts = st.lists(
    st.sampled_from(sorted(LEXICON))
    | st.text("的了不我是银行卡款费用还被人在修登录刷信abcU盾123.+-# ,。!《\n😡", max_size=8),
    max_size=20,
).map("".join)


@given(texts)
def test_cuts_as_jieba_does(jieba: Any, tokenizer: Tokenizer, text: str) -> None:
    text = normalize(text)
    assert same_but_for_ties(jieba, tokenizer.cut(text), text)


def test_cuts_the_whole_corpus_as_jieba_does(jieba: Any, tokenizer: Tokenizer, corpus: list[Labelled]) -> None:
    different = [
        t for t in map(normalize, (row.text for row in corpus)) if not same_but_for_ties(jieba, tokenizer.cut(t), t)
    ]
    assert different == []


@given(texts)
def test_no_character_is_lost(tokenizer: Tokenizer, text: str) -> None:
    assert "".join(tokenizer.cut(text)) == text


@pytest.mark.parametrize(
    "word",
    [
        "额度",
        "最低还款",
        "年费",
        "分期手续费",
        "账单分期",
        "云闪付",
        "u盾",
        "吞卡",
        "催收",
        "征信",
        "停息挂账",
        "非柜面",
    ],
)
def test_banking_words_stay_whole(tokenizer: Tokenizer, word: str) -> None:
    assert tokenizer(f"我的{word}有问题") == ["我", "的", word, "有", "问题"]


def test_every_lexicon_word_stays_whole_between_blanks(tokenizer: Tokenizer) -> None:
    assert [word for word in LEXICON if tokenizer(f" {word} ") != [word]] == []


def test_punctuation_and_blanks_are_no_words(tokenizer: Tokenizer) -> None:
    assert tokenizer("年费,   😡!! 300元。") == ["年费", "300", "元"]


def test_is_quiet_and_leaves_nothing_in_the_temp_folder(capfd: pytest.CaptureFixture[str]) -> None:
    before = set(Path(tempfile.gettempdir()).glob("*jieba*"))
    Tokenizer()("信用卡年费")
    assert capfd.readouterr() == ("", "")
    assert set(Path(tempfile.gettempdir()).glob("*jieba*")) == before


def test_survives_pickling_with_its_lexicon() -> None:
    mine = Tokenizer("云山雾罩卡 2000")
    copy = pickle.loads(pickle.dumps(mine))
    assert copy("办云山雾罩卡") == mine("办云山雾罩卡") == ["办", "云山雾罩卡"]
    assert copy.identity() == mine.identity() != Tokenizer().identity()


@pytest.mark.parametrize(
    ("lexicon", "says"),
    [
        ("年费", "line 1.*is not a word and a frequency"),
        ("年费 多", "is not a word and a frequency"),
        ("年费 0", "is not a word and a frequency"),
        ("# 注\n年费 10\n年费 20", "line 3.*'年费' stands twice.*Remove"),
        ("U盾 10", "'U盾' is not in canonical form.*'u盾'"),
    ],
)
def test_a_bad_lexicon_is_refused_with_line_and_remedy(lexicon: str, says: str) -> None:
    with pytest.raises(LexiconError, match=says):
        Tokenizer(lexicon, source="bank.txt")
