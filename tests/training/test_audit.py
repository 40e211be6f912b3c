"""The label audit: wrong labels are found, right ones mostly left alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import CorpusError
from training import Labelled
from training.audit import EXPECTED_PRECISION, Audit, audit, find_suspects, fit_noise

CATEGORIES = ("card_fees", "atm_and_cash", "debt_collection", "mobile_banking")


def silent(stage: str, done: int, total: int) -> None:
    """Nobody is told."""


@pytest.fixture(scope="module")
def texts_and_labels(corpus: list[Labelled]) -> tuple[list[str], list[str]]:
    """Every third text of four categories."""
    some = [row for row in corpus if row.category in CATEGORIES][::3]
    return [row.text for row in some], [row.category for row in some]


@pytest.fixture(scope="module")
def planted(texts_and_labels: tuple[list[str], list[str]]) -> tuple[list[str], dict[int, str]]:
    """The labels with a tenth of them wrong, and which were right."""
    _, labels = texts_and_labels
    noisy = labels.copy()
    right = {}
    for i in np.random.default_rng(0).choice(len(labels), len(labels) // 10, replace=False).tolist():
        right[i] = labels[i]
        noisy[i] = CATEGORIES[(CATEGORIES.index(labels[i]) + 1 + i % 3) % 4]
    return noisy, right


@pytest.fixture(scope="module")
def found(texts_and_labels: tuple[list[str], list[str]], planted: tuple[list[str], dict[int, str]]) -> Audit:
    return audit(texts_and_labels[0], planted[0], seed=0, progress=silent)


def test_most_planted_errors_are_found_and_most_suspects_are_errors(
    found: Audit, planted: tuple[list[str], dict[int, str]]
) -> None:
    noisy, right = planted
    hits = [suspect for suspect in found.suspects if suspect.row in right]
    assert len(hits) >= 0.85 * len(right)
    assert len(hits) >= 0.75 * len(found.suspects)
    assert np.mean([suspect.suggested == right[suspect.row] for suspect in hits]) > 0.9
    assert all(suspect.label == noisy[suspect.row] != suspect.suggested for suspect in found.suspects)
    assert found.noise == pytest.approx(0.1, abs=0.03)


def test_the_most_probable_error_comes_first(found: Audit, planted: tuple[list[str], dict[int, str]]) -> None:
    of_labels = [suspect.label_probability for suspect in found.suspects]
    assert of_labels == sorted(of_labels)
    first = found.suspects[: len(found.suspects) // 2]
    assert np.mean([suspect.row in planted[1] for suspect in first]) > 0.95


def test_evidence_is_in_the_text_and_speaks_for_the_suggestion(
    found: Audit, texts_and_labels: tuple[list[str], list[str]]
) -> None:
    assert all(suspect.evidence for suspect in found.suspects)
    fees = {
        word
        for suspect in found.suspects[:40]
        for word in suspect.evidence
        if suspect.suggested == "card_fees" and word in texts_and_labels[0][suspect.row]
    }
    assert "年费" in fees


def test_the_same_seed_finds_the_same(
    found: Audit, texts_and_labels: tuple[list[str], list[str]], planted: tuple[list[str], dict[int, str]]
) -> None:
    told: list[tuple[str, int, int]] = []
    again = audit(texts_and_labels[0], planted[0], seed=0, progress=lambda *step: told.append(step))
    assert again == found
    assert {stage for stage, _, _ in told} == {"审查 audit 1/2", "审查 audit 2/2", "依据 evidence"}
    assert told[-1][1:] == (1, 1)


def test_right_labels_are_left_alone(texts_and_labels: tuple[list[str], list[str]]) -> None:
    texts, labels = texts_and_labels
    assert len(audit(texts, labels, seed=0, progress=silent).suspects) <= 0.01 * len(texts)


def test_copies_do_not_vouch_for_each_other() -> None:
    """Six copies with one wrong label look right beside each other, and wrong as one group."""
    texts = [f"信用卡年费乱收{i}元" for i in range(30)] + [f"取款机吞卡{i}次" for i in range(30)]
    texts, labels = [*texts, *["取款机吞卡次次"] * 6], ["fees"] * 30 + ["cash"] * 30 + ["fees"] * 6
    groups = [*map(str, range(60)), *["copies"] * 6]
    assert audit(texts, labels, seed=0, progress=silent).suspects == ()
    suspects = audit(texts, labels, groups=groups, seed=0, progress=silent).suspects
    assert [(suspect.row, suspect.suggested) for suspect in suspects] == [(row, "cash") for row in range(60, 66)]


def test_a_category_too_small_to_judge_is_passed_over_and_named() -> None:
    texts = [f"{word}{i}" for word in ("年费", "吞卡") for i in range(30)] + ["催收"] * 3
    labels = ["fees"] * 30 + ["cash"] * 29 + ["fees"] + ["collection"] * 3
    found = audit(texts, labels, seed=0, progress=silent)
    assert found.passed_over == ("collection",)
    assert [suspect.row for suspect in found.suspects] == [59]


def test_nothing_to_compare_with_is_refused() -> None:
    with pytest.raises(CorpusError, match="fewer than two categories"):
        audit(["年费"] * 9, ["a"] * 9, seed=0, progress=silent)


def drawn(share: float, texts: int = 6_000, categories: int = 5) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Labels drawn from honest probabilities, a share of them then made random; with which are wrong by that."""
    random = np.random.default_rng(0)
    scores = random.normal(0, 4, (texts, categories))
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    own = (probabilities.cumsum(axis=1) > random.random((texts, 1))).argmax(axis=1)
    wrong = random.random(texts) < share
    own[wrong] = (own[wrong] + random.integers(1, categories, wrong.sum())) % categories
    return np.array(list("abcde"))[own].tolist(), probabilities, wrong


@pytest.mark.parametrize("share", [0.02, 0.05, 0.1, 0.3])
def test_the_share_of_random_labels_is_estimated(share: float) -> None:
    labels, probabilities, _ = drawn(share)
    assert fit_noise(labels, probabilities, list("abcde")).share == pytest.approx(share, rel=0.15)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3])
def test_as_many_suspects_are_wrong_as_is_promised(share: float) -> None:
    labels, probabilities, wrong = drawn(share)
    suspects = find_suspects(labels, probabilities, list("abcde"))
    assert wrong[[suspect.row for suspect in suspects]].mean() == pytest.approx(EXPECTED_PRECISION, abs=0.04)
    assert np.mean([suspect.wrong for suspect in suspects]) >= EXPECTED_PRECISION


def test_without_noise_there_are_hardly_any_suspects() -> None:
    labels, probabilities, _ = drawn(0.0)
    assert len(find_suspects(labels, probabilities, list("abcde"))) <= 5


def test_cleanlab_is_loaded_by_an_audit_only_and_quietly() -> None:
    script = (
        "import sys, training.audit as a, numpy as np\n"
        "assert 'cleanlab' not in sys.modules\n"
        "a.find_suspects(list('ab') * 20, np.tile([[0.9, 0.1], [0.1, 0.9]], (20, 1)), ['a', 'b'])\n"
        "assert 'cleanlab' in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
