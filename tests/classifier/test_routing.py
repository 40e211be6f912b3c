"""From prediction to department, priority and trace."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from classifier import Prediction, Router, Taxonomy
from classifier.errors import TaxonomyError
from classifier.model import Ranked
from classifier.taxonomy import BUNDLED


def said(category: str, decision: Literal["auto", "review"] = "auto", secondary: tuple[str, ...] = ()) -> Prediction:
    first = (Ranked(category, 0.9),)
    return Prediction(category, 0.9, secondary, decision, candidates=first, ranked=first)


@pytest.mark.parametrize("code", Taxonomy.bundled())
def test_a_sure_case_goes_to_its_categorys_department(router: Router, taxonomy: Taxonomy, code: str) -> None:
    decision = router.route(said(code))
    assert decision.department == taxonomy[code].department
    assert taxonomy[code].zh in decision.trace[0]
    assert decision.priority == ("P1" if code == "fraud_and_theft" else "P3")


@pytest.mark.parametrize("code", Taxonomy.bundled())
def test_an_unsure_case_goes_to_triage_whatever_its_category(router: Router, code: str) -> None:
    decision = router.route(said(code, "review"))
    assert decision.department.code == "triage"
    assert decision.trace[0] == "把握不足，先由投诉受理中心人工复核"


def test_fraud_is_first_in_line_even_unsure_or_secondary(router: Router) -> None:
    assert router.route(said("fraud_and_theft", "review")).priority == "P1"
    decision = router.route(said("information_security", secondary=("fraud_and_theft",)))
    assert (decision.priority, decision.department.code) == ("P1", "consumer_protection")
    assert decision.trace[-1] == "涉及“资金安全与盗刷”，优先处理（P1）"


def test_a_taxonomy_without_a_triage_desk_is_refused() -> None:
    text = BUNDLED.read_text(encoding="utf-8").replace('"triage"', '"desk"')
    with pytest.raises(TaxonomyError, match="has no department 'triage', to which uncertain cases go"):
        Router(Taxonomy.parse(text, source="bank.toml"))


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("triage =", "is not TOML"),
        ('first_in_line = ["fraud_and_theft"]', "'triage' is missing"),
        ('triage = "triage"', "'first_in_line' is missing"),
    ],
)
def test_a_bad_rules_file_is_refused(taxonomy: Taxonomy, tmp_path: Path, rules: str, says: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(rules, encoding="utf-8")
    with pytest.raises(TaxonomyError, match=says):
        Router(taxonomy, path)
