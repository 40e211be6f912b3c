"""Labelled history in, a judged model out."""

from training.fit import Progress, Run, train
from training.history import Labelled, read_bundled_corpus

__all__ = ["Labelled", "Progress", "Run", "read_bundled_corpus", "train"]
