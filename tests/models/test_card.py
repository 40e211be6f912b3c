"""The model card: what a person should know, and nothing that the manifest does not say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifier import Taxonomy
from classifier.signals import SIGNALS
from models.card import card
from tests.models.small import METRICS, small_manifest

TAXONOMY = Taxonomy.bundled()
SECTIONS = ["用途", "不适用", "数据", "评估", "阈值", "各类别", "局限", "库", "重做"]


def headings(text: str) -> list[str]:
    return [line.split()[1] for line in text.splitlines() if line.startswith("## ")]


def test_it_tells_purpose_data_figures_limits_and_how_to_make_it_again() -> None:
    text = card(small_manifest(), TAXONOMY)
    assert text.startswith("# 模型卡 Model card: small-1\n")
    assert text.endswith("\n")
    assert headings(text) == SECTIONS
    for line in (
        "- 条数 rows: 18",
        f"- 指纹 fingerprint, SHA-256: {'a' * 64}",
        "- 方法 method: by hand",
        "- macro-F1: 0.890",
        "- 自动所需把握 least confidence for auto: 0.800",
        "| 信用卡费用与利息 | card_fees | 0.900 | 0.800 | 0.850 | 100 |",
        f"- scikit-learn: {small_manifest().libraries['scikit-learn']}",
        f"- 数据 data: `{'a' * 64}`",
    ):
        assert line in text.splitlines(), line


def test_what_the_manifest_does_not_say_is_left_out() -> None:
    bare = replace(small_manifest(), data={}, metrics={}, thresholds={}, libraries={})
    text = card(bare, TAXONOMY)
    assert headings(text) == [name for name in SECTIONS if name not in ("数据", "评估", "阈值", "库")]
    assert "| 信用卡费用与利息 | card_fees | — | — | — | — |" in text
    assert "None" not in text


def test_sources_dates_and_whatever_else_is_said_of_the_data() -> None:
    data = {
        "rows": 1_234,
        "sources": ["a.xlsx", {"name": "b.csv", "rows": 1_200}],
        "from": "2025-01-01",
        "to": "2026-10-31",
        "seed": 7,
        "x": {},
    }
    text = card(replace(small_manifest(), data=data), TAXONOMY)
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    for line in (
        "- 条数 rows: 1,234",
        "- 来源 sources: a.xlsx、b.csv (1,200)",
        "- 最早 earliest: 2025-01-01",
        "- 最晚 latest: 2026-10-31",
        "- seed: 7",
    ):
        assert line in lines
    assert not any(line.startswith("- x") for line in lines)


def test_weak_and_small_categories_stand_among_the_limits() -> None:
    weak = [dict(score) for score in METRICS["categories"]]  # type: ignore[attr-defined]
    weak[0].update(f1=0.41)
    weak[1].update(support=7)
    text = card(replace(small_manifest(), metrics={"categories": weak}), TAXONOMY)
    assert "- F1 低于 below 0.6: 自助设备与现金 atm_and_cash" in text
    assert "too few texts to rely on: 信用卡费用与利息 card_fees" in text


def test_signals_stand_there_where_they_were_measured() -> None:
    signals = [{"code": "legal", "precision": 0.91, "recall": 0.87, "texts": 250}]
    text = card(replace(small_manifest(), metrics={"signals": signals}), TAXONOMY)
    assert f"| {SIGNALS['legal'][0]} | legal | 0.910 | 0.870 | 250 |" in text
    assert "## 信号 Signals" in text


@pytest.mark.parametrize(("least", "said"), [(1.0, True), (0.99, False)])
def test_a_model_that_may_decide_nothing_says_so(least: float, said: bool) -> None:
    manifest = replace(small_manifest(), thresholds={"confidence": least})
    assert ("全部交人工" in card(manifest, TAXONOMY)) is said


def test_a_line_stays_a_line() -> None:
    manifest = replace(small_manifest(), metrics={"method": "one\n# two | three"}, libraries={"a|b": "1\n2"})
    text = card(manifest, TAXONOMY)
    assert "- 方法 method: one # two | three" in text.splitlines()
    assert "- a|b: 1 2" in text.splitlines()
