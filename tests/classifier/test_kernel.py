"""The kernel says what the plain code says, on any text; and without it everything works."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path

import numpy as np
import pytest
import rjieba
from hypothesis import given
from hypothesis import strategies as st

from classifier import ComplaintModel, normalize
from classifier.kernel import machine
from classifier.text import _AlignedDraft, _canonicalize, _plain, align
from classifier.tokenizer import BUNDLED, Tokenizer, _dictionary, parse_lexicon
from training import Labelled

if machine is None:
    pytest.skip("the program was installed without a compiler", allow_module_level=True)

PIECES = [
    *"信用卡 年费 您好 请 尽快 核实 谢谢 登不上 进不去 征信 还款 利息 app 12378 我 不会 投诉 就 如果 同事 说".split(),
    *"投诉人 姓名: 户名是 我叫 王 地址在 住址： 家住 号楼 苏E12345 京A 蘇E· 1234挂 贵app 138".split(),
    *"00 000 0512-8888888 2026-11-29 123456".split(),
    *"， 。 ！！ ？ ,, ... …… ~ ; : 、 ( ) （工行） (gong) 卡(ka ) *".split(),
    *"@ & < — – “ ” · ￥ ％ Ａ １ 帳戶 客戶 😡 é \u200b".split(),
    *"客服專員 理專 登入 行員 銀行員工 住在这里 我叫王小明".split(),
    " ",
    "\n",
    "\t ",
    "\u3000",
    "  ",
]
messy = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join)


@pytest.fixture(scope="module")
def rust() -> Callable[[str], list[str]]:
    """The cut of rjieba, which is in the kernel's place where there is none."""
    engine = rjieba.Jieba()
    for word, frequency in parse_lexicon(BUNDLED.read_text(encoding="utf-8"), source="banking.txt").items():
        engine.add_word(word, frequency, "n")
    return lambda text: engine.cut(text, False)


def by_the_rules(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    draft = _AlignedDraft(text)
    _canonicalize(draft)
    return draft.text, tuple(draft.spans)


def assert_canonical_alike(texts: list[str]) -> int:
    """How many of the texts the kernel took upon itself."""
    plain = _plain()
    assert plain
    taken = 0
    for text in texts:
        canonical, aligned = plain.read(text), plain.align(text)
        if canonical is None:
            assert aligned is None
            continue
        taken += 1
        assert aligned == by_the_rules(text)
        assert canonical == aligned[0]
    return taken


@given(text=messy | st.text())
def test_a_text_is_cut_as_without_the_kernel(rust: Callable[[str], list[str]], text: str) -> None:
    assert Tokenizer().cut(text) == rust(text)


def test_every_character_and_every_word_of_the_dictionary_is_cut_as_without_the_kernel(
    rust: Callable[[str], list[str]],
) -> None:
    cut = Tokenizer().cut
    characters = (chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000)
    texts = [f"1{character}银行{character}{character}a" for character in characters]
    words = [line.partition(" ")[0] for line in _dictionary().splitlines()]
    texts += [
        before + word + behind for before, word, behind in zip(["", *words[:-1]], words, [*words[1:], ""], strict=True)
    ]
    assert [text for text in texts if cut(text) != rust(text)] == []


def test_the_corpus_is_cut_as_without_the_kernel(rust: Callable[[str], list[str]], corpus: list[Labelled]) -> None:
    cut = Tokenizer().cut
    assert [row.text for row in corpus if cut(row.text) != rust(row.text)] == []


@pytest.mark.parametrize("dictionary", ["年费 3\n信用卡\n", "年费 3\n信用卡 多 n\n", "年费 3\n\n信用卡 2\n"])
def test_a_bad_dictionary_is_refused_with_its_line(dictionary: str) -> None:
    with pytest.raises(ValueError, match="line 2 of the dictionary"):
        machine.Words(dictionary, {})


@given(messy)
def test_a_canonical_form_is_that_of_the_rules(text: str) -> None:
    assert_canonical_alike([text])
    assert (align(text).text, align(text).spans) == by_the_rules(text)


def test_every_character_comes_out_as_by_the_rules() -> None:
    assert assert_canonical_alike([f"卡{chr(code)}费" for code in range(0x11000)]) > 15_000


def test_most_texts_need_no_rules(corpus: list[Labelled]) -> None:
    assert assert_canonical_alike([row.text for row in corpus]) > 0.8 * len(corpus)


def assert_read_alike(model: ComplaintModel, canonical: str) -> None:
    scorer, detector = model.scorer, model.detector
    assert detector
    reading, terms = scorer.read(canonical), scorer.terms(canonical)
    np.testing.assert_allclose(np.frombuffer(reading.probabilities, np.float32), scorer.probabilities(terms), atol=1e-5)
    assert reading.familiarity == pytest.approx(terms.familiarity)
    scores, spans = detector._scores(canonical)
    np.testing.assert_allclose(detector.scores(canonical), scores.max(axis=0), rtol=1e-4, atol=1e-4)
    for column, start, end in detector._kernel.find(canonical):
        assert scores[spans.index((start, end)), column] == pytest.approx(scores[:, column].max(), rel=1e-4, abs=1e-4)


@given(text=messy)
def test_categories_and_signals_are_those_of_the_plain_code(model: ComplaintModel, text: str) -> None:
    if canonical := normalize(text):
        assert_read_alike(model, canonical)


def test_the_corpus_is_read_alike(model: ComplaintModel, corpus: list[Labelled]) -> None:
    for row in corpus[::20]:
        assert_read_alike(model, normalize(row.text))


def test_a_text_of_any_length_is_read(model: ComplaintModel, corpus: list[Labelled]) -> None:
    for length in (1, 2, 1_000, 20_000):
        assert_read_alike(model, normalize("".join(row.text for row in corpus[:400]))[:length])


def test_a_vocabulary_with_a_term_twice_is_refused(model: ComplaintModel) -> None:
    scorer = copy(model.scorer)
    with pytest.raises(ValueError, match="term 1 has no key of its own"):
        type(scorer)(["年费", "年费"], scorer.idf[:2], scorer.weights[:2], scorer.intercepts, scorer.analyzer)


WITHOUT = """
import sys
sys.modules["classifier.kernel.machine"] = None
from classifier.kernel import machine
from models import Registry, store_path
assert machine is None
for prediction in Registry(store_path()).load().model.predict(sys.argv[1:]):
    print(prediction.category, round(prediction.confidence, 3), [signal.words for signal in prediction.signals])
"""


def test_without_the_kernel_everything_is_read_alike(model: ComplaintModel, store: Path) -> None:
    texts = [
        "信用卡年费说好刷满六次就免，现在又扣了",
        "再不解决我就去银保监会投诉你们！！",
        "客戶(hù)的帳戶被盜刷3000元",
    ]
    env = {**os.environ, "COMPLAINTS_MODEL_STORE": str(store)}
    ended = subprocess.run([sys.executable, "-c", WITHOUT, *texts], env=env, capture_output=True, check=True)
    said = [f"{p.category} {round(p.confidence, 3)} {[s.words for s in p.signals]}" for p in model.predict(texts)]
    assert ended.stdout.decode().splitlines() == said


def test_threads_do_not_mix_their_texts_up(model: ComplaintModel, corpus: list[Labelled]) -> None:
    """Python code runs in the midst of a traditional text, and another thread may have its turn then."""
    texts = [row.text for row in corpus if "戶" in row.text][:60] + [row.text for row in corpus[:60]]
    alone = model.predict(texts)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            together = list(threads.map(model.predict, [texts, texts[::-1]] * 6))
    finally:
        sys.setswitchinterval(interval)
    assert together == [alone, alone[::-1]] * 6
