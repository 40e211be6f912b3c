"""The rules in force and those before, as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.problems import RefusedError
from api.rules import Rules
from api.serving import Serving
from classifier.routing import bundled_rules


@dataclass(frozen=True, slots=True)
class Version:
    """Rules that are or were in force.

    Attributes
    ----------
    number : int
        In order of switching; 0 for those that came with the program.
    version, text : str
    taken_at : datetime or None
    taken_by, reason : str
    """

    number: int
    version: str
    text: str
    taken_at: datetime | None = None
    taken_by: str = ""
    reason: str = ""


def versions_of(rules: Rules, serving: Serving) -> list[Version]:
    """All of them, the newest first, those of the program last."""
    own = bundled_rules(serving.taxonomy, serving.bundle.rules_text)
    names = ("number", "version", "text", "taken_at", "taken_by", "reason")
    switched = [Version(**{name: row[name] for name in names}) for row in rules.history()]
    return [*switched, Version(0, own.version, own.text)]


def numbered(versions: Sequence[Version], number: int) -> Version:
    """The one of that number. Raises `RefusedError` if there is none."""
    for version in versions:
        if version.number == number:
            return version
    raise RefusedError("not-found", "There is no such version of the rules.")


def version_before(versions: Sequence[Version], version: Version) -> Version | None:
    """The one that a version took the place of; None of the first."""
    place = versions.index(version) + 1
    return versions[place] if place < len(versions) else None
