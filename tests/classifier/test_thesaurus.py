"""Concepts: found where they stand, and a file one can trust."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import LexiconError
from classifier.text import normalize
from classifier.thesaurus import COURTESY, Thesaurus, parse_thesaurus

BUNDLED = Thesaurus()


def test_the_longest_expression_wins() -> None:
    thesaurus = Thesaurus("card: 信用卡\ncard_centre: 信用卡中心")
    assert list(thesaurus.places("信用卡中心说信用卡没事")) == [("card_centre", 0, 5), ("card", 6, 9)]


def test_latin_expressions_are_whole_words() -> None:
    thesaurus = Thesaurus("interface: ui 界面\ncard: xyk")
    assert [c for c, _, _ in thesaurus.places("ui差,build,xyk被冻,xyk2,新ui")] == ["interface", "card", "interface"]


@given(st.text("信用卡年费登不上催收态度差排队0 ,", max_size=60))
def test_places_hold_their_expressions_and_never_overlap(text: str) -> None:
    expressions = {c: set(e) for c, e in parse_thesaurus(BUNDLED.text, source="").items()}
    last = 0
    for concept, start, end in BUNDLED.places(text):
        assert text[start:end] in expressions[concept]
        assert start >= last
        last = end


def test_the_bundled_one_has_courtesies_and_they_are_no_concept() -> None:
    assert "您好" in BUNDLED.courtesies
    assert list(BUNDLED.places("您好")) == []
    assert COURTESY in parse_thesaurus(BUNDLED.text, source="")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("登不上 进不去", "line 1.*is not a concept and its expressions"),
        ("no_login:", "is not a concept and its expressions"),
        ("No Login: 登不上", "is not a concept"),
        ("a: 登不上\n\nb: 登不上", "line 3.*stands in a and b"),
        ("a: 登不上\na: 进不去", "line 2.*stands twice"),
        ("a: 登", "too short"),
        ("a: 登錄", "not in canonical form"),
    ],
)
def test_a_bad_file_is_refused_naming_the_line(text: str, says: str) -> None:
    with pytest.raises(LexiconError, match=says):
        Thesaurus(text)


AWKWARD = st.text("年費卡客戶著王我叫名0123-*@.ab(hù)<br/>&;Ａ！,。", min_size=2, max_size=12)


@given(st.lists(AWKWARD, min_size=1, max_size=4, unique=True))
def test_among_others_too_an_expression_is_in_canonical_form_or_refused(expressions: list[str]) -> None:
    """All are looked at together, which must not hide what is wrong with one."""
    text = f"one: {' '.join(expressions)}"
    if all(normalize(each) == each for each in expressions):
        assert parse_thesaurus(text, source="") == {"one": tuple(expressions)}
    else:
        with pytest.raises(LexiconError, match="not in canonical form"):
            parse_thesaurus(text, source="")


def test_comments_and_empty_lines_are_passed_over() -> None:
    assert list(Thesaurus("# 登录\n\nno_login: 登不上  # 常见").places("登不上")) == [("no_login", 0, 3)]
