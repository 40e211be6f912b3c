"""Predictions: ranked, sure or not, and with evidence that stands where it says."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import ComplaintModel, normalize
from classifier.errors import EmptyTextError, TextTooLongError
from classifier.thresholds import Thresholds
from training import Labelled

CLEAR = "信用卡年费又扣了300元，说好刷满六次免年费的，要求退还年费和违约金利息"


def test_a_clear_complaint(model: ComplaintModel) -> None:
    prediction = model.predict([CLEAR])[0]
    assert prediction.category == "card_fees"
    assert prediction.ranked[0].category == prediction.category
    assert prediction.ranked[0].probability == prediction.confidence


@given(st.text("信用卡年费贷款还不上催收登录abc12,。\n客戶😡", min_size=1, max_size=80).filter(normalize))
def test_probabilities_are_ranked_and_sum_to_one(model: ComplaintModel, text: str) -> None:
    prediction = model.predict([text])[0]
    probabilities = [ranked.probability for ranked in prediction.ranked]
    assert sorted(probabilities, reverse=True) == probabilities
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert {ranked.category for ranked in prediction.ranked} == set(model.classes_)
    assert prediction.category not in prediction.secondary


@given(st.data())
def test_a_higher_threshold_never_makes_more_automatic(
    model: ComplaintModel, corpus: list[Labelled], data: st.DataObject
) -> None:
    text = data.draw(st.sampled_from(corpus)).text
    low, high = sorted(data.draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))

    def decide(confidence: float, margin: float) -> str:
        thresholds = Thresholds(confidence, margin, model.thresholds.secondary)
        return ComplaintModel(model.classes_, model.scorer, thresholds, "t").predict([text])[0].decision

    if decide(low, 0.1) == "review":
        assert decide(high, 0.1) == "review"
    if decide(0.3, low) == "review":
        assert decide(0.3, high) == "review"


@pytest.mark.parametrize("text", ["asdf qwer zxcv", "？？？", "😡", "12345", "The parcel never arrived", "x"])
def test_what_is_far_from_everything_goes_to_review(model: ComplaintModel, text: str) -> None:
    assert model.predict([text])[0].decision == "review"


def test_a_strange_text_goes_to_review_however_sure_it_sounds(model: ComplaintModel) -> None:
    thresholds = dataclasses.replace(model.thresholds, confidence=0.0, margin=0.0)
    careless = ComplaintModel(model.classes_, model.scorer, thresholds, "t")
    assert careless.predict([CLEAR])[0].decision == "auto"
    assert careless.predict(["은행 앱이 자꾸 꺼져요"])[0].decision == "review"


def test_candidates_are_the_first_of_the_ranked(model: ComplaintModel, corpus: list[Labelled]) -> None:
    for row in corpus[::100]:
        prediction = model.predict([row.text])[0]
        assert prediction.candidates == prediction.ranked[: len(prediction.candidates)]
        assert prediction.candidates
        assert all(c.probability >= model.thresholds.candidate for c in prediction.candidates[1:])


def test_evidence_stands_where_it_says(model: ComplaintModel) -> None:
    text = "<p>客戶(hù)說：信用\n卡年費亂收，<b>年費</b>說好免的</p>"
    explanation = model.explain(text)
    assert explanation.prediction == model.predict([text])[0]
    weights = [evidence.weight for evidence in explanation.evidence]
    assert weights == sorted(weights, reverse=True)
    assert all(weight > 0 for weight in weights)
    for evidence in explanation.evidence:
        assert {normalize(text[start:end]) for start, end in evidence.places} == {evidence.term}
    assert explanation.evidence[0].term == "年费"
    assert [text[start:end] for start, end in explanation.evidence[0].places] == ["年費", "年費"]


def test_evidence_is_what_the_score_is_made_of(model: ComplaintModel, corpus: list[Labelled]) -> None:
    """All characters' shares add up to what the text adds to the category's score beyond the others' mean."""
    for row in corpus[::200]:
        canonical = normalize(row.text)
        column = model.classes_.index(row.category)
        scores = model.scorer.scores(model.scorer.terms(canonical)) - model.scorer.intercepts
        assert model._spoke(canonical, column).sum() == pytest.approx(scores[column] - scores.mean(), abs=1e-4)


def test_every_corpus_text_can_be_explained(model: ComplaintModel, corpus: list[Labelled]) -> None:
    for row in corpus[::10]:
        for evidence in model.explain(row.text).evidence:
            assert all(0 <= start < end <= len(row.text) for start, end in evidence.places)


def test_no_more_evidence_than_asked_for(model: ComplaintModel) -> None:
    assert len(model.explain(CLEAR, limit=3).evidence) == 3


def test_unreadable_texts_are_refused(model: ComplaintModel) -> None:
    with pytest.raises(EmptyTextError):
        model.predict([CLEAR, " "])
    with pytest.raises(TextTooLongError):
        model.explain("长" * 20_001)


def test_predictions_cannot_be_changed(model: ComplaintModel) -> None:
    with pytest.raises(AttributeError):
        model.predict([CLEAR])[0].category = "other"  # type: ignore[misc]
