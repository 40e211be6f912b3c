"""Label audit: which rows of a labelled history probably have the wrong label.

Every row is judged by fits that had not seen it. Rows judged otherwise than they are labelled are ranked by cleanlab;
how many of them are suspects is told by a model of the noise, so that most of what an analyst is shown is wrong indeed.
Then the suspects are left out of the training and all rows are judged once more, since a fit that wrong labels misled
finds fewer of them.

References
----------
C. Northcutt, L. Jiang, I. Chuang, "Confident learning: estimating uncertainty in dataset labels", JAIR 2021.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, softmax
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline

from classifier.errors import CorpusError
from classifier.masking import mask
from classifier.model import ComplaintModel
from classifier.pipeline import build_pipeline, fit_to_terms, read_terms
from classifier.scorer import Scorer
from classifier.thesaurus import Thesaurus
from classifier.thresholds import Thresholds
from classifier.tokenizer import Tokenizer
from training.calibration import at_temperature, fit_temperature
from training.evaluate import FOLDS, Fold, cross_validate

EXPECTED_PRECISION: Final = 0.775
"""So many of the suspects are expected to be wrong; the list ends where it would be fewer (docs/audit.md)."""

ROUNDS: Final = 2
WORDS: Final = 6
"""Words of evidence for a suggestion."""

_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Suspect:
    """One probably wrong label.

    Attributes
    ----------
    row : int
        Its index among the rows given.
    label, suggested : str
        The category it has, and the one it probably has.
    probability : float
        Of the suggested category, calibrated, by a fit that had not seen the row.
    label_probability : float
        Of the label, likewise: the lower, the earlier the suspect stands in the list.
    wrong : float
        How probable it is that the label is wrong, by the model of the noise.
    evidence : tuple of str
        The words that spoke for the suggested category, strongest first.
    """

    row: int
    label: str
    suggested: str
    probability: float
    label_probability: float
    wrong: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found.

    Attributes
    ----------
    suspects : tuple of Suspect
        The most probable error first.
    noise : float
        Estimated share of labels that are random.
    passed_over : tuple of str
        Categories with too few texts to be judged; their rows had no part in it.
    """

    suspects: tuple[Suspect, ...]
    noise: float
    passed_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Noise:
    """How scores and labels belong together: the scores' temperature, and the share of labels that are random."""

    temperature: float
    share: float


def audit(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    seed: int,
    progress: Callable[[str, int, int], None],
) -> Audit:
    """Find the probably wrong labels of N rows.

    Parameters
    ----------
    texts, labels : sequences of length N
    groups : sequence of length N, optional
        Rows of one group, such as near-duplicates, never judge each other. By default every row is its own.
    seed : int
        Decides the folds.
    progress : callable
        Told (stage, steps done, steps in all).

    Raises
    ------
    CorpusError
        If fewer than two categories have `FOLDS` groups.
    TextError
        If a suspect's text cannot be read.
    """
    every_label, every_group = np.asarray(labels), np.asarray(range(len(labels)) if groups is None else groups)
    codes = np.unique(every_label)
    small = [str(code) for code in codes if len(np.unique(every_group[every_label == code])) < FOLDS]
    if len(codes) - len(small) < 2:
        raise CorpusError(
            "fewer than two categories have texts enough to be judged",
            remedy=f"Give every category at least {FOLDS} texts that are not copies of each other.",
        )
    rows = np.flatnonzero(~np.isin(every_label, small))
    judged, own = [texts[i] for i in rows.tolist()], every_label[rows]
    tokenizer, thesaurus = Tokenizer(), Thesaurus()

    def build() -> Pipeline:
        return build_pipeline(tokenizer=tokenizer, thesaurus=thesaurus)

    terms = read_terms(build(), judged)
    trusted = np.ones(len(rows), dtype=bool)
    for number in range(ROUNDS):
        out_of_fold = cross_validate(
            judged,
            own.tolist(),
            build,
            folds=trusted_folds(own, None if groups is None else every_group[rows], trusted, seed + number),
            read=terms,
            seed=seed,
            progress=partial(progress, f"审查 audit {number + 1}/{ROUNDS}"),
        )
        calibrated = at_temperature(out_of_fold, fit_temperature(out_of_fold))
        suspects = find_suspects(own.tolist(), calibrated.probabilities, calibrated.classes)
        trusted[:] = True
        trusted[[suspect.row for suspect in suspects]] = False
    noise = fit_noise(own.tolist(), calibrated.probabilities, calibrated.classes).share
    if suspects:
        progress("依据 evidence", 0, 1)
        learnt = _learnt_from(np.arange(len(rows)), own, trusted)
        pipeline = fit_to_terms(build(), terms[learnt], own[learnt].tolist())
        suspects = _with_evidence(suspects, judged, pipeline)
        progress("依据 evidence", 1, 1)
    return Audit(tuple(replace(suspect, row=int(rows[suspect.row])) for suspect in suspects), noise, tuple(small))


def find_suspects(labels: Sequence[str], probabilities: NDArray[np.float64], classes: Sequence[str]) -> list[Suspect]:
    """The rows whose label is probably wrong, the most probable error first, without evidence.

    Parameters
    ----------
    labels : sequence of str, length N
    probabilities : ndarray, shape (N, K)
        Calibrated, each row's by a fit that had not seen it.
    classes : sequence of str, length K
        Alphabetical, in column order.

    Returns
    -------
    list of Suspect
        As many as may be if `EXPECTED_PRECISION` of them shall be wrong.

    Examples
    --------
    >>> sure = np.tile([[0.998, 0.001, 0.001], [0.001, 0.998, 0.001], [0.001, 0.001, 0.998]], (20, 1))
    >>> found = find_suspects(["b", *"bc", *"abc" * 19], sure, ["a", "b", "c"])
    >>> [(suspect.row, suspect.label, suspect.suggested) for suspect in found]
    [(0, 'b', 'a')]
    """
    # Here, for it takes a second to load: nothing else in this room needs it.
    from cleanlab.filter import find_label_issues

    given = np.searchsorted(classes, labels)
    ranked = find_label_issues(
        given, probabilities, filter_by="predicted_neq_given", return_indices_ranked_by="self_confidence", n_jobs=1
    )
    kept, random = _explained(given, probabilities, fit_noise(labels, probabilities, classes))
    wrong = random / np.maximum(kept + random, _LEAST)
    expected = np.cumsum(wrong[ranked]) / np.arange(1, len(ranked) + 1)
    enough = np.flatnonzero(expected >= EXPECTED_PRECISION)
    best = probabilities.argmax(axis=1)
    return [
        Suspect(
            row=int(i),
            label=classes[given[i]],
            suggested=classes[best[i]],
            probability=float(probabilities[i, best[i]]),
            label_probability=float(probabilities[i, given[i]]),
            wrong=float(wrong[i]),
        )
        for i in (ranked[: enough[-1] + 1] if len(enough) else ())
    ]


def fit_noise(labels: Sequence[str], probabilities: NDArray[np.float64], classes: Sequence[str]) -> Noise:
    """The temperature of the scores and the share of random labels that make N labels most likely.

    That share is drawn evenly from the other categories, the rest follows the scores at that temperature. What is often
    mistaken in one and the same way is no noise to this model: the fits have learnt it.

    Parameters
    ----------
    labels, probabilities, classes
        As for `find_suspects`.

    Examples
    --------
    >>> sure = np.tile([[0.998, 0.001, 0.001], [0.001, 0.998, 0.001], [0.001, 0.001, 0.998]], (100, 1))
    >>> round(fit_noise(list("abc" * 90 + "bca" * 10), sure, ["a", "b", "c"]).share, 2)
    0.1
    """
    given = np.searchsorted(classes, labels)

    def noise(point: NDArray[np.float64]) -> Noise:
        return Noise(temperature=float(np.exp(point[0])), share=float(expit(point[1])))

    def loss(point: NDArray[np.float64]) -> float:
        return float(-np.log(np.maximum(sum(_explained(given, probabilities, noise(point))), _LEAST)).mean())

    return noise(minimize(loss, [0.0, -3.0], method="Nelder-Mead", bounds=[(-4.0, 4.0), (-12.0, 0.0)]).x)


def _explained(
    given: NDArray[np.intp], probabilities: NDArray[np.float64], noise: Noise
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How probable each label is as one that was kept, and as one that was drawn at random, shapes (N,)."""
    scores = np.log(np.maximum(probabilities, _LEAST)) / noise.temperature
    right = softmax(scores, axis=1)[np.arange(len(given)), given]
    return (1 - noise.share) * right, noise.share * (1 - right) / (probabilities.shape[1] - 1)


def trusted_folds(
    labels: NDArray[np.str_], groups: NDArray[np.generic] | None, trusted: NDArray[np.bool_], seed: int
) -> list[Fold]:
    """Stratified folds in which groups stay whole and only trusted rows are learnt from."""
    splitter = (StratifiedKFold if groups is None else StratifiedGroupKFold)(FOLDS, shuffle=True, random_state=seed)
    split = splitter.split(labels, labels, groups)
    return [(_learnt_from(inside, labels, trusted), outside) for inside, outside in split]


def _learnt_from(rows: NDArray[np.intp], labels: NDArray[np.str_], trusted: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The trusted ones of some rows, and all rows of a category that would have none left."""
    known = np.isin(labels[rows], labels[rows][trusted[rows]])
    learnt: NDArray[np.intp] = rows[trusted[rows] | ~known]
    return learnt


def _with_evidence(suspects: Sequence[Suspect], texts: Sequence[str], pipeline: Pipeline) -> list[Suspect]:
    """The suspects with what spoke for the suggestions, by a pipeline fitted without them."""
    model = ComplaintModel(pipeline.classes_.tolist(), Scorer.compiled(pipeline), Thresholds(1.0, 0.0, 1.0), "audit")
    explained = [model.explain(mask(texts[s.row]), WORDS, s.suggested).evidence for s in suspects]
    return [
        replace(suspect, evidence=tuple(word.term for word in words))
        for suspect, words in zip(suspects, explained, strict=True)
    ]
