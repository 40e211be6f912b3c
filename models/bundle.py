"""One trained model on disk.

A bundle is a folder::

    manifest.json     format number, version, label order, thresholds, tokenizer, data, metrics, SHA-256 of every file
    vocabulary.json   the terms, in row order
    idf.npy  weights.npy  intercepts.npy
    signals.json  signals_idf.npy  signals_weights.npy  signals_intercepts.npy    the same of the signal detector
    lexicon.txt  thesaurus.txt  taxonomy.toml
    pipeline.joblib   the fitted scikit-learn pipeline; for training only

Serving reads JSON and plain arrays and never unpickles. Whatever is read is hashed first.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from classifier.errors import BundleError
from classifier.features import ANALYZERS
from classifier.model import ComplaintModel, Thresholds
from classifier.scorer import Floats, Scorer
from classifier.signals import PRESET, SignalDetector
from classifier.taxonomy import Taxonomy
from classifier.thesaurus import Thesaurus
from classifier.tokenizer import Tokenizer

FORMAT: Final = 1
"""The number of the folder's layout; a new layout gets a new number, and old numbers keep loading."""

MANIFEST: Final = "manifest.json"
_LEXICON: Final = "lexicon.txt"
_THESAURUS: Final = "thesaurus.txt"
_SIGNALS: Final = "signals.json"
_PIPELINE: Final = "pipeline.joblib"
_ARRAYS: Final = ("idf", "weights", "intercepts")
_TRAIN_AGAIN: Final = "Train again with `complaints train`, or bring the bundle back from a backup."


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says about itself.

    Attributes
    ----------
    format : int
        Layout number, `FORMAT`.
    version : str
        Name of the model, unique in its store.
    created : str
        UTC time, ISO 8601.
    preset : str
        Which pipeline was fitted.
    classes : list of str
        Category codes in column order.
    thresholds : dict
        Fields of `classifier.model.Thresholds`.
    tokenizer : dict
        `classifier.tokenizer.Tokenizer.identity` at training time.
    data : dict
        Number of rows and SHA-256 fingerprint of the labelled texts.
    metrics : dict
        What cross-validation measured.
    libraries : dict
        Versions it was trained with.
    files : dict
        File name → SHA-256, for every other file of the folder.
    """

    format: int
    version: str
    created: str
    preset: str
    classes: list[str]
    thresholds: dict[str, float]
    tokenizer: dict[str, Any]
    data: dict[str, Any]
    metrics: dict[str, Any]
    libraries: dict[str, str]
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded bundle, ready to predict."""

    manifest: Manifest
    model: ComplaintModel
    taxonomy: Taxonomy

    @classmethod
    def load(cls, folder: Path, manifest_sha256: str | None = None) -> Bundle:
        """Check every hash, then read arrays and JSON.

        Parameters
        ----------
        folder : Path
        manifest_sha256 : str, optional
            The hash the manifest must have, where somebody kept it.

        Raises
        ------
        BundleError
            If a file is missing, changed or unknown, the format is unknown, or this machine cuts words differently.
        """
        manifest = _checked_manifest(folder, manifest_sha256)
        tokenizer = Tokenizer(_text(folder, _LEXICON), source=str(folder / _LEXICON))
        if tokenizer.identity() != manifest.tokenizer:
            raise BundleError(
                f"was trained with tokenizer {manifest.tokenizer}, here is {tokenizer.identity()}",
                where=str(folder),
                remedy="Install that version of rjieba, or train again with `complaints train`.",
            )
        taxonomy = Taxonomy.parse(_text(folder, "taxonomy.toml"), source=str(folder / "taxonomy.toml"))
        taxonomy.require(frozenset(manifest.classes), needed_by=f"model {manifest.version}")
        idf, weights, intercepts = (_array(folder, name) for name in _ARRAYS)
        # Models older than the thesaurus have none and need none.
        concepts = _text(folder, _THESAURUS) if _THESAURUS in manifest.files else ""
        analyzer = ANALYZERS[manifest.preset](tokenizer, Thesaurus(concepts, source=str(folder / _THESAURUS)))
        scorer = Scorer(json.loads(_text(folder, "vocabulary.json")), idf, weights, intercepts, analyzer)
        # Nor did they look for signals.
        detector = _detector(folder, tokenizer) if _SIGNALS in manifest.files else None
        thresholds = Thresholds(**manifest.thresholds)
        model = ComplaintModel(manifest.classes, scorer, thresholds, manifest.version, detector)
        return cls(manifest, model, taxonomy)


def write_bundle(
    folder: Path, manifest: Manifest, scorer: Scorer, detector: SignalDetector, taxonomy: str, pipeline: Any
) -> str:
    """Write a bundle into an empty folder; `manifest.files` is filled in here.

    Returns
    -------
    str
        SHA-256 of the manifest.
    """
    _write_json(folder / "vocabulary.json", list(scorer.vocabulary))
    _write_json(
        folder / _SIGNALS, {"preset": PRESET, "codes": list(detector.codes), "vocabulary": list(detector.vocabulary)}
    )
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(scorer, name), allow_pickle=False)
        np.save(folder / f"signals_{name}.npy", getattr(detector, name), allow_pickle=False)
    (folder / _LEXICON).write_text(scorer.analyzer.tokenizer.lexicon, encoding="utf-8")
    (folder / _THESAURUS).write_text(scorer.analyzer.thesaurus.text, encoding="utf-8")
    (folder / "taxonomy.toml").write_text(taxonomy, encoding="utf-8")
    _joblib().dump(pipeline, folder / _PIPELINE)
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    text = json.dumps({**asdict(manifest), "files": files}, ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return _sha256(folder / MANIFEST)


def load_pipeline(folder: Path, manifest_sha256: str | None = None) -> Any:
    """The fitted scikit-learn pipeline of a bundle. For training only: this unpickles, after every hash was checked.

    Raises
    ------
    BundleError
        As `Bundle.load`.
    """
    _checked_manifest(folder, manifest_sha256)
    return _joblib().load(folder / _PIPELINE)


def _joblib() -> Any:
    # Imported here: a process that serves must not even be able to unpickle.
    import joblib

    return joblib


def _checked_manifest(folder: Path, manifest_sha256: str | None) -> Manifest:
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError("there is no such model", where=str(path), remedy="`complaints models` lists what there is.")
    if manifest_sha256 is not None and _sha256(path) != manifest_sha256:
        raise BundleError("was changed after it was kept", where=str(path), remedy=_TRAIN_AGAIN)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        number = document["format"]
    except (ValueError, TypeError, KeyError) as error:
        raise BundleError(f"is not a manifest ({error!r})", where=str(path), remedy=_TRAIN_AGAIN) from error
    if number != FORMAT:
        raise BundleError(
            f"has format {number}, this program reads format {FORMAT}", where=str(path), remedy="Update the program."
        )
    if document.get("preset") not in ANALYZERS:
        raise BundleError(f"has preset {document.get('preset')!r}", where=str(path), remedy="Update the program.")
    try:
        manifest = Manifest(**document)
    except TypeError as error:
        raise BundleError(f"is not a manifest ({error})", where=str(path), remedy=_TRAIN_AGAIN) from error
    for name, expected in manifest.files.items():
        file = folder / name
        if not file.is_file() or file.is_symlink():
            raise BundleError("is missing", where=str(file), remedy=_TRAIN_AGAIN)
        if _sha256(file) != expected:
            raise BundleError("was changed: its SHA-256 is not the manifest's", where=str(file), remedy=_TRAIN_AGAIN)
    foreign = sorted({file.name for file in folder.iterdir()} - manifest.files.keys() - {MANIFEST})
    if foreign:
        raise BundleError("is not part of this model", where=str(folder / foreign[0]), remedy="Remove it.")
    return manifest


def _detector(folder: Path, tokenizer: Tokenizer) -> SignalDetector:
    said = json.loads(_text(folder, _SIGNALS))
    if said["preset"] != PRESET:
        raise BundleError(
            f"has preset {said['preset']!r}", where=str(folder / _SIGNALS), remedy="Update the program, or train again."
        )
    idf, weights, intercepts = (_array(folder, f"signals_{name}") for name in _ARRAYS)
    return SignalDetector(said["codes"], said["vocabulary"], idf, weights, intercepts, tokenizer)


def _write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _text(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def _array(folder: Path, name: str) -> Floats:
    # Memory-mapped: several workers share the pages. The plain view spares each operation the subclass's detour.
    mapped = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    plain: Floats = mapped.view(np.ndarray)
    return plain


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
