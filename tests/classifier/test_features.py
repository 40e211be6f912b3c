"""Terms: which there are, and where they stand."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifier import Tokenizer, normalize
from classifier.features import ANALYZERS, CONCEPT, PIECE, Analyzer, WordsPiecesConcepts
from classifier.thesaurus import Thesaurus

TOKENIZER = Tokenizer()
THESAURUS = Thesaurus("no_login: 登不上 登录不了\nannual_fee: 年费\ncourtesy: 您好 谢谢 客户")
ALL = {preset: make(TOKENIZER, THESAURUS) for preset, make in ANALYZERS.items()}
analyzers = st.sampled_from(list(ALL.values()))
texts = st.text("信用卡年费U盾登录abc 12,。\n客戶😡", max_size=40)


@given(analyzers, texts)
@example(ALL["tfidf-linear.v4"], "年费,客户,年费")  # a courtesy between two marks is passed over
def test_the_places_are_those_of_the_terms(analyzer: Analyzer, text: str) -> None:
    canonical = normalize(text)
    placed = list(analyzer.places(canonical))
    heard = analyzer.heard(canonical) if isinstance(analyzer, WordsPiecesConcepts) else canonical
    assert {term for term, _, _ in placed} == set(analyzer.terms(canonical))
    for term, start, end in placed:
        if term.startswith(CONCEPT):
            assert canonical[start:end] in THESAURUS.text
            continue
        stands = heard[start:end].replace(" ", "")
        assert stands.startswith(term.replace(PIECE, "").split(" ")[0])
        assert stands.endswith(term.replace(PIECE, "").split(" ")[-1])


@given(analyzers, texts)
def test_a_raw_text_has_the_terms_of_its_canonical_form(analyzer: Analyzer, text: str) -> None:
    assert analyzer(text) == analyzer.terms(normalize(text))


def test_v1_counts_words_and_pairs() -> None:
    assert ALL["tfidf-linear.v1"]("年费,退还额度") == [
        "年费",
        "退还",
        "额度",
        "年费 退还",
        "退还 额度",
    ]


def test_v2_counts_words_characters_and_pairs_of_characters() -> None:
    terms = ALL["tfidf-linear.v2"]("退 年费")
    assert [term.replace(PIECE, "~") for term in terms] == ["退", "年费", "~退", "~年", "~费", "~退年", "~年费"]


def test_v3_counts_concepts_and_their_pairs_too() -> None:
    text = "登录不了，年费照扣，还是登不上"
    terms = ALL["tfidf-linear.v3"](text)
    assert [term for term in terms if CONCEPT in term] == [
        f"{CONCEPT}no_login",
        f"{CONCEPT}annual_fee",
        f"{CONCEPT}no_login",
        f"{CONCEPT}annual_fee{CONCEPT}no_login",
    ]
    assert [term for term in terms if CONCEPT not in term] == ALL["tfidf-linear.v2"](text)


def test_v3_passes_over_clauses_of_courtesies() -> None:
    bare, framed = (ALL["tfidf-linear.v3"](text) for text in ("年费", "您好，年费，客户谢谢！"))
    assert {term.strip(PIECE + ",!") for term in framed} - {""} == {term.strip(PIECE) for term in bare}


@given(texts, st.text(" ,，。、；：…\n", max_size=5), st.text(" ,，。、；：…～\n", max_size=5))
def test_v5_passes_over_marks_that_part_nothing(text: str, before: str, behind: str) -> None:
    analyzer = ALL["tfidf-linear.v5"]
    if any(map(str.isalnum, normalize(text))):
        assert analyzer(before + text + behind) == analyzer(text)


@pytest.mark.parametrize("marks", ["，，", "，。", "， ，", "……", "。。。。", "，您好，"])
def test_v5_hears_marks_in_a_row_as_one(marks: str) -> None:
    analyzer = ALL["tfidf-linear.v5"]
    assert analyzer(f"年费{marks}太高") == analyzer(f"年费{marks[0]}太高")


def test_v5_hears_how_a_text_ends_if_it_asks_or_shouts() -> None:
    analyzer = ALL["tfidf-linear.v5"]
    assert len({tuple(analyzer(f"年费太高{mark}")) for mark in ("", "?", "!")}) == 3


def test_v3_hears_a_text_of_courtesies_alone() -> None:
    assert "您好" in ALL["tfidf-linear.v3"]("您好，谢谢")


def test_no_canonical_text_holds_a_mark() -> None:
    assert normalize(f"a{PIECE}b{CONCEPT}c") == "a b c"


@pytest.mark.parametrize("preset", ANALYZERS)
def test_presets_are_fixed(preset: str) -> None:
    assert preset.split(".")[1].startswith("v")
