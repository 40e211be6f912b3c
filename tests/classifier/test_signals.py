"""Signals: where a detector looks, and what adds up to one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Tokenizer, normalize
from classifier.signals import Signal, SignalDetector, clause_spans, clause_terms

TOKENIZER = Tokenizer()
CLAUSE = "我要去法院"
TERMS = sorted({*clause_terms(TOKENIZER, CLAUSE), *clause_terms(TOKENIZER, "手续费太高")})


def detector(whole: float, clause: float, intercept: float) -> SignalDetector:
    """One that knows two signals: of the first, the terms of `CLAUSE` speak for it; the second is never found."""
    spoken = np.array([term in clause_terms(TOKENIZER, CLAUSE) for term in TERMS], np.float32)
    weights = np.stack([0 * spoken, whole * spoken, 0 * spoken, clause * spoken], axis=1)
    intercepts = np.array([-1, intercept], np.float32)
    idf = np.ones(len(TERMS), np.float32)
    return SignalDetector(["media", "legal"], TERMS, idf, np.ascontiguousarray(weights), intercepts, TOKENIZER)


def find(text: str) -> tuple[Signal, ...]:
    canonical = normalize(text)
    return detector(1, 1, -0.5).find(text, canonical)


def test_a_signal_is_found_with_its_clause_in_the_text_as_it_was_given() -> None:
    text = "手續費太高，<br>我要去法院！"
    (signal,) = find(text)
    assert (signal.code, signal.words) == ("legal", "我要去法院")
    assert text[signal.start : signal.end] == signal.words


def test_the_place_of_a_signal_leaves_out_what_is_masked_before_it() -> None:
    text = f"我叫***，电话***********。{CLAUSE}"
    (signal,) = find(text)
    assert signal.words == CLAUSE


def test_the_whole_text_and_its_strongest_clause_add_up() -> None:
    canonical = normalize(f"手续费太高，{CLAUSE}")
    alone = [detector(*weights, 0).scores(canonical)[1] for weights in ((1, 0), (0, 1))]
    together = detector(1, 1, 0).scores(canonical)[1]
    assert together == pytest.approx(sum(alone), abs=1e-5)
    assert 0 < alone[0] < alone[1], "in the clause there is nothing else"


def test_what_speaks_for_no_signal_carries_none() -> None:
    assert find("手续费太高") == find("🙂") == ()


@given(st.text(st.sampled_from("年费,。!?~… 卡a1"), min_size=1, max_size=30))
def test_clauses_are_the_whole_text_but_for_marks_in_front(canonical: str) -> None:
    spans = list(clause_spans(canonical))
    assert all(start < end for start, end in spans)
    assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]
    assert spans[-1][1] == len(canonical)


def test_arrays_that_do_not_fit_are_refused() -> None:
    one = np.zeros((1, 2), np.float32)
    with pytest.raises(ValueError, match="1 terms and 2 signals do not fit"):
        SignalDetector(["media", "legal"], ["年费"], one[:, 0].copy(), one, one[0], TOKENIZER)
    with pytest.raises(ValueError, match="weights must be row-major float32"):
        SignalDetector(["media"], ["年费"], one[:, 0].copy(), one.astype(np.float64), one[0, :1], TOKENIZER)
