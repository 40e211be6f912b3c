"""The reader: texts in, predictions out, each with how sure it is and why."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import ItemsView, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.scorer import Reading, Scorer
from classifier.signals import Signal, SignalDetector
from classifier.text import align, readable
from classifier.thresholds import Doubt, Thresholds

Verdict = Literal["auto", "review"]


_PROBABILITY: Final = itemgetter(1)


class Ranked(NamedTuple):
    """A category and its probability."""

    category: str
    probability: float


class Probabilities(Mapping[str, float]):
    """Categories and their probabilities, in the model's order.

    Parameters
    ----------
    classes : sequence of str, length K
    values : sequence of float, length K, or bytes
        Of K in float32, as `classifier.scorer.Reading` has them.

    Examples
    --------
    >>> Probabilities(["card_fees", "loan_pricing"], [0.25, 0.75]).ranked()[0]
    Ranked(category='loan_pricing', probability=0.75)
    """

    __slots__ = ("_classes", "_values")

    def __init__(self, classes: Sequence[str], values: Sequence[float] | bytes) -> None:
        self._classes = classes
        self._values = values

    def __getitem__(self, category: str) -> float:
        return dict(self.items())[category]

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)

    def items(self) -> ItemsView[str, float]:
        """Category and probability of each."""
        values = memoryview(self._values).cast("f") if isinstance(self._values, bytes) else self._values
        return dict(zip(self._classes, values, strict=True)).items()

    def ranked(self) -> list[Ranked]:
        """All categories, most probable first."""
        return sorted(map(Ranked._make, self.items()), key=_PROBABILITY, reverse=True)


class Prediction(NamedTuple):
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
    candidates : tuple of Ranked
        As many categories, most probable first, as a reviewer needs to find the right one among them.
    probabilities : Probabilities
        Of all categories.
    signals : tuple of Signal
        What makes the case urgent or special, the most urgent first.
    text : str
        What was read, in canonical form.
    """

    category: str
    confidence: float
    secondary: tuple[str, ...]
    decision: Verdict
    candidates: tuple[Ranked, ...]
    probabilities: Probabilities
    signals: tuple[Signal, ...] = ()
    text: str = ""

    @property
    def ranked(self) -> tuple[Ranked, ...]:
        """All categories, most probable first."""
        return tuple(self.probabilities.ranked())


@dataclass(frozen=True, slots=True)
class Evidence:
    """A word that spoke for the category, and where it stands.

    Attributes
    ----------
    term : str
        The word in canonical form.
    weight : float
        What it and its characters added to the category's score, above what they added to the others on average.
    places : tuple of (int, int)
        Half-open spans in the text as it was given.
    """

    term: str
    weight: float
    places: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a text was read as it was.

    Attributes
    ----------
    prediction : Prediction
    evidence : tuple of Evidence
        For its category (or the one asked about), strongest first.
    doubts : tuple of Doubt
        What keeps it from being automatic (`classifier.thresholds.DOUBTS`).
    """

    prediction: Prediction
    evidence: tuple[Evidence, ...]
    doubts: tuple[Doubt, ...]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Python's collector at rest: predictions hold no cycles, and to look for some takes a seventh of the time."""
    at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if at_work:
            gc.enable()


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
    detector : SignalDetector, optional
        Models of before there were signals find none.
    """

    def __init__(
        self,
        classes: Sequence[str],
        scorer: Scorer,
        thresholds: Thresholds,
        version: str,
        detector: SignalDetector | None = None,
    ) -> None:
        self.classes_ = tuple(classes)
        self.scorer = scorer
        self.thresholds = thresholds
        self.version = version
        self.detector = detector
        self._least = min(thresholds.secondary, thresholds.candidate)

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Read each text.

        Raises
        ------
        TextError
            If a text is empty or too long. To keep the good rest of a batch, ask text by text.
        """
        with _uncollected():
            return [self._prediction(text, *self._read(text)) for text in texts]

    def explain(self, text: str, limit: int = 8, category: str | None = None) -> Explanation:
        """Read one text and name at most `limit` words that spoke for a category, by default its own.

        Raises `TextError`; `ValueError` if the model does not know the category.

        What a term adds to the category's score, above what it adds to the others on average, is shared out over the
        characters it stands on; a word's weight is the sum over its characters, wherever it stands.
        """
        canonical, reading = self._read(text)
        prediction = self._prediction(text, canonical, reading)
        spoke = self._spoke(canonical, self.classes_.index(category or prediction.category))
        aligned = align(text)
        weights: dict[str, float] = {}
        places: dict[str, list[tuple[int, int]]] = {}
        for word, start, end in self.scorer.analyzer.tokenizer.placed(canonical):
            weights[word] = weights.get(word, 0.0) + float(spoke[start:end].sum())
            places.setdefault(word, []).append(aligned.original_span(start, end))
        strongest = sorted((word for word in weights if weights[word] > 0), key=lambda word: -weights[word])[:limit]
        evidence = tuple(Evidence(word, weights[word], tuple(places[word])) for word in strongest)
        return Explanation(prediction, evidence, tuple(self.thresholds.missed(reading, len(canonical))))

    def _spoke(self, canonical: str, column: int) -> NDArray[np.float64]:
        """What each character of a canonical text added to a category's score, shape (characters,)."""
        terms = self.scorer.terms(canonical)
        weights = self.scorer.weights[terms.rows]
        added = dict(zip(terms.rows.tolist(), terms.values * (weights[:, column] - weights.mean(axis=1)), strict=True))
        placed = [(self.scorer.row(term), start, end) for term, start, end in self.scorer.analyzer.places(canonical)]
        times = Counter(row for row, _, _ in placed)
        spoke = np.zeros(len(canonical))
        for row, start, end in placed:
            if row is not None:
                spoke[start:end] += added[row] / times[row] / (end - start)
        return spoke

    def _read(self, text: str) -> tuple[str, Reading]:
        """A text in canonical form, and how probable each category is."""
        canonical = readable(text)
        return canonical, self.scorer.read(canonical, self._least)

    def _prediction(self, text: str, canonical: str, reading: Reading) -> Prediction:
        least, classes = self.thresholds, self.classes_
        likely = reading.likely
        if len(likely) > 1:
            likely.sort(key=_PROBABILITY, reverse=True)
        first, *rest = [Ranked(classes[k], value) for k, value in likely]
        return Prediction(
            first.category,
            first.probability,
            tuple([r.category for r in rest if r.probability >= least.secondary]),
            "review" if least.missed(reading, len(canonical)) else "auto",
            (first, *[r for r in rest if r.probability >= least.candidate]),
            Probabilities(classes, reading.probabilities),
            self.detector.find(text, canonical) if self.detector else (),
            canonical,
        )
