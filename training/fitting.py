"""Fits the reader: chooses how closely it follows its texts, measures that by cross-validation, calibrates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from classifier.counts import Counts
from classifier.pipeline import DEFAULT_PRESET, Measure, Regularization, build_pipeline, fit_to_terms, read_terms
from classifier.taxonomy import Taxonomy
from classifier.thesaurus import Thesaurus
from classifier.tokenizer import Tokenizer
from training.bundled import definition_texts
from training.calibration import at_temperature, fit_temperature, fold_in
from training.evaluate import OutOfFold, cross_validate_each, macro_f1, say
from training.lesson import Lesson
from training.report import LearningPoint
from training.split import draw

Progress = Callable[[str, int, int], None]
"""Told (stage, steps done, steps in all)."""

_SHARES: Final = (1 / 8, 1 / 4, 1 / 2)
"""Of the training rows, for the learning curve; the whole is its last point."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted and calibrated reader.

    Attributes
    ----------
    preset : str
    pipeline : sklearn.pipeline.Pipeline
    regularization : Regularization
        As chosen.
    temperature : float
        What its scores were divided by.
    out_of_fold : OutOfFold
        What the recipe says, calibrated, of the counted rows of the lesson.
    counted : list of int
        Which rows these are.
    learning : list of LearningPoint
        On the test part; empty without one.
    """

    preset: str
    pipeline: Pipeline
    regularization: Regularization
    temperature: float
    out_of_fold: OutOfFold
    counted: list[int]
    learning: list[LearningPoint]


def fit(lesson: Lesson, taxonomy: Taxonomy, tokenizer: Tokenizer, seed: int, progress: Progress) -> Fitted:
    """Fit the default preset to a lesson.

    The regularization with the best macro-F1 in cross-validation is taken; the test part decides nothing.

    Raises
    ------
    CorpusError
        If a category has too few texts to be judged.
    """
    rows, counted = lesson.rows, np.flatnonzero(lesson.counted).tolist()
    labels = np.array([row.category for row in rows])
    others = np.flatnonzero(~lesson.counted).tolist()
    definitions = definition_texts(taxonomy, only=set(labels))
    thesaurus = Thesaurus()

    def build(how: Regularization) -> Pipeline:
        return build_pipeline(tokenizer=tokenizer, thesaurus=thesaurus, regularization=how)

    texts = [*(row.text for row in rows), *definitions[0]]
    every_label, every_weight = [*labels, *definitions[1]], [*lesson.weights, *[1.0] * len(definitions[0])]
    read = read_terms(
        build(lesson.choice[0]),
        [*texts, *(row.text for row in lesson.test)],
        lambda done, total: progress("分词 reading", done, total),
    )
    extra = [*others, *range(len(rows), len(texts))]
    judged = cross_validate_each(
        [rows[i].text for i in counted],
        labels[counted].tolist(),
        [partial(build, how) for how in lesson.choice],
        groups=lesson.folds[counted].astype(str).tolist(),
        extra=([texts[i] for i in extra], [every_label[i] for i in extra]),
        read=read[[*counted, *extra]],
        weights=lesson.weights[counted].tolist(),
        seed=seed,
        progress=lambda done, total: progress("交叉验证 cross-validation", done, total),
    )
    best = max(range(len(judged)), key=lambda k: judged[k].macro_f1)
    progress("训练 fitting", 0, 1)
    pipeline = fit_to_terms(build(lesson.choice[best]), read[: len(texts)], every_label, every_weight)
    progress("训练 fitting", 1, 1)
    learning = _learning_curve(lesson, pipeline, read, (every_label, every_weight), seed, progress)
    temperature = fit_temperature(judged[best])
    fold_in(temperature, pipeline)
    out_of_fold = at_temperature(judged[best], temperature)
    return Fitted(DEFAULT_PRESET, pipeline, lesson.choice[best], temperature, out_of_fold, counted, learning)


def _learning_curve(
    lesson: Lesson,
    whole: Pipeline,
    read: Counts,
    learnt: tuple[Sequence[str], Sequence[float]],
    seed: int,
    progress: Progress,
) -> list[LearningPoint]:
    """What fits on ever more of the history reach on the test part; bundled texts and definitions are part of each.

    `read` are the texts of the whole fit, whose labels and weights are `learnt`, and behind them the test part.
    """
    if not lesson.test:
        return []
    labels, weights = map(np.array, learnt)
    own = np.flatnonzero([not row.voice for row in lesson.rows])
    drawn = draw([lesson.rows[i] for i in own.tolist()], own, seed + 1)
    lasting = np.setdiff1d(np.arange(len(labels)), own)
    parts = [np.concatenate([own[drawn < np.quantile(drawn, share)], lasting]) for share in _SHARES]
    test = np.arange(len(labels), len(read))
    fits = Parallel(n_jobs=-1, return_as="generator")(
        delayed(say)([clone(whole["linear"])], read.matrix, labels, weights, part, test) for part in parts
    )
    points = []
    for part, ((said,), _) in zip(parts, fits, strict=True):
        points.append((part, np.unique(labels[part])[said.argmax(axis=1)]))
        progress("学习曲线 learning curve", len(points), len(parts) + 1)
    points.append((own, whole["linear"].predict(Measure(read.matrix[: len(labels)]).vectors(read.matrix[test]))))
    progress("学习曲线 learning curve", len(points), len(parts) + 1)
    right = np.array([row.category for row in lesson.test])
    return [
        LearningPoint(int(np.isin(part, own).sum()), macro_f1(right, said), float((right == said).mean()))
        for part, said in points
    ]
