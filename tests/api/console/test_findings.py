"""Faults of rules, told in Chinese."""

from __future__ import annotations

import pytest

from api.console.findings import told
from classifier import Taxonomy
from classifier.errors import RulesError
from classifier.routing import read_rules
from tests.classifier.routing.test_reading import BROKEN


@pytest.mark.parametrize("kind", BROKEN)
def test_whatever_is_wrong_with_rules_is_told_in_chinese_too(taxonomy: Taxonomy, kind: str) -> None:
    with pytest.raises(RulesError) as refused:
        read_rules(BROKEN[kind][0], taxonomy, source="bank.toml")
    for finding in refused.value.findings:
        what, remedy = told(finding)
        assert (what.en, remedy.en) == (finding.what, finding.remedy)
        assert what.zh != what.en, finding
        assert remedy.zh != remedy.en, finding
