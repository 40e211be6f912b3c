"""When a prediction may stand without a person, and what keeps one from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from classifier.scorer import Reading

Doubt = Literal["confidence", "length", "margin", "familiarity"]

DOUBTS: Final[Mapping[Doubt, tuple[str, str]]] = {
    "confidence": ("把握不到自动处理的门槛", "Less sure than automatic decisions must be"),
    "length": ("文字太短：同样的把握，短的更常出错", "Too short: as sure as this, short texts are wrong more often"),
    "margin": ("第二个类别离得太近", "The second category is too close"),
    "familiarity": ("太多词是模型没见过的", "Too many of its words are new to the model"),
}
"""What keeps a prediction from being automatic, in Chinese and English."""

USUAL_LENGTH: Final = 60
"""Characters of a usual complaint in canonical form."""

_SUREST: Final = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a prediction may stand without a person. Chosen in training, kept with the model.

    Attributes
    ----------
    confidence : float
        Least probability of the first category for ``auto``, in a text of `USUAL_LENGTH` characters (see `trust`).
    margin : float
        Least distance between the first and the second category for ``auto``.
    secondary : float
        Least probability of a secondary category.
    candidate : float
        Least probability of a candidate.
    familiarity : float
        Least share of known terms for ``auto``: a text from another world goes to a person, however sure it sounds.
    length : float
        How much surer a short text must be; 0 for models that did not learn it.
    """

    confidence: float
    margin: float
    secondary: float
    candidate: float = 0.05
    familiarity: float = 0.0
    length: float = 0.0

    def needed(self, characters: int) -> float:
        """The least confidence with which a text of so many characters in canonical form is automatic.

        Examples
        --------
        >>> least = Thresholds(confidence=0.9, margin=0.1, secondary=0.3, length=0.5)
        >>> [round(least.needed(characters), 2) for characters in (15, 60, 240)]
        [0.95, 0.9, 0.82]
        """
        usual = min(self.confidence, _SUREST)
        odds: float = usual / (1 - usual) * (characters / USUAL_LENGTH) ** -self.length
        return odds / (1 + odds)

    def missed(self, reading: Reading, characters: int) -> list[Doubt]:
        """What keeps a text of so many characters in canonical form from being automatic; nothing, if it is."""
        doubts: list[Doubt] = []
        if trust(reading.highest, characters, self.length) < self.confidence:
            doubts.append("confidence" if reading.highest < self.confidence else "length")
        if reading.highest - reading.second < self.margin:
            doubts.append("margin")
        if reading.familiarity < self.familiarity:
            doubts.append("familiarity")
        return doubts


Numbers = TypeVar("Numbers", float, NDArray[np.float64])


def trust(confidence: Numbers, characters: Numbers, length: float) -> Numbers:
    """How far a confidence, or several, may be trusted: what they would be worth in texts of `USUAL_LENGTH` characters.

    A short text has few words that could speak against a category, so that the same confidence is right less often: its
    log-odds change by `length` times the logarithm of the text's length in usual lengths.

    Examples
    --------
    >>> trust(np.array([0.9, 0.9]), np.array([60.0, 15.0]), length=0.5).round(2).tolist()
    [0.9, 0.82]
    """
    # The smaller of confidence and _SUREST, of arrays and of numbers.
    sure = confidence - (confidence - _SUREST) * (confidence > _SUREST)
    odds = sure / (1 - sure) * (characters / USUAL_LENGTH) ** length
    trusted: Numbers = odds / (1 + odds)
    return trusted
