"""Scopes: what is denied, said by others, only supposed or asked about."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from classifier import Tokenizer
from classifier.scope import scoped

TOKENIZER = Tokenizer()
WORDS = st.lists(st.sampled_from(["我", "不", "客服", "如果", "问", "就", "投诉", "你们", "没有", "年费"]), max_size=12)


def terms(clause: str) -> set[str]:
    return set(scoped(TOKENIZER(clause)))


def test_denied_is_told_from_meant() -> None:
    assert "¬:投诉" in terms("我不会去投诉到银保监")
    assert "¬:投诉" not in terms("我要投诉到银保监")


def test_a_denied_condition_is_no_denied_consequence() -> None:
    assert {"¬:投诉", "¬:退"} & terms("不退就投诉") == {"¬:退"}


def test_the_last_speaker_counts() -> None:
    assert {"我:起诉", "他:起诉"} & terms("同事说我该起诉") == {"我:起诉"}
    assert {"我:起诉", "他:起诉"} & terms("我听客服说可以起诉") == {"他:起诉"}


@given(WORDS)
def test_every_term_is_a_word_behind_its_operator(words: list[str]) -> None:
    found = [term.split(":") for term in scoped(words)]
    assert all(operator in "¬我他若问" and word in words[1:] for operator, word in found)


@given(WORDS, WORDS)
def test_what_follows_changes_nothing_before_it(words: list[str], more: list[str]) -> None:
    before = list(scoped(words))
    assert list(scoped([*words, *more]))[: len(before)] == before
