"""What a run learns from and is judged on: the history's own rows decide, bundled ones help where they are few."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from classifier.errors import CorpusError
from training.labelled import Labelled
from training.lesson import ENOUGH, Lesson, by_voice, from_history
from training.weights import WEIGHTS

BUNDLED = [Labelled(f"自带{n}", "ab"[n % 2], voice=["letter", "chat", "forum"][n % 3]) for n in range(12)]


def lesson(rows: list[Labelled], bundled: list[Labelled] | None = None, share: float = 0.2) -> Lesson:
    groups = np.arange(len(rows))
    return from_history(rows, groups, bundled or [], how="random", share=share, seed=1, data={"read": len(rows)})


def rows(count: int, labels: str = "ab") -> list[Labelled]:
    return [Labelled(f"第{n}条", labels[n % len(labels)]) for n in range(count)]


def test_of_the_bundled_corpus_one_voice_is_left_out_at_a_time() -> None:
    parted = by_voice(BUNDLED)
    assert len(set(zip(parted.folds.tolist(), (row.voice for row in BUNDLED), strict=True))) == 3
    assert parted.counted.all()
    assert parted.test == ()
    assert len(parted.choice) == 1


def test_a_history_is_parted_and_nothing_is_lost_or_doubled() -> None:
    history = rows(200)
    parted = lesson(history)
    assert Counter([*parted.rows, *parted.test]) == Counter(history)
    assert 20 < len(parted.test) < 60
    assert "seed 1" in parted.method
    assert len(parted.choice) > 1


@pytest.mark.parametrize(("count", "counted"), [(200, True), (2 * ENOUGH, False)])
def test_bundled_texts_decide_only_beside_few_rows_and_are_never_tested_on(count: int, counted: bool) -> None:
    parted = lesson(rows(count), BUNDLED)
    assert {bool(flag) for row, flag in zip(parted.rows, parted.counted, strict=True) if row.voice} == {counted}
    assert all(flag for row, flag in zip(parted.rows, parted.counted, strict=True) if not row.voice)
    assert not any(row.voice for row in parted.test)


def test_a_category_that_would_be_left_with_too_few_is_not_tested() -> None:
    parted = lesson([*rows(200), *(Labelled(f"稀有{n}", "c") for n in range(5))], share=0.5)
    assert "c" not in {row.category for row in parted.test}
    assert sum(row.category == "c" for row in parted.rows) == 5


def test_a_category_whose_rows_all_belong_together_is_learnt_but_decides_nothing() -> None:
    history = [*rows(100), *(Labelled(f"同一件{n}", "c") for n in range(6))]
    groups = np.array([*range(100), *[100] * 6])
    parted = from_history(history, groups, [], how="random", share=0.2, seed=3, data={})
    one_matter = [flag for row, flag in zip(parted.rows, parted.counted, strict=True) if row.category == "c"]
    assert one_matter == [False] * 6


def test_sampled_cases_weigh_more_and_the_weights_are_one_on_average() -> None:
    history = [Labelled(f"第{n}条", "ab"[n % 2], selection=["sample", "uncertain", ""][n % 3]) for n in range(300)]
    parted = lesson(history)
    assert parted.weights.mean() == pytest.approx(1)
    weights = {row.selection: weight for row, weight in zip(parted.rows, parted.weights.tolist(), strict=True)}
    assert weights["sample"] / weights["uncertain"] == pytest.approx(WEIGHTS["sample"])
    assert weights[""] == weights["uncertain"]


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(CorpusError, match=r"no row is left to learn from\. See what was left out"):
        lesson([])
