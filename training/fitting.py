"""Fits the reader: chooses how closely it follows its texts, measures that by cross-validation, calibrates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from joblib import Parallel, delayed
from sklearn.pipeline import Pipeline

from classifier.pipeline import DEFAULT_PRESET, Regularization, build_pipeline, fit_to_terms, read_terms
from classifier.scorer import Scorer
from classifier.taxonomy import Taxonomy
from classifier.thesaurus import Thesaurus
from classifier.tokenizer import Tokenizer
from training.bundled import definition_texts
from training.calibration import at_temperature, fit_temperature, fold_in
from training.evaluate import OutOfFold, cross_validate_each, judge
from training.lesson import Lesson
from training.report import LearningPoint
from training.split import draw

Progress = Callable[[str, int, int], None]
"""Told (stage, steps done, steps in all)."""

_SHARES: Final = (1 / 8, 1 / 4, 1 / 2)
"""Of the training rows, for the learning curve; the whole is its last point."""
_BLOCK: Final = 1_000
"""Texts between two steps of progress."""


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

    plain = build(lesson.choice[0])
    terms = _read(plain, [row.text for row in rows], progress)
    extra = read_terms(plain, definitions[0])
    everything = [*terms, *extra], [*labels, *definitions[1]], [*lesson.weights, *[1.0] * len(extra)]
    with ExitStack() as stack:
        early: Future[Pipeline] | None = None
        if len(lesson.choice) == 1:  # judging the recipe leaves a core idle now and then
            aside = stack.enter_context(ThreadPoolExecutor(1))
            early = aside.submit(fit_to_terms, plain, *everything)
        judged = cross_validate_each(
            [rows[i].text for i in counted],
            labels[counted].tolist(),
            [partial(build, how) for how in lesson.choice],
            groups=lesson.folds[counted].astype(str).tolist(),
            extra=([*(rows[i].text for i in others), *definitions[0]], [*labels[others], *definitions[1]]),
            read=([terms[i] for i in counted], [*(terms[i] for i in others), *extra]),
            weights=lesson.weights[counted].tolist(),
            seed=seed,
            progress=lambda done, total: progress("交叉验证 cross-validation", done, total),
        )
        best = max(range(len(judged)), key=lambda k: judged[k].macro_f1)
        progress("训练 fitting", 0, 1)
        pipeline = early.result() if early else fit_to_terms(build(lesson.choice[best]), *everything)
    progress("训练 fitting", 1, 1)
    learning = _learning_curve(lesson, pipeline, partial(build, lesson.choice[best]), everything, seed, progress)
    temperature = fit_temperature(judged[best])
    fold_in(temperature, pipeline)
    out_of_fold = at_temperature(judged[best], temperature)
    return Fitted(DEFAULT_PRESET, pipeline, lesson.choice[best], temperature, out_of_fold, counted, learning)


def _read(pipeline: Pipeline, texts: Sequence[str], progress: Progress) -> list[list[str]]:
    terms: list[list[str]] = []
    for start in range(0, len(texts), _BLOCK):
        progress("分词 reading", start, len(texts))
        terms += read_terms(pipeline, texts[start : start + _BLOCK])
    progress("分词 reading", len(texts), len(texts))
    return terms


def _learning_curve(
    lesson: Lesson,
    whole: Pipeline,
    build: Callable[[], Pipeline],
    everything: tuple[list[list[str]], list[Any], list[float]],
    seed: int,
    progress: Progress,
) -> list[LearningPoint]:
    """What fits on ever more of the history reach on the test part; bundled texts and definitions are part of each."""
    if not lesson.test:
        return []
    own = np.flatnonzero([not row.voice for row in lesson.rows])
    drawn = draw([lesson.rows[i] for i in own.tolist()], own, seed + 1)
    lasting = np.setdiff1d(np.arange(len(everything[0])), own)
    texts, labels = [row.text for row in lesson.test], [row.category for row in lesson.test]
    parts = [np.concatenate([own[drawn < np.quantile(drawn, share)], lasting]) for share in _SHARES]
    points = []
    fits = Parallel(n_jobs=-1, return_as="generator")(
        delayed(_reach)(build(), *([column[i] for i in part] for column in everything), texts, labels) for part in parts
    )
    for done, (part, (macro_f1, accuracy)) in enumerate(zip(parts, fits, strict=True), start=1):
        points.append(LearningPoint(int(np.isin(part, own).sum()), macro_f1, accuracy))
        progress("学习曲线 learning curve", done, len(parts) + 1)
    reached = judge(Scorer.compiled(whole), whole.classes_.tolist(), texts, labels)
    progress("学习曲线 learning curve", len(parts) + 1, len(parts) + 1)
    return [*points, LearningPoint(len(own), reached.macro_f1, reached.accuracy)]


def _reach(
    pipeline: Pipeline,
    terms: list[list[str]],
    fitted_to: list[str],
    weights: list[float],
    texts: list[str],
    labels: list[str],
) -> tuple[float, float]:
    """Macro-F1 and accuracy on the test part."""
    scorer = Scorer.compiled(fit_to_terms(pipeline, terms, fitted_to, weights))
    reached = judge(scorer, pipeline.classes_.tolist(), texts, labels)
    return reached.macro_f1, reached.accuracy
