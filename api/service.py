"""The use cases, as plain functions of a loaded model: no HTTP in here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from api.problems import text_problem, validation_problem
from api.schemas import (
    BatchAnswer,
    BatchItem,
    Categories,
    CategoryOut,
    Classification,
    ClassifyRequest,
    Complaint,
    ModelOut,
    NamedOut,
)
from classifier.errors import TextError
from classifier.model import Evidence, Prediction
from classifier.routing import Decision, Facts, Router
from classifier.taxonomy import Taxonomy
from models import Bundle


class Service:
    """A loaded model with its router.

    Parameters
    ----------
    bundle : Bundle
    taxonomy : Path, optional
        A bank's own taxonomy file; by default the one that travels with the model.

    Raises
    ------
    TaxonomyError
        If the file is bad, or lacks a category the model knows.
    """

    def __init__(self, bundle: Bundle, taxonomy: Path | None = None) -> None:
        self.bundle = bundle
        self.taxonomy = Taxonomy.load(taxonomy) if taxonomy else bundle.taxonomy
        self.taxonomy.require(frozenset(bundle.model.classes_), needed_by=f"model {self.version}")

    @cached_property
    def router(self) -> Router:
        """Routes by the rules of the program, unless it is given those in force. Raises `RulesError`."""
        return Router(self.taxonomy)

    @property
    def version(self) -> str:
        """The model's version."""
        return self.bundle.model.version

    def classify(self, request: ClassifyRequest) -> Classification:
        """Read one complaint and route it. Raises `TextError`."""
        evidence = None
        if request.explain:
            explanation = self.bundle.model.explain(request.text)
            prediction, evidence = explanation.prediction, explanation.evidence
        else:
            prediction = self.bundle.model.predict([request.text])[0]
        decision = self.router.route(facts_of(request, prediction))
        return self.said(prediction, decision, top_k=request.top_k, evidence=evidence)

    def judge(self, complaint: Complaint) -> tuple[Prediction, Decision]:
        """Read one complaint and route it, for whoever keeps both. Raises `TextError`."""
        prediction = self.bundle.model.predict([complaint.text])[0]
        return prediction, self.router.route(facts_of(complaint, prediction))

    def said(
        self,
        prediction: Prediction,
        decision: Decision,
        *,
        top_k: int | None = None,
        evidence: tuple[Evidence, ...] | None = None,
    ) -> Classification:
        """What goes over the wire of both."""
        return Classification.of(
            prediction, decision, self.taxonomy, model=self.version, top_k=top_k, evidence=evidence
        )

    def classify_batch(self, items: Sequence[Any], instance: str) -> BatchAnswer:
        """Read and route each item; a bad one gets a problem at its index."""
        answers = [self._classify_item(index, item, instance) for index, item in enumerate(items)]
        succeeded = sum(answer.result is not None for answer in answers)
        return BatchAnswer(model=self.version, items=answers, succeeded=succeeded, failed=len(answers) - succeeded)

    def _classify_item(self, index: int, item: Any, instance: str) -> BatchItem:
        place = f"{instance}#/items/{index}"
        try:
            return BatchItem(index=index, result=self.classify(ClassifyRequest.model_validate(item)))
        except ValidationError as error:
            return BatchItem(index=index, problem=validation_problem(error.errors(), place))
        except TextError as error:
            return BatchItem(index=index, problem=text_problem(error, place))

    def categories(self) -> Categories:
        """The taxonomy."""
        return Categories(
            model=self.version,
            categories=[
                CategoryOut(
                    code=category.code,
                    zh=category.zh,
                    en=category.en,
                    group=NamedOut.of(category.group),
                    definition_zh=category.definition_zh,
                    definition_en=category.definition_en,
                    business=category.business,
                    cause=category.cause,
                    department=NamedOut.of(category.department),
                )
                for category in self.taxonomy.values()
            ],
        )

    def model(self) -> ModelOut:
        """What the model says about itself."""
        return ModelOut.model_validate(self.bundle.manifest, from_attributes=True)


def facts_of(request: Complaint, prediction: Prediction) -> Facts:
    """What is known of a complaint that has just been read."""
    now, metadata = datetime.now(UTC), request.metadata
    return Facts(
        prediction,
        min(request.received_at or now, now),  # what is to come has not arrived
        request.channel,
        request.region,
        request.branch,
        {
            name: value
            for name in ("segment", "product", "business_channel", "amount")
            if (value := getattr(metadata, name)) is not None
        },
    )
