"""Is the evidence faithful? Deleting it must cost the category far more probability than deleting as much at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier import ComplaintModel, normalize


def deletion_ratio(model: ComplaintModel, texts: Sequence[str], shown: int = 8) -> tuple[float, float]:
    """Mean probability lost by deleting the shown words, and by deleting as many other words at random.

    The same number of words is deleted both times, wherever they stand; texts with no more than `shown` different words
    are left out, since everything in them would be shown.
    """
    random = np.random.default_rng(0)
    losses: list[tuple[float, float]] = []
    for text in texts:
        canonical = normalize(text)
        placed = list(model.scorer.analyzer.tokenizer.placed(canonical))
        explanation = model.explain(canonical, limit=shown)
        words = sorted({word for word, _, _ in placed})
        terms = {evidence.term for evidence in explanation.evidence}
        others = [word for word in words if word not in terms]
        if len(others) < len(terms):
            continue
        column = model.classes_.index(explanation.prediction.category)
        chosen = set(random.choice(others, len(terms), replace=False))
        before = explanation.prediction.confidence
        losses.append(
            (
                before - _without(model, canonical, placed, terms, column),
                before - _without(model, canonical, placed, chosen, column),
            )
        )
    shown_loss, random_loss = np.mean(losses, axis=0)
    return float(shown_loss), float(random_loss)


def _without(
    model: ComplaintModel, canonical: str, placed: list[tuple[str, int, int]], words: set[str], column: int
) -> float:
    kept, position = [], 0
    for word, start, end in placed:
        if word in words:
            kept.append(canonical[position:start])
            position = end
    kept.append(canonical[position:])
    return float(model.scorer.probabilities(model.scorer.terms("".join(kept)))[column])
