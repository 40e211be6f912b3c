"""The taxonomy: what the bundled one holds, and what a bad one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.errors import TaxonomyError
from classifier.taxonomy import BUNDLED, UNDECIDED, Taxonomy

GOOD = BUNDLED.read_text(encoding="utf-8")


def test_the_28_categories_with_names_group_facets_and_department(taxonomy: Taxonomy) -> None:
    assert len(taxonomy) == 28
    limit = taxonomy["card_limit"]
    assert (limit.zh, limit.en, limit.group.zh) == ("信用卡额度", "Credit card limit", "信用卡")
    assert (limit.business, limit.cause) == ("信用卡", "管理制度、业务规则与流程")
    assert limit.department.zh == "信用卡中心"
    assert taxonomy["other"].business == UNDECIDED
    assert len(taxonomy.departments) == 13
    assert all(
        c.definition_zh and c.definition_en and len(c.definition_zh.splitlines()) == 1 for c in taxonomy.values()
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('code = "card_fees"', 'code = "card_limit"', ["category", "card_limit", "stands twice", "Rename"]),
        ('group = "credit_card"', 'group = "cards"', ["unknown group 'cards'", "Use one of"]),
        ('zh = "信用卡额度"\n', "", ["card_limit", "'zh' is missing", 'Add zh = "…"']),
        ('zh = "信用卡额度"', 'zh = "  "', ["card_limit", "'zh' is missing or empty"]),
        ('department = "operations"', 'department = "nobody"', ["unknown department 'nobody'", "Use one of"]),
        ('business = "借记卡"', 'business = "借计卡"', ["account_opening", "unknown business '借计卡'"]),
        ('cause = "合同条款"', 'cause = "合同"', ["insurance_terms", "unknown cause '合同'"]),
        (
            'code = "other"\nzh = "其他"\nen = "Other"\naliases',
            'code = "Other!"\nzh = "其他"\nen = "Other"\naliases',
            ["snake"],
        ),
        ('code = "card_limit"', 'code = "card_limit"\ncolour = "red"', ["unknown field 'colour'", "Allowed are"]),
        (
            'aliases = ["征信"',
            'aliases = "征信" #',
            ["credit_report", "aliases is no list of names", "Write aliases ="],
        ),
        ("[[group]]", "[[groop]]", ["unknown table 'groop'"]),
        ("[[category]]", "[[category]", ["is not TOML", "line"]),
    ],
)
def test_a_bad_file_is_refused_with_file_entry_and_remedy(tmp_path: Path, old: str, new: str, says: list[str]) -> None:
    assert old in GOOD
    path = tmp_path / "bank.toml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(TaxonomyError) as refused:
        Taxonomy.load(path)
    assert "bank.toml" in str(refused.value)
    for words in says:
        assert words in str(refused.value)
    assert refused.value.remedy


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match=r"none\.toml: cannot be read"):
        Taxonomy.load(tmp_path / "none.toml")


def test_a_file_without_categories_is_refused() -> None:
    with pytest.raises(TaxonomyError, match=r"no \[\[category\]\] entry"):
        Taxonomy.parse(GOOD.split("[[category]]")[0], source="bank.toml")


def test_a_bank_can_bring_its_own(tmp_path: Path) -> None:
    path = tmp_path / "bank.toml"
    path.write_text(GOOD.replace("信用卡中心", "卡部"), encoding="utf-8-sig")
    assert Taxonomy.load(path)["card_fees"].department.zh == "卡部"


def test_codes_a_model_uses_must_be_there(taxonomy: Taxonomy) -> None:
    taxonomy.require(frozenset(taxonomy), needed_by="model m")
    with pytest.raises(TaxonomyError, match="has no category lottery, which model m uses"):
        taxonomy.require(frozenset({"lottery"}), needed_by="model m")
