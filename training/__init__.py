"""Labelled history in, a judged model out."""

from training.bundled import read_bundled_corpus
from training.fit import Progress, Run, train
from training.labelled import Labelled
from training.signal_texts import SignalText, read_signal_texts

__all__ = ["Labelled", "Progress", "Run", "SignalText", "read_bundled_corpus", "read_signal_texts", "train"]
