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


@pytest.mark.parametrize(
    ("text", "told_as"),
    [
        ('a = "x\n', "引号没有配对"),
        ("a = 'x\n", "引号没有配对"),
        ("a = {b = 1\n", "括号没有配对"),
        ("a = [1\n", "括号没有配对"),
        ("[a\n", "括号没有配对"),
        ("a = 1\na = 2\n", "同一项写了两次"),
        ("a b\n", "名称后面要写 ="),
        ("a = x\n", "文字要用引号括起来"),
    ],
)
def test_usual_slips_of_the_pen_are_told_without_jargon(taxonomy: Taxonomy, text: str, told_as: str) -> None:
    with pytest.raises(RulesError) as refused:
        read_rules(text, taxonomy, source="bank.toml")
    assert told_as in told(refused.value.findings[0])[0].zh
