"""What is said of a complaint, put together from what model and router say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.schemas import EvidenceOut
from classifier.model import Explanation, Prediction, Ranked
from classifier.routing import Decision
from classifier.signals import SIGNALS
from classifier.taxonomy import Category, Named, Taxonomy

Answer = dict[str, Any]
"""The fields of a `Classification`: ready to be written, without a model made of each first."""


class Answers:
    """Puts answers together; names, which are the same in all of them, are made once.

    Parameters
    ----------
    taxonomy : Taxonomy
    model : str
        Version of the model that answers.
    """

    def __init__(self, taxonomy: Taxonomy, model: str) -> None:
        self._model = model
        self._categories = {category.code: _named(category) for category in taxonomy.values()}
        self._groups = {category.code: _named(category.group) for category in taxonomy.values()}
        self._departments = {code: _named(department) for code, department in taxonomy.departments.items()}
        self._signals = {code: {"code": code, "zh": zh, "en": en} for code, (zh, en) in SIGNALS.items()}

    def of(
        self,
        prediction: Prediction,
        decision: Decision,
        *,
        top_k: int | None = None,
        explanation: Explanation | None = None,
    ) -> Answer:
        """What is said of one complaint."""
        categories, departments = self._categories, self._departments
        return {
            "model": self._model,
            "category": categories[prediction.category],
            "group": self._groups[prediction.category],
            "confidence": round(prediction.confidence, 4),
            "secondary": [categories[code] for code in prediction.secondary],
            "candidates": self.candidates(prediction.ranked[:top_k] if top_k else prediction.candidates),
            "decision": prediction.decision,
            "signals": [
                {**self._signals[signal.code], "words": signal.words, "start": signal.start, "end": signal.end}
                for signal in prediction.signals
            ],
            "department": departments[decision.department.code],
            "co_departments": [departments[department.code] for department in decision.co_departments],
            "queue": decision.queue,
            "priority": decision.priority,
            "first_response_due": decision.first_response.at,
            "resolution_due": decision.resolution.at,
            "statutory_due": decision.statutory,
            "provisional": decision.first_response.provisional or decision.resolution.provisional,
            "rules": decision.rules,
            "trace": decision.trace,
            "tried": decision.tried if explanation else None,
            "evidence": [EvidenceOut.of(e).model_dump() for e in explanation.evidence] if explanation else None,
            "doubts": list(explanation.doubts) if explanation else None,
        }

    def candidates(self, ranked: Sequence[Ranked]) -> list[dict[str, Any]]:
        """Categories with how probable they are."""
        return [{**self._categories[one.category], "confidence": round(one.probability, 4)} for one in ranked]


def _named(named: Named | Category) -> dict[str, str]:
    return {"code": named.code, "zh": named.zh, "en": named.en}
