"""The exception tree. Every error says what is wrong, where, and how to mend it.

::

    ComplaintsError
    ├── TaxonomyError   a taxonomy file that cannot be used
    ├── RulesError      a file of routing rules that cannot be used
    ├── LexiconError    a lexicon file that cannot be used
    ├── CalendarError   a file of working days that cannot be used
    ├── TextError       one text that cannot be read
    │   ├── EmptyTextError
    │   └── TextTooLongError
    ├── TableError      a file of complaints that cannot be read or written
    ├── CorpusError     labelled texts that cannot be trained on
    ├── BundleError     a kept model that is missing, damaged or foreign
    └── StorageError    a case database that cannot be used
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


class ComplaintsError(Exception):
    """Base of every error this program raises on purpose.

    Parameters
    ----------
    what : str
        What is wrong, as one clause.
    where : str
        The place: a file, a file and entry, an argument.
    remedy : str
        What the reader can do about it.

    Examples
    --------
    >>> str(ComplaintsError("code 'fees' stands twice", where="taxonomy.toml, category 3", remedy="Rename one."))
    "taxonomy.toml, category 3: code 'fees' stands twice. Rename one."
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(f"{where}: {what}. {remedy}".removeprefix(": ").rstrip())


class TaxonomyError(ComplaintsError):
    """A taxonomy file that cannot be used."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong with a file of rules.

    Attributes
    ----------
    line : int
        From 1.
    what, remedy : str
    """

    line: int
    what: str
    remedy: str


class RulesError(ComplaintsError):
    """A file of routing rules that cannot be used.

    Attributes
    ----------
    findings : tuple of Finding
        All that is wrong, in order of lines.
    """

    def __init__(self, source: str, findings: Collection[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        first = self.findings[0]
        more = f" {len(findings) - 1} more: complaints rules check." if len(findings) > 1 else ""
        super().__init__(first.what, where=f"{source}, line {first.line}", remedy=first.remedy + more)


class LexiconError(ComplaintsError):
    """A lexicon file that cannot be used."""


class CalendarError(ComplaintsError):
    """A file of working days that cannot be used."""


class TextError(ComplaintsError):
    """One text that cannot be read."""


class EmptyTextError(TextError):
    """Nothing but white space and invisible characters."""


class TextTooLongError(TextError):
    """Longer than anybody's complaint."""


class TableError(ComplaintsError):
    """A file of complaints that cannot be read or written."""


class CorpusError(ComplaintsError):
    """Labelled texts that cannot be trained on."""


class BundleError(ComplaintsError):
    """A kept model that is missing, damaged or foreign."""


class StorageError(ComplaintsError):
    """A case database that cannot be used."""
