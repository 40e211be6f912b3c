"""Our recipe and its peers, each as one function: (train texts, labels, test texts) → predicted labels."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from classifier.pipeline import build_pipeline

Fit = Callable[[list[str], list[str], list[str]], list[str]]


def jieba_words(text: str) -> list[str]:
    """The words of a text as everyone cuts it first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.CRITICAL)
    return list(jieba.lcut(text))


def line(words: Iterable[str]) -> str:
    """A text as fastText wants it: words between blanks, on one line."""
    return " ".join(" ".join(words).split())


def fit_tutorial(texts: Sequence[str], labels: Sequence[str]) -> Pipeline:
    """What everyone writes first, all defaults, fitted to texts of words between blanks."""
    return make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000)).fit(texts, labels)


def fit_fasttext(lines: Sequence[str], labels: Sequence[str], threads: int = 1) -> Any:
    """FastText on words and word pairs; the settings its own classification tutorial ends with."""
    import fasttext as library

    settings = {"lr": 1.0, "epoch": 25, "wordNgrams": 2, "dim": 100}

    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(f"__label__{label} {each}\n" for each, label in zip(lines, labels, strict=True))
        file.flush()
        return library.train_supervised(file.name, **settings, thread=threads, seed=1, verbose=0)


def ours(texts: list[str], labels: list[str], test: list[str]) -> list[str]:
    """The default preset, nothing else."""
    return build_pipeline().fit(texts, labels).predict(test).tolist()


def tutorial(texts: list[str], labels: list[str], test: list[str]) -> list[str]:
    """What everyone writes first: jieba.lcut, TfidfVectorizer, logistic regression, all defaults."""
    cut = [[" ".join(jieba_words(text)) for text in part] for part in (texts, test)]
    return fit_tutorial(cut[0], labels).predict(cut[1]).tolist()


def complement_nb(texts: list[str], labels: list[str], test: list[str]) -> list[str]:
    """Word counts and complement naive Bayes."""
    cut = [[" ".join(jieba_words(text)) for text in part] for part in (texts, test)]
    counts = CountVectorizer(token_pattern=r"\S+")
    return make_pipeline(counts, ComplementNB()).fit(cut[0], labels).predict(cut[1]).tolist()


def character_svc(texts: list[str], labels: list[str], test: list[str]) -> list[str]:
    """TF-IDF of 1 to 3 characters and a linear support vector machine."""
    tfidf = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    return make_pipeline(tfidf, LinearSVC()).fit(texts, labels).predict(test).tolist()


def fasttext(texts: list[str], labels: list[str], test: list[str]) -> list[str]:
    """FastText on the words that jieba cuts."""
    names = sorted(set(labels))  # by number: a label of its file holds no blank
    model = fit_fasttext([line(jieba_words(text)) for text in texts], [str(names.index(label)) for label in labels])
    return [names[int(model.predict(line(jieba_words(text)))[0][0].removeprefix("__label__"))] for text in test]


PEERS: dict[str, Fit] = {
    "ours": ours,
    "tutorial (jieba, TF-IDF, logistic regression)": tutorial,
    "complement naive Bayes": complement_nb,
    "character SVC": character_svc,
    "fastText": fasttext,
}
