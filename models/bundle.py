"""One trained model on disk.

A bundle is a folder::

    manifest.json     format number, version, label order, thresholds, tokenizer, data, metrics, SHA-256 of every file
    vocabulary.json   the terms, in row order; keys.npy  by which the kernel knows them
    idf.npy  weights.npy  intercepts.npy
    signals.json  signals_vocabulary.json
    signals_keys.npy  signals_idf.npy  signals_weights.npy  signals_intercepts.npy    the same of the signal detector
    lexicon.txt  thesaurus.txt  taxonomy.toml
    routing.toml      the routing rules where nobody has put others in force
    reference.json    statistics of the training data, to tell later whether what arrives is still alike
    seen.npy          keys of the texts it learnt from, so that a comparison can leave them out
    card.md           what a person should know of it
    report.html  report.json    how it was judged, at length; not in every bundle
    pipeline.joblib   the fitted scikit-learn pipeline; for training only

Serving reads JSON, text and plain arrays and never unpickles. Whatever is read is hashed first (`models.files`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier.errors import BundleError
from classifier.features import ANALYZERS
from classifier.model import ComplaintModel
from classifier.scorer import Scorer
from classifier.signals import PRESET, SignalDetector
from classifier.taxonomy import Taxonomy
from classifier.thesaurus import Thesaurus
from classifier.thresholds import Thresholds
from classifier.tokenizer import Tokenizer
from models.card import card
from models.files import Files
from models.manifest import (
    ARRAYS,
    CARD,
    KEYS,
    LEXICON,
    PIPELINE,
    REFERENCE,
    RULES,
    SEEN,
    SIGNALS,
    SIGNALS_KEYS,
    SIGNALS_VOCABULARY,
    TAXONOMY,
    THESAURUS,
    TRAIN_AGAIN,
    VOCABULARY,
    Manifest,
)
from models.vocabulary import Vocabulary

_MAPPED: Final = (*(f"{name}.npy" for name in ARRAYS), *(f"signals_{name}.npy" for name in ARRAYS))
_PICKLED_BY: Final = ("scikit-learn", "numpy")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded bundle, ready to predict.

    Attributes
    ----------
    manifest : Manifest
    model : ComplaintModel
    taxonomy : Taxonomy
    rules_text : str
        The routing rules where nobody has put others in force; of models of format 1, those of the program.
    files : Files
        Where it lies.
    """

    manifest: Manifest
    model: ComplaintModel
    taxonomy: Taxonomy
    rules_text: str
    files: Files

    @classmethod
    def load(cls, folder: Path, manifest_sha256: str | None = None) -> Bundle:
        """Read what serving needs, each file after its hash.

        Parameters
        ----------
        folder : Path
        manifest_sha256 : str, optional
            The hash the manifest must have, where somebody kept it.

        Raises
        ------
        BundleError
            If a file is missing or unknown, one that serving needs was changed, the format is unknown, what a file
            holds does not fit the others, or this machine cuts words differently.
        """
        files = Files.of(folder, manifest_sha256)
        files.hash_ahead(_MAPPED)
        try:
            return _READERS[files.manifest.format](files)
        except (ValueError, TypeError, KeyError) as error:
            raise BundleError(f"does not fit together ({error})", where=str(folder), remedy=TRAIN_AGAIN) from error

    @property
    def seen(self) -> NDArray[np.uint64] | None:
        """Keys (`classifier.fingerprint.text_key`) of the texts it learnt from, ascending, shape (n,).

        Read anew each time: only training asks. None for models of format 1, which do not say.

        Raises
        ------
        BundleError
            If the file was changed, or holds anything else.
        """
        if SEEN not in self.files:
            return None
        path = self.files.path(SEEN)
        try:
            keys = np.load(path, allow_pickle=False)
        except ValueError as error:
            raise BundleError(f"is no array ({error})", where=str(path), remedy=TRAIN_AGAIN) from error
        if keys.dtype != np.uint64 or keys.ndim != 1 or (keys[1:] <= keys[:-1]).any():
            raise BundleError("are no ascending keys of texts", where=str(path), remedy=TRAIN_AGAIN)
        return np.asarray(keys, np.uint64)

    @property
    def reference(self) -> dict[str, Any] | None:
        """Statistics of the training data; None for models of format 1. Raises `BundleError` if they are none."""
        if REFERENCE not in self.files:
            return None
        where = str(self.files.folder / REFERENCE)
        try:
            statistics = json.loads(self.files.text(REFERENCE))
        except ValueError as error:
            raise BundleError(f"is no JSON ({error})", where=where, remedy=TRAIN_AGAIN) from error
        if not isinstance(statistics, dict):
            raise BundleError("is no JSON object", where=where, remedy=TRAIN_AGAIN)
        return statistics

    @property
    def card(self) -> str:
        """What a person should know of the model, in Markdown; of models of format 1, as this program would say it."""
        return self.files.text(CARD) if CARD in self.files else card(self.manifest, self.taxonomy)


def load_pipeline(folder: Path, manifest_sha256: str | None = None) -> Any:
    """The fitted scikit-learn pipeline of a bundle. For training only: this unpickles, after every hash was checked.

    Raises
    ------
    BundleError
        As `Bundle.load`; or if another scikit-learn or numpy pickled it, which could load and then say something else.
    """
    # Imported here: a process that serves must not even be able to unpickle, nor wait for what it does not need.
    from importlib.metadata import version as library_version

    import joblib

    files = Files.of(folder, manifest_sha256)
    files.require_unchanged()
    for name in _PICKLED_BY:
        pickled_by, here = files.manifest.libraries.get(name), library_version(name)
        if pickled_by != here:
            raise BundleError(
                f"was pickled by {name} {pickled_by}, here is {here}",
                where=str(folder / PIPELINE),
                remedy="Train again with `complaints train`; the model itself serves as before.",
            )
    return joblib.load(folder / PIPELINE)


def _read_format_1(files: Files) -> Bundle:
    # Imported here: the rules are in the bundle since format 2, and nothing else in it routes.
    from classifier.routing import BUNDLED as PROGRAM_RULES

    tokenizer = _tokenizer(files)
    thesaurus = files.text(THESAURUS) if THESAURUS in files else ""
    return _assembled(files, tokenizer, thesaurus, PROGRAM_RULES.read_text(encoding="utf-8"))


def _read_since_format_2(files: Files) -> Bundle:
    return _assembled(files, _tokenizer(files), files.text(THESAURUS), files.text(RULES))


_READERS: Final[Mapping[int, Callable[[Files], Bundle]]] = {
    1: _read_format_1,
    2: _read_since_format_2,
    3: _read_since_format_2,
}


def _assembled(files: Files, tokenizer: Tokenizer, thesaurus: str, rules: str) -> Bundle:
    folder, manifest = files.folder, files.manifest
    taxonomy = Taxonomy.parse(files.text(TAXONOMY), source=str(folder / TAXONOMY))
    taxonomy.require(frozenset(manifest.classes), needed_by=f"model {manifest.version}")
    idf, weights, intercepts = map(files.array, ARRAYS)
    analyzer = ANALYZERS[manifest.preset](tokenizer, Thesaurus(thesaurus, source=str(folder / THESAURUS)))
    keys = files.keys(KEYS)
    vocabulary = Vocabulary(files, VOCABULARY, None if keys is None else len(keys))
    scorer = Scorer(vocabulary, idf, weights, intercepts, analyzer, keys)
    if len(intercepts) != len(manifest.classes):
        raise ValueError(f"{len(intercepts)} columns of weights do not fit {len(manifest.classes)} categories")
    thresholds = Thresholds(**manifest.thresholds)
    detector = _detector(files, scorer) if SIGNALS in files or manifest.format > 1 else None
    model = ComplaintModel(manifest.classes, scorer, thresholds, manifest.version, detector)
    return Bundle(manifest, model, taxonomy, rules, files)


def _tokenizer(files: Files) -> Tokenizer:
    tokenizer = Tokenizer(files.text(LEXICON), source=str(files.folder / LEXICON))
    if tokenizer.identity() != files.manifest.tokenizer:
        raise BundleError(
            f"was trained with tokenizer {files.manifest.tokenizer}, here is {tokenizer.identity()}",
            where=str(files.folder),
            remedy="Install that version of rjieba, or train again with `complaints train`.",
        )
    return tokenizer


def _detector(files: Files, scorer: Scorer) -> SignalDetector:
    said = json.loads(files.text(SIGNALS))
    if said["preset"] != PRESET:
        raise BundleError(
            f"has preset {said['preset']!r}",
            where=str(files.folder / SIGNALS),
            remedy="Update the program, or train again.",
        )
    idf, weights, intercepts = (files.array(f"signals_{name}") for name in ARRAYS)
    keys = files.keys(SIGNALS_KEYS)
    if SIGNALS_VOCABULARY in files:
        vocabulary: Sequence[str] = Vocabulary(files, SIGNALS_VOCABULARY, None if keys is None else len(keys))
    else:
        vocabulary = said["vocabulary"]
    return SignalDetector(
        said["codes"], vocabulary, idf, weights, intercepts, scorer.analyzer.tokenizer, keys, beside=scorer
    )
