"""What a label means: names in every spelling, and categories made of labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Taxonomy
from classifier.errors import TaxonomyError
from classifier.taxonomy import BUNDLED
from training.labels import Labels, UnknownLabelsError, taxonomy_of


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("card_fees", "card_fees"),
        ("信用卡费用与利息", "card_fees"),
        ("信用卡費用與利息", "card_fees"),
        (" 信用卡 年费类 ", "card_fees"),
        ("CREDIT CARD FEES AND INTEREST", "card_fees"),
        ("07-盗刷", "fraud_and_theft"),
        ("催收投诉", "debt_collection"),
        ("ＡＴＭ", "atm_and_cash"),
        ("信用卡费用、利息？", None),
        ("收费2", None),
    ],
)
def test_spellings_of_a_label(taxonomy: Taxonomy, label: str, code: str | None) -> None:
    assert Labels(taxonomy).category(label) == code


def test_every_name_of_every_category_is_understood(taxonomy: Taxonomy) -> None:
    labels = Labels(taxonomy)
    for code, category in taxonomy.items():
        for name in (code, category.zh, category.en, *category.aliases):
            assert labels.category(name) == code


def test_a_name_of_two_categories_is_refused() -> None:
    text = BUNDLED.read_text(encoding="utf-8").replace('aliases = ["征信"', 'aliases = ["盗刷"')
    with pytest.raises(TaxonomyError, match="'盗刷' stands for fraud_and_theft and credit_report"):
        Labels(Taxonomy.parse(text, source="bank.toml"))


def test_unknown_labels_are_told_with_their_rows() -> None:
    error = UnknownLabelsError([("信用卡额数", 12, ["信用卡额度"]), ("杂项", 3, [])])
    assert str(error).startswith("2 labels of 15 rows mean no category: 信用卡额数, 杂项.")
    assert "--labels as-is" in str(error)


@given(st.dictionaries(st.text(min_size=1).filter(str.strip), st.integers(1, 9), min_size=1, max_size=8))
def test_any_labels_make_a_taxonomy_in_which_each_is_found(labels: dict[str, int]) -> None:
    made = Taxonomy.parse(taxonomy_of(labels), source="made")
    matched = Labels(made)
    assert {matched.category(label) for label in labels} == set(made)


def test_no_code_reads_like_another_label() -> None:
    made = Taxonomy.parse(taxonomy_of({"阿": 1, "{A": 1}), source="made")
    assert {code: category.zh for code, category in made.items()} == {"a": "{A", "a_2": "阿"}


def test_spellings_of_one_label_become_one_category_named_by_the_most_frequent() -> None:
    made = Taxonomy.parse(taxonomy_of({"盗 刷": 2, "盗刷": 9, "0": 1, "1": 1}), source="made")
    assert {code: (category.zh, category.aliases) for code, category in made.items()} == {
        "label_0": ("0", ()),
        "label_1": ("1", ()),
        "dao_shua": ("盗刷", ("盗 刷",)),
    }
