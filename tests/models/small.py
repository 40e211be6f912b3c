"""A small model, fitted in a second: three categories, a detector of one word."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version as library_version
from pathlib import Path

import numpy as np

from classifier.fingerprint import text_key
from classifier.pipeline import DEFAULT_PRESET, build_pipeline
from classifier.routing import BUNDLED as RULES
from classifier.scorer import WEIGHTS, Scorer
from classifier.signals import SignalDetector
from classifier.taxonomy import BUNDLED as TAXONOMY
from classifier.tokenizer import Tokenizer
from models import Manifest, Registry
from models.manifest import FORMAT
from models.writing import Parts, write_bundle

TEXTS = {
    "card_fees": ["信用卡年费乱收，要求退还年费", "刷满六次还扣信用卡年费", "信用卡年费说好减免"],
    "atm_and_cash": ["取款机吞了卡，现金没出来", "自动取款机吐出假钞", "取款机故障，现金没出来还扣款"],
    "loan_pricing": ["房贷利率太高，要求调低利率", "存量房贷利率没有下调", "贷款利率比合同高"],
}
METRICS = {
    "method": "by hand",
    "accuracy": 0.9,
    "macro_f1": 0.89,
    "top3": 1.0,
    "categories": [
        {"category": code, "precision": 0.9, "recall": 0.8, "f1": 0.85, "support": 100} for code in sorted(TEXTS)
    ],
}


@cache
def small_parts() -> Parts:
    labels = [code for code, texts in TEXTS.items() for _ in texts] * 2
    texts = [text for texts in TEXTS.values() for text in texts] * 2
    pipeline = build_pipeline().fit(texts, labels)
    word = np.array([1.0], WEIGHTS)
    detector = SignalDetector(
        ["legal"], ["起诉"], word, np.array([[50.0, 50.0]], WEIGHTS), np.array([-1.0], WEIGHTS), Tokenizer()
    )
    return Parts(
        Scorer.compiled(pipeline),
        detector,
        pipeline,
        TAXONOMY.read_text(encoding="utf-8"),
        RULES.read_text(encoding="utf-8"),
        reference={"categories": {code: len(texts) for code, texts in TEXTS.items()}},
        seen=[text_key(text) for text in texts],
    )


def small_manifest(version: str = "small-1") -> Manifest:
    return Manifest(
        format=FORMAT,
        version=version,
        created="2026-11-29T00:00:00+00:00",
        preset=DEFAULT_PRESET,
        classes=sorted(TEXTS),
        thresholds={"confidence": 0.8, "margin": 0.1, "secondary": 0.3},
        tokenizer=Tokenizer().identity(),
        data={"rows": 18, "sha256": "a" * 64},
        metrics=METRICS,
        libraries={
            "python": platform.python_version(),
            **{name: library_version(name) for name in ("numpy", "scikit-learn")},
        },
        files={},
    )


def write_small(folder: Path, version: str = "small-1") -> str:
    """Write it into an empty folder; gives the manifest's SHA-256."""
    return write_bundle(folder, small_manifest(version), small_parts())


def small_store(folder: Path, *versions: str) -> Registry:
    """A store with the small model under each of these names; the first one serves."""
    registry = Registry(folder)
    for version in versions:
        registry.keep(version, lambda incoming, version=version: write_small(incoming, version), reason="tests")
    return registry
