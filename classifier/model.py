"""The reader: texts in, predictions out, each with how sure it is and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from classifier.scorer import Scorer
from classifier.text import align, readable

Verdict = Literal["auto", "review"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A category and its probability."""

    category: str
    probability: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one text.

    Attributes
    ----------
    category : str
        The most probable category.
    confidence : float
        Its probability, in [0, 1].
    secondary : tuple of str
        Categories the text probably complains about too, most probable first.
    decision : {'auto', 'review'}
        Whether the category may be acted on, or a person should look first.
    ranked : tuple of Ranked
        All categories, most probable first.
    """

    category: str
    confidence: float
    secondary: tuple[str, ...]
    decision: Verdict
    ranked: tuple[Ranked, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A term that spoke for the category, and where it stands.

    Attributes
    ----------
    term : str
        The words in canonical form; a pair is two neighbouring words.
    weight : float
        What it added to the category's score, above what it added to the others on average.
    places : tuple of (int, int)
        Half-open spans in the text as it was given.
    """

    term: str
    weight: float
    places: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A prediction and the evidence for its category, strongest first."""

    prediction: Prediction
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a prediction may stand without a person. Chosen in training, kept with the model.

    Attributes
    ----------
    confidence : float
        Least probability of the first category for ``auto``.
    margin : float
        Least distance between the first and the second category for ``auto``.
    secondary : float
        Least probability of a secondary category.
    """

    confidence: float
    margin: float
    secondary: float


class ComplaintModel:
    """Reads complaints.

    Parameters
    ----------
    classes : sequence of str, length K
        Category codes in the scorer's column order: the one order of labels everywhere.
    scorer : Scorer
    thresholds : Thresholds
    version : str
        The name of the kept model; every answer carries it.
    """

    def __init__(self, classes: Sequence[str], scorer: Scorer, thresholds: Thresholds, version: str) -> None:
        self.classes_ = tuple(classes)
        self.scorer = scorer
        self.thresholds = thresholds
        self.version = version

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Read each text.

        Raises
        ------
        TextError
            If a text is empty or too long. To keep the good rest of a batch, ask text by text.
        """
        return [self._prediction(readable(text)) for text in texts]

    def explain(self, text: str, limit: int = 8) -> Explanation:
        """Read one text and name at most `limit` terms that spoke for its category. Raises `TextError`."""
        canonical = readable(text)
        prediction = self._prediction(canonical)
        column = self.classes_.index(prediction.category)
        terms = self.scorer.terms(canonical)
        weights = self.scorer.weights[terms.rows]
        spoke = terms.values * (weights[:, column] - weights.mean(axis=1))
        strongest = [i for i in np.argsort(-spoke, kind="stable")[:limit].tolist() if spoke[i] > 0]
        places = self._places(text)
        evidence = []
        for i in strongest:
            term = self.scorer.vocabulary[terms.rows[i]]
            evidence.append(Evidence(term, float(spoke[i]), tuple(places[term])))
        return Explanation(prediction, tuple(evidence))

    def _prediction(self, canonical: str) -> Prediction:
        probabilities = self.scorer.probabilities(canonical)
        order = np.argsort(-probabilities, kind="stable").tolist()
        ranked = tuple(Ranked(self.classes_[k], float(probabilities[k])) for k in order)
        first = ranked[0]
        margin = first.probability - (ranked[1].probability if len(ranked) > 1 else 0.0)
        sure = first.probability >= self.thresholds.confidence and margin >= self.thresholds.margin
        secondary = tuple(r.category for r in ranked[1:] if r.probability >= self.thresholds.secondary)
        return Prediction(first.category, first.probability, secondary, "auto" if sure else "review", ranked)

    def _places(self, text: str) -> dict[str, list[tuple[int, int]]]:
        """Where each word and each pair of neighbouring words of `text` stands in it."""
        aligned = align(text)
        words: list[tuple[str, int, int]] = []
        position = 0
        for piece in self.scorer.tokenizer.cut(aligned.text):
            if self.scorer.tokenizer.is_word(piece):
                words.append((piece, position, position + len(piece)))
            position += len(piece)
        places: dict[str, list[tuple[int, int]]] = {}
        for word, start, end in words:
            places.setdefault(word, []).append(aligned.original_span(start, end))
        for (first, start, _), (second, _, end) in pairwise(words):
            places.setdefault(f"{first} {second}", []).append(aligned.original_span(start, end))
        return places
