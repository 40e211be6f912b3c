"""Labelled history in, a judged model out."""

from training.bundled import read_bundled_corpus
from training.fit import Run, train
from training.fitting import Progress
from training.labelled import Labelled
from training.lesson import Lesson, by_voice, from_history
from training.signal_texts import SignalText, read_signal_texts

__all__ = [
    "Labelled",
    "Lesson",
    "Progress",
    "Run",
    "SignalText",
    "by_voice",
    "from_history",
    "read_bundled_corpus",
    "read_signal_texts",
    "train",
]
