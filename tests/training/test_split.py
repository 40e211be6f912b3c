"""A split that does not lie: who belongs together, which side they fall on, and that they stay there."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import CorpusError
from training.labelled import Labelled
from training.split import fold_numbers, near_duplicates, part_for_test, together

START = datetime(2026, 1, 1)
FEES = "信用卡年费说好刷满六次就免，现在又扣了我三百元，要求退还"


def stories(count: int, **fields: str) -> list[Labelled]:
    """Rows of which no two are alike."""
    letters = [chr(0x4E00 + 13 * n) for n in range(count * 12)]
    return [
        Labelled("".join(letters[n * 12 : n * 12 + 12]), "ab"[n % 2], at=START + timedelta(days=n), **fields)
        for n in range(count)
    ]


def test_nearly_equal_texts_belong_together() -> None:
    rows = [
        Labelled(FEES, "a"),
        *stories(3),
        Labelled(FEES + "！谢谢", "a"),
        Labelled(FEES.replace("三百", "五百"), "a"),
    ]
    assert near_duplicates(rows) == [(4, 0), (5, 0)]
    groups = together(rows, near_duplicates(rows))
    assert groups[0] == groups[4] == groups[5]
    assert len(set(groups.tolist())) == 4


@pytest.mark.parametrize("kind", ["customer", "group"])
def test_rows_of_one_customer_or_group_belong_together(kind: str) -> None:
    rows = [*stories(4, **{kind: "C-1"}), *stories(8)[4:]]
    assert len(set(together(rows, [])[:4].tolist())) == 1
    assert len(set(together(rows, []).tolist())) == 5


@given(st.integers(0, 99), st.permutations(range(60)), st.integers(1, 59))
def test_a_row_falls_on_the_same_side_whatever_its_place_and_company(seed: int, order: list[int], left: int) -> None:
    rows = stories(60)
    groups = np.arange(60)
    whole = part_for_test(rows, groups, "random", 0.3, seed)
    shuffled = [rows[i] for i in order][:left]
    again = part_for_test(shuffled, np.arange(left), "random", 0.3, seed)
    assert again.tolist() == [bool(whole[i]) for i in order[:left]]


def test_the_test_part_is_about_as_large_as_asked_and_never_parts_a_group() -> None:
    rows = [Labelled(f"第{n}条", "a") for n in range(2_000)]
    groups = np.arange(2_000) // 4
    part = part_for_test(rows, groups, "random", 0.2, seed=3)
    assert 0.15 < part.mean() < 0.25
    assert all(len(set(part[groups == group].tolist())) == 1 for group in range(500))


def test_by_time_the_latest_are_the_test_part_but_for_what_began_before() -> None:
    rows = stories(10)
    groups = np.arange(10)
    groups[9] = groups[1]  # the last row is a repeat of an old one
    part = part_for_test(rows, groups, "time", 0.3, seed=0)
    assert part.tolist() == [False] * 7 + [True, True, False]


def test_a_split_by_time_needs_moments() -> None:
    rows = [*stories(3), Labelled("没有时间", "a", place="a.csv, line 9")]
    with pytest.raises(CorpusError, match=r"a\.csv, line 9: 1 of 4 rows have no moment\. Name the column with --at"):
        part_for_test(rows, np.arange(4), "time", 0.3, seed=0)


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("ab")), min_size=10, max_size=80), st.integers(0, 9))
def test_folds_keep_groups_whole_and_share_out_categories(pairs: list[tuple[int, str]], seed: int) -> None:
    rows = [Labelled(f"第{n}条", label) for n, (_, label) in enumerate(pairs)]
    groups = np.array([group for group, _ in pairs])
    folds = fold_numbers(rows, groups, 5, seed)
    assert set(folds.tolist()) <= set(range(5))
    for group in set(groups.tolist()):
        assert len(set(folds[groups == group].tolist())) == 1


def test_without_groups_every_fold_has_its_share_of_every_category() -> None:
    rows = stories(100)
    folds = fold_numbers(rows, np.arange(100), 5, seed=0)
    assert set(Counter(zip(folds.tolist(), (row.category for row in rows), strict=True)).values()) == {10}
