"""Writing a bundle: what a training run hands over."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from classifier.scorer import Scorer
from classifier.signals import PRESET, SignalDetector
from classifier.taxonomy import Taxonomy
from models.card import card
from models.manifest import (
    ARRAYS,
    CARD,
    DOCUMENTS,
    KEYS,
    LEXICON,
    MANIFEST,
    PIPELINE,
    REFERENCE,
    RULES,
    SEEN,
    SIGNALS,
    SIGNALS_KEYS,
    SIGNALS_VOCABULARY,
    TAXONOMY,
    THESAURUS,
    VOCABULARY,
    Manifest,
    file_sha256,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What goes into a bundle beside its manifest.

    Attributes
    ----------
    scorer : Scorer
    detector : SignalDetector
    pipeline : Any
        The fitted scikit-learn pipeline.
    taxonomy, rules : str
        Text of the taxonomy file and of the routing rules.
    reference : mapping
        Statistics of the training data, as JSON takes them.
    seen : collection of int
        `classifier.fingerprint.text_key` of every text it learnt from, in any order.
    documents : mapping of str to str
        Any of `models.manifest.DOCUMENTS`, each with its text.
    """

    scorer: Scorer
    detector: SignalDetector
    pipeline: Any
    taxonomy: str
    rules: str
    reference: Mapping[str, Any]
    seen: Collection[int]
    documents: Mapping[str, str] = field(default_factory=dict)


def write_bundle(folder: Path, manifest: Manifest, parts: Parts) -> str:
    """Write a bundle into an empty folder; `manifest.files` is filled in, and the model card written, here.

    Returns
    -------
    str
        SHA-256 of the manifest.

    Raises
    ------
    ValueError
        If a document is not one of `models.manifest.DOCUMENTS`.
    TaxonomyError
        If the taxonomy's text cannot be used.
    """
    if unknown := parts.documents.keys() - DOCUMENTS:
        raise ValueError(f"a bundle holds no {min(unknown)}; documents are {', '.join(sorted(DOCUMENTS))}")
    scorer, detector = parts.scorer, parts.detector
    _write_json(folder / VOCABULARY, list(scorer.vocabulary))
    _write_json(folder / SIGNALS, {"preset": PRESET, "codes": list(detector.codes)})
    _write_json(folder / SIGNALS_VOCABULARY, list(detector.vocabulary))
    for name, keys in ((KEYS, scorer.keys), (SIGNALS_KEYS, detector.keys)):
        if keys is not None:
            np.save(folder / name, keys, allow_pickle=False)
    for name in ARRAYS:
        np.save(folder / f"{name}.npy", getattr(scorer, name), allow_pickle=False)
        np.save(folder / f"signals_{name}.npy", getattr(detector, name), allow_pickle=False)
    np.save(folder / SEEN, np.unique(np.fromiter(parts.seen, np.uint64, len(parts.seen))), allow_pickle=False)
    _write_json(folder / REFERENCE, parts.reference)
    texts = {
        LEXICON: scorer.analyzer.tokenizer.lexicon,
        THESAURUS: scorer.analyzer.thesaurus.text,
        TAXONOMY: parts.taxonomy,
        RULES: parts.rules,
        CARD: card(manifest, Taxonomy.parse(parts.taxonomy, source=TAXONOMY)),
        **parts.documents,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    joblib.dump(parts.pipeline, folder / PIPELINE)
    files = {path.name: file_sha256(path) for path in sorted(folder.iterdir())}
    text = json.dumps({**asdict(manifest), "files": files}, ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return file_sha256(folder / MANIFEST)


def _write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
