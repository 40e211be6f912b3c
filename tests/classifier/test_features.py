"""Terms: which there are, and where they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Tokenizer, normalize
from classifier.features import ANALYZERS, PIECE, Analyzer

TOKENIZER = Tokenizer()
analyzers = st.sampled_from([make(TOKENIZER) for make in ANALYZERS.values()])
texts = st.text("信用卡年费U盾登录abc 12,。\n客戶😡", max_size=40)


@given(analyzers, texts)
def test_the_places_are_those_of_the_terms(analyzer: Analyzer, text: str) -> None:
    canonical = normalize(text)
    placed = list(analyzer.places(canonical))
    assert sorted(term for term, _, _ in placed) == sorted(analyzer.terms(canonical))
    for term, start, end in placed:
        stands = canonical[start:end].replace(" ", "")
        assert stands.startswith(term.replace(PIECE, "").split(" ")[0])
        assert stands.endswith(term.replace(PIECE, "").split(" ")[-1])


@given(analyzers, texts)
def test_a_raw_text_has_the_terms_of_its_canonical_form(analyzer: Analyzer, text: str) -> None:
    assert analyzer(text) == analyzer.terms(normalize(text))


def test_v1_counts_words_and_pairs() -> None:
    assert ANALYZERS["tfidf-linear.v1"](TOKENIZER)("年费,退还额度") == [
        "年费",
        "退还",
        "额度",
        "年费 退还",
        "退还 额度",
    ]


def test_v2_counts_words_characters_and_pairs_of_characters() -> None:
    terms = ANALYZERS["tfidf-linear.v2"](TOKENIZER)("退 年费")
    assert [term.replace(PIECE, "~") for term in terms] == ["退", "年费", "~退", "~年", "~费", "~退年", "~年费"]


def test_no_canonical_text_holds_the_mark() -> None:
    assert normalize(f"a{PIECE}b") == "a b"


@pytest.mark.parametrize("preset", ANALYZERS)
def test_presets_are_fixed(preset: str) -> None:
    assert preset.split(".")[1].startswith("v")
