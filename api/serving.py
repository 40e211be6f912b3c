"""What answers a request from beginning to end: one model, its taxonomy, and the rules read for it. No HTTP in here."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from api.answers import Answer, Answers
from api.clock import present
from api.schemas import (
    NOTHING_KNOWN,
    Categories,
    CategoryOut,
    Classification,
    ClassifyRequest,
    Complaint,
    Metadata,
    ModelOut,
    NamedOut,
)
from classifier.deadlines import WorkCalendar
from classifier.model import Prediction
from classifier.routing import Decision, Facts, Router, RuleBook, bundled_rules, read_rules
from classifier.taxonomy import Taxonomy
from models import Bundle

_FIRST: Final = "信用卡年费说好刷满六次就免，现在又扣了"
"""Every model reads it before it answers anybody."""


@dataclass(frozen=True, eq=False)
class Serving:
    """A model with what belongs to it. It never changes: whoever holds it gets answers that fit together.

    Attributes
    ----------
    bundle : Bundle
    taxonomy : Taxonomy
        Has every category of the model.
    book : RuleBook, optional
        The rules in force, read with this taxonomy; by default those that came with the model.
    calendar : WorkCalendar, optional
        The bank's own working days; by default the published ones.
    """

    bundle: Bundle
    taxonomy: Taxonomy
    book: RuleBook | None = None
    calendar: WorkCalendar | None = None

    @classmethod
    def of(cls, bundle: Bundle, own: Path | None = None) -> Serving:
        """A model with the program's rules.

        Parameters
        ----------
        bundle : Bundle
        own : Path, optional
            A bank's own taxonomy file; by default the taxonomy that travels with the model.

        Raises
        ------
        TaxonomyError
            If the file is bad, or lacks a category the model knows.
        """
        taxonomy = Taxonomy.load(own) if own else bundle.taxonomy
        taxonomy.require(frozenset(bundle.model.classes_), needed_by=f"model {bundle.model.version}")
        return cls(bundle, taxonomy)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process makes it anew from what it is made of."""
        book = self.book and (self.book.text, self.book.version)
        return _made_anew, (self.bundle.files.folder, self.taxonomy, book, self.calendar)

    @cached_property
    def pickled(self) -> bytes:
        """For another process."""
        return pickle.dumps(self)

    def after(self, before: Serving) -> Serving:
        """The same model, with the rules and working days of the one before it. Raises `RulesError`."""
        book = before.book and read_rules(before.book.text, self.taxonomy, source=f"rules {before.book.version}")
        return replace(self, book=book, calendar=before.calendar)

    def prepared(self) -> Serving:
        """Itself, when all that is made at first use is made. Raises `RulesError`."""
        self.judge(Complaint(text=_FIRST))
        return self

    @cached_property
    def router(self) -> Router:
        """Raises `RulesError` if the rules that came with the model cannot be used with this taxonomy."""
        book = self.book or bundled_rules(self.taxonomy, self.bundle.rules_text)
        return Router(self.taxonomy, book, self.calendar)

    @property
    def version(self) -> str:
        """The model's version."""
        return self.bundle.model.version

    @cached_property
    def answers(self) -> Answers:
        """Puts together what it says."""
        return Answers(self.taxonomy, self.version)

    def answer(self, request: ClassifyRequest) -> Answer:
        """Read one complaint and route it. Raises `TextError`."""
        explanation = self.bundle.model.explain(request.text) if request.explain else None
        prediction = explanation.prediction if explanation else self.bundle.model.predict([request.text])[0]
        decision = self.router.route(facts_of(request, prediction))
        return self.answers.of(prediction, decision, top_k=request.top_k, explanation=explanation)

    def classify(self, request: ClassifyRequest) -> Classification:
        """Read one complaint and route it. Raises `TextError`."""
        return Classification.model_validate(self.answer(request))

    def judge(self, complaint: Complaint) -> tuple[Classification, Decision]:
        """Read one complaint and route it, for whoever keeps both. Raises `TextError`."""
        prediction = self.bundle.model.predict([complaint.text])[0]
        decision = self.router.route(facts_of(complaint, prediction))
        return Classification.model_validate(self.answers.of(prediction, decision)), decision

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


def _made_anew(
    folder: Path, taxonomy: Taxonomy, rules: tuple[str, str] | None, calendar: WorkCalendar | None
) -> Serving:
    book = rules and read_rules(rules[0], taxonomy, source=f"rules {rules[1]}")
    return Serving(Bundle.load(folder), taxonomy, book, calendar)


def facts_of(request: Complaint, prediction: Prediction) -> Facts:
    """What is known of a complaint that has just been read."""
    now, metadata = present(), request.metadata
    return Facts(
        prediction,
        min(request.received_at or now, now),  # what is to come has not arrived
        request.channel,
        request.region,
        request.branch,
        {} if metadata is NOTHING_KNOWN else _known(metadata),
    )


def _known(metadata: Metadata) -> dict[str, Any]:
    known = {name: getattr(metadata, name) for name in ("segment", "product", "business_channel", "amount")}
    return {name: value for name, value in known.items() if value is not None}
