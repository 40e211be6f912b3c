"""Confidence that means what it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Manifest
from training.calibration import at_temperature, calibration_error, fit_temperature
from training.evaluate import OutOfFold


def drawn(sharpness: float, seed: int = 0, texts: int = 4_000) -> OutOfFold:
    """Labels drawn from true probabilities, which are then told `sharpness` times too sharply."""
    random = np.random.default_rng(seed)
    scores = random.normal(0, 2, (texts, 4))
    true = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = np.array(list("abcd"))[(true.cumsum(axis=1) > random.random((texts, 1))).argmax(axis=1)]
    told = np.exp(scores * sharpness)
    return OutOfFold(tuple("abcd"), labels, told / told.sum(axis=1, keepdims=True), np.ones(texts), np.ones(texts))


def error(judged: OutOfFold) -> float:
    return calibration_error(judged.confidence, judged.right)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.0, 3.0])
def test_the_temperature_undoes_over_and_under_confidence(sharpness: float) -> None:
    told = drawn(sharpness)
    assert fit_temperature(told) == pytest.approx(sharpness, rel=0.08)
    assert error(at_temperature(told, fit_temperature(told))) < 0.02


def test_the_error_of_the_overconfident_is_large() -> None:
    assert error(drawn(3.0)) > 0.1 > error(drawn(1.0))


@given(st.floats(0.2, 5))
def test_no_temperature_changes_a_label_or_the_sum(temperature: float) -> None:
    told = drawn(1.0, texts=200)
    heated = at_temperature(told, temperature)
    assert (heated.predicted == told.predicted).all()
    np.testing.assert_allclose(heated.probabilities.sum(axis=1), 1)


def test_the_bundled_model_is_calibrated_out_of_fold(manifest: Manifest) -> None:
    assert manifest.metrics["calibration_error"] < 0.05
