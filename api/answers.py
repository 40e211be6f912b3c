"""What is said of a complaint, put together from what model and router say."""

from __future__ import annotations

from collections.abc import Sequence

from api.schemas import CandidateOut, Classification, EvidenceOut, NamedOut, SignalOut
from classifier.model import Evidence, Prediction, Ranked
from classifier.routing import Decision
from classifier.taxonomy import Taxonomy


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
        self._categories = {category.code: NamedOut.of(category) for category in taxonomy.values()}
        self._groups = {category.code: NamedOut.of(category.group) for category in taxonomy.values()}
        self._departments = {code: NamedOut.of(department) for code, department in taxonomy.departments.items()}

    def of(
        self,
        prediction: Prediction,
        decision: Decision,
        *,
        top_k: int | None = None,
        evidence: tuple[Evidence, ...] | None = None,
    ) -> Classification:
        """What is said of one complaint."""
        return Classification(
            model=self._model,
            category=self._categories[prediction.category],
            group=self._groups[prediction.category],
            confidence=round(prediction.confidence, 4),
            secondary=[self._categories[code] for code in prediction.secondary],
            candidates=self.candidates(prediction.ranked[:top_k] if top_k else prediction.candidates),
            decision=prediction.decision,
            signals=[SignalOut.found(signal) for signal in prediction.signals],
            department=self._departments[decision.department.code],
            co_departments=[self._departments[department.code] for department in decision.co_departments],
            queue=decision.queue,
            priority=decision.priority,
            first_response_due=decision.first_response.at,
            resolution_due=decision.resolution.at,
            statutory_due=decision.statutory,
            provisional=decision.first_response.provisional or decision.resolution.provisional,
            rules=decision.rules,
            trace=list(decision.trace),
            tried=None if evidence is None else list(decision.tried),
            evidence=None if evidence is None else [EvidenceOut.of(e) for e in evidence],
        )

    def candidates(self, ranked: Sequence[Ranked]) -> list[CandidateOut]:
        """Categories with how probable they are."""
        return [
            CandidateOut(code=named.code, zh=named.zh, en=named.en, confidence=round(one.probability, 4))
            for one in ranked
            for named in (self._categories[one.category],)
        ]
