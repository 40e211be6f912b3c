"""Looking through what a store holds, without unpickling anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from classifier.errors import BundleError, ComplaintsError
from classifier.routing import bundled_rules
from models.bundle import Bundle
from models.history import HISTORY
from models.registry import Registry


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, and what is wrong with it; empty if nothing is."""

    name: str
    problem: str = ""


def examine(folder: Path, manifest_sha256: str | None = None) -> Bundle:
    """Load a bundle and read everything in it that can be read without unpickling.

    Raises
    ------
    BundleError, TaxonomyError, LexiconError, RulesError
        If anything in it cannot be used.
    """
    bundle = Bundle.load(folder, manifest_sha256)
    bundle.files.require_unchanged()
    for read in ("seen", "reference", "card"):
        getattr(bundle, read)
    bundled_rules(bundle.taxonomy, bundle.rules_text)
    return bundle


def verify(registry: Registry) -> list[Check]:
    """Look at the history of a store and then at every model it kept.

    Returns
    -------
    list of Check
        The history first; it alone if it cannot be trusted, since it says what the models should be.
    """
    try:
        kept = [event for event in registry.history() if event.act == "kept"]
    except BundleError as error:
        return [Check(HISTORY, str(error))]
    checks = [Check(HISTORY)]
    for event in kept:
        try:
            examine(registry.store / event.version, event.manifest_sha256)
        except ComplaintsError as error:
            checks.append(Check(event.version, str(error)))
        else:
            checks.append(Check(event.version))
    return checks


def leftovers(registry: Registry) -> list[str]:
    """Folders in a store that its history does not name: of interrupted runs (``.incoming-…``) or put there by hand."""
    kept = set(registry.versions())
    folders = registry.store.iterdir() if registry.store.is_dir() else ()
    return sorted(path.name for path in folders if path.is_dir() and path.name not in kept)
