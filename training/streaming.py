"""Fits the reader to histories that do not fit into memory: the preset ``tfidf-stream.v1``.

Texts are read in blocks, in an order drawn by the seed. One pass counts in how many texts each term stands and takes
the most frequent `FEATURES`; another writes each block's counts to a scratch folder. Over these blocks the linear
models of ``tfidf-linear.v5`` are fitted, the support vector machine by averaged stochastic gradient descent, and
averaged as there. Memory is that of the texts, one block a core, and the weights.

References
----------
G. Manku, R. Motwani, "Approximate frequency counts over data streams", 2002 (lossy counting).
L. Bottou, "Stochastic gradient descent tricks", 2012 (averaging).
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import load_npz, save_npz
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import Pipeline

from classifier.features import ANALYZERS, Analyzer
from classifier.linear import LinearAverage, LinearNaiveBayes
from classifier.pipeline import STREAM_PRESET, Regularization
from classifier.scorer import Scorer
from classifier.thesaurus import Thesaurus
from classifier.tokenizer import Tokenizer
from training.calibration import at_temperature, fit_temperature, fold_in
from training.evaluate import judge
from training.fitting import Fitted, Progress
from training.lesson import Lesson

FEATURES: Final = 300_000
BLOCK: Final = 20_000
"""Texts of a block."""
EPOCHS: Final = 5
_HOW: Final = Regularization()
_LEAST: Final = 2
"""Texts a term stands in."""
_MOST_COUNTED: Final = 3_000_000
"""Terms that are counted at a time: with more, the rarest are forgotten."""
_CALIBRATED_ON: Final = 20_000
"""Texts of the first fold that are not learnt from, but decide temperature and thresholds."""
_SPREAD_FROM: Final = 5_000


def fit_streaming(lesson: Lesson, tokenizer: Tokenizer, seed: int, progress: Progress) -> Fitted:
    """Fit the streaming preset to a lesson.

    Returns
    -------
    Fitted
        Judged out of fold are some texts that were kept back; there is no learning curve.
    """
    kept_back = np.flatnonzero((lesson.folds == 0) & lesson.counted)[:_CALIBRATED_ON]
    learnt = np.setdiff1d(np.arange(len(lesson.rows)), kept_back)
    order = np.random.default_rng(seed).permutation(learnt)
    blocks = [order[start : start + BLOCK] for start in range(0, len(order), BLOCK)]
    analyzer = ANALYZERS[STREAM_PRESET](tokenizer, Thesaurus())
    texts = [[lesson.rows[i].text for i in block.tolist()] for block in blocks]
    vocabulary, frequency = _vocabulary(texts, analyzer, progress)
    tfidf = TfidfVectorizer(analyzer=analyzer, vocabulary=vocabulary, sublinear_tf=True, dtype=np.float32)
    tfidf.idf_ = np.log((1 + len(order)) / (1 + frequency)) + 1
    labels = np.array([row.category for row in lesson.rows])
    classes, sizes = np.unique(labels[learnt], return_counts=True)
    balance = dict(zip(classes.tolist(), (len(learnt) / (len(classes) * sizes)).tolist(), strict=True))
    weights = lesson.weights * np.array([balance.get(label, 0.0) for label in labels.tolist()])
    with tempfile.TemporaryDirectory(prefix="complaints-") as scratch:
        files = list(_counted(texts, analyzer, vocabulary, Path(scratch), progress))
        linear = _fitted(files, blocks, tfidf, labels, weights, lesson.weights, classes, seed, progress)
    pipeline = Pipeline([("tfidf", tfidf), ("linear", linear)])
    held = [lesson.rows[i] for i in kept_back.tolist()]
    said = judge(
        Scorer.compiled(pipeline), classes.tolist(), [row.text for row in held], [row.category for row in held]
    )
    temperature = fit_temperature(said)
    fold_in(temperature, pipeline)
    out_of_fold = at_temperature(said, temperature)
    return Fitted(STREAM_PRESET, pipeline, _HOW, temperature, out_of_fold, kept_back.tolist(), [])


def _vocabulary(
    texts: Sequence[Sequence[str]], analyzer: Analyzer, progress: Progress
) -> tuple[list[str], NDArray[np.int64]]:
    """The most frequent terms, and in how many texts each stands."""
    found = Parallel(n_jobs=-1, return_as="generator")(delayed(_frequencies)(analyzer, block) for block in texts)

    def watched() -> Iterator[Mapping[str, int]]:
        for done, block in enumerate(found, start=1):
            yield block
            progress("数词 counting terms", done, len(texts))

    counts, _ = counted_terms(watched(), _MOST_COUNTED)
    enough = sorted((-times, term) for term, times in counts.items() if times >= _LEAST)[:FEATURES]
    terms = sorted(term for _, term in enough)
    return terms, np.array([counts[term] for term in terms])


def counted_terms(blocks: Iterable[Mapping[str, int]], most: int) -> tuple[Counter[str], int]:
    """Add up counts; whenever there are more than `most` terms, the rarest are forgotten.

    Returns
    -------
    counts : Counter
        Never more than the true counts.
    level : int
        The highest count that was ever forgotten: no count is short by more than that for each block.
    """
    counts: Counter[str] = Counter()
    level = 0
    for block in blocks:
        counts.update(block)
        cut = 0
        while len(counts) > most:
            cut += 1
            counts = Counter({term: times for term, times in counts.items() if times > cut})
        level = max(level, cut)
    return counts, level


def _frequencies(analyzer: Analyzer, texts: Sequence[str]) -> Counter[str]:
    return Counter(term for text in texts for term in set(analyzer(text)))


def _counted(
    texts: Sequence[Sequence[str]], analyzer: Analyzer, vocabulary: Sequence[str], folder: Path, progress: Progress
) -> Iterator[Path]:
    """Write the counts of every block to a file of its own."""
    files = [folder / f"{number}.npz" for number in range(len(texts))]
    written = Parallel(n_jobs=-1, return_as="generator")(
        delayed(_count)(analyzer, vocabulary, block, file) for block, file in zip(texts, files, strict=True)
    )
    for done, file in enumerate(written, start=1):
        progress("编码 encoding", done, len(texts))
        yield file


def _count(analyzer: Analyzer, vocabulary: Sequence[str], texts: Sequence[str], file: Path) -> Path:
    counting = CountVectorizer(analyzer=analyzer, vocabulary=vocabulary, dtype=np.float32)
    save_npz(file, counting.transform(texts), compressed=False)
    return file


def _fitted(
    files: Sequence[Path],
    blocks: Sequence[NDArray[np.intp]],
    tfidf: TfidfVectorizer,
    labels: NDArray[np.str_],
    balanced: NDArray[np.float64],
    plain: NDArray[np.float64],
    classes: NDArray[np.str_],
    seed: int,
    progress: Progress,
) -> LinearAverage:
    """Both linear models, averaged: gradient descent weighs every category the same, naive Bayes by itself does."""
    # Its alpha is what C is elsewhere. Squared hinge, the loss there, is less steady in gradient descent.
    alpha = 1 / (_HOW.strength * sum(map(len, blocks)))
    machine = SGDClassifier(loss="hinge", alpha=alpha, average=True, random_state=seed, n_jobs=-1)
    bayes = LinearNaiveBayes(alpha=_HOW.smoothing, fit_prior=False)
    transformer: TfidfTransformer = tfidf._tfidf  # noqa: SLF001  # it has no public way from counts to vectors
    random = np.random.default_rng(seed)
    steps = EPOCHS * len(files)
    done = 0
    for epoch in range(EPOCHS):
        for number in random.permutation(len(files)).tolist():
            vectors = transformer.transform(load_npz(files[number]))
            own = blocks[number]
            machine.partial_fit(vectors, labels[own], classes=classes, sample_weight=balanced[own])
            if epoch == 0:
                bayes.partial_fit(vectors, labels[own], classes=classes, sample_weight=plain[own])
            done += 1
            progress("训练 fitting", done, steps)
    sample = transformer.transform(load_npz(files[0])[:_SPREAD_FROM])
    linear = LinearAverage([machine, bayes])
    linear.take(classes, [machine, bayes], sample)
    return linear
