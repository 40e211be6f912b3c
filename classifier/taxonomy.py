"""The categories a complaint can have, and the departments that own them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from classifier.errors import TaxonomyError

UNDECIDED: Final = "未定"
"""The facet a category's meaning leaves open; a reviewer sets it."""

BUNDLED: Final = Path(__file__).with_name("taxonomy.toml")

_CODE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Named:
    """A group or a department: a stable code and its two names."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Category:
    """One category of complaint.

    Attributes
    ----------
    code : str
        Stable identifier, lower snake case.
    zh, en : str
        The names people read.
    group, department : Named
        The family it belongs to, and who owns such cases by default.
    definition_zh, definition_en : str
        One line: what the customer complains about.
    business, cause : str
        Classes of the two statistical axes, or `UNDECIDED`.
    aliases : tuple of str
        Other names by which labelled histories call it.
    critical : bool
        Whether a model that finds fewer of its cases must not replace one that finds more.
    """

    code: str
    zh: str
    en: str
    group: Named
    definition_zh: str
    definition_en: str
    business: str
    cause: str
    department: Named
    aliases: tuple[str, ...] = ()
    critical: bool = False


class Taxonomy(Mapping[str, Category]):
    """An ordered, checked set of categories; a mapping from code to `Category`.

    Attributes
    ----------
    departments : dict of str to Named
    facets : dict of str to tuple of str
        The classes of the two statistical axes, ``business`` and ``cause``.
    source : str
        The file's name, for errors.

    Examples
    --------
    >>> taxonomy = Taxonomy.bundled()
    >>> len(taxonomy), taxonomy["card_limit"].zh, taxonomy["card_limit"].department.code
    (28, '信用卡额度', 'credit_card_center')
    """

    def __init__(
        self,
        categories: Mapping[str, Category],
        departments: Mapping[str, Named],
        facets: Mapping[str, tuple[str, ...]],
        source: str,
    ) -> None:
        self._categories = dict(categories)
        self.departments = dict(departments)
        self.facets = dict(facets)
        self.source = source

    @classmethod
    def bundled(cls) -> Taxonomy:
        """Read the taxonomy that comes with the program."""
        return cls.load(BUNDLED)

    @classmethod
    def load(cls, path: Path) -> Taxonomy:
        """Read and check a taxonomy file.

        Raises
        ------
        TaxonomyError
            If the file is missing, is not TOML, or any entry is incomplete, unknown or stands twice. The message names
            the file, the entry and the remedy.
        """
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise TaxonomyError(
                f"cannot be read ({error})", where=str(path), remedy="Give a TOML file in UTF-8."
            ) from error
        return cls.parse(text, source=str(path))

    @classmethod
    def parse(cls, text: str, *, source: str) -> Taxonomy:
        """Check a taxonomy given as TOML text; `source` is the name errors use. Raises `TaxonomyError`."""
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise TaxonomyError(f"is not TOML ({error})", where=source, remedy="Correct that line.") from error
        return _Reader(document, source).taxonomy()

    def __getitem__(self, code: str) -> Category:
        return self._categories[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._categories)

    def __len__(self) -> int:
        return len(self._categories)

    def require(self, codes: frozenset[str], *, needed_by: str) -> None:
        """Raise `TaxonomyError` unless every one of `codes` is a category here."""
        missing = sorted(codes - self.keys())
        if missing:
            raise TaxonomyError(
                f"has no category {', '.join(missing)}, which {needed_by} uses",
                where=self.source,
                remedy="Add them, or train a model with this taxonomy.",
            )


class _Reader:
    """Turns a parsed document into a `Taxonomy`, naming the entry in whatever it refuses."""

    def __init__(self, document: Mapping[str, Any], source: str) -> None:
        self.document = document
        self.source = source

    def taxonomy(self) -> Taxonomy:
        unknown = self.document.keys() - {"business", "cause", "group", "department", "category"}
        if unknown:
            raise self._error(f"unknown table {sorted(unknown)[0]!r}", "file", "Remove it or correct its name.")
        groups = {e["code"]: Named(e["code"], e["zh"], e["en"]) for _, e in self._entries("group", "zh en")}
        departments = {e["code"]: Named(e["code"], e["zh"], e["en"]) for _, e in self._entries("department", "zh en")}
        fields = "zh en group definition_zh definition_en business cause department"
        categories = {}
        for where, entry in self._entries("category", fields):
            aliases, critical = self._aliases(entry, where), entry.pop("critical", False)
            if not isinstance(critical, bool):
                raise self._error("critical is neither true nor false", where, "Write critical = true.")
            for axis in ("business", "cause"):
                self._one_of(entry[axis], [*self.document.get(axis, []), UNDECIDED], axis, where)
            group = groups[self._one_of(entry.pop("group"), groups, "group", where)]
            department = departments[self._one_of(entry.pop("department"), departments, "department", where)]
            categories[entry["code"]] = Category(
                **entry, group=group, department=department, aliases=aliases, critical=critical
            )
        facets = {axis: tuple(self.document.get(axis, ())) for axis in ("business", "cause")}
        return Taxonomy(categories, departments, facets, self.source)

    def _aliases(self, entry: dict[str, Any], where: str) -> tuple[str, ...]:
        aliases = entry.pop("aliases", [])
        if not isinstance(aliases, list) or not all(isinstance(name, str) and name.strip() for name in aliases):
            raise self._error("aliases is no list of names", where, 'Write aliases = ["…", "…"].')
        return tuple(aliases)

    def _entries(self, table: str, fields: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (place, entry) with `code` and `fields`, all non-empty strings, no code twice; perhaps with more."""
        entries = self.document.get(table)
        if not isinstance(entries, list) or not entries:
            raise self._error(f"no [[{table}]] entry", "file", f"Give at least one [[{table}]].")
        wanted = ["code", *fields.split()]
        seen: set[str] = set()
        for number, entry in enumerate(entries, start=1):
            if not isinstance(entry, dict):
                raise self._error("is not a table", f"{table} {number}", f"Write it as [[{table}]].")
            where = f"{table} {number} ({entry.get('code', 'no code')})"
            for name in wanted:
                value = entry.get(name)
                if not isinstance(value, str) or not value.strip():
                    raise self._error(f"{name!r} is missing or empty", where, f'Add {name} = "…".')
            allowed = [*wanted, "aliases", "critical"] if table == "category" else wanted
            unknown = sorted(entry.keys() - set(allowed))
            if unknown:
                raise self._error(f"unknown field {unknown[0]!r}", where, f"Allowed are: {', '.join(allowed)}.")
            if not _CODE.fullmatch(entry["code"]):
                raise self._error(
                    f"code {entry['code']!r} is not lower snake case", where, "Use letters a-z, digits and _."
                )
            if entry["code"] in seen:
                raise self._error(f"code {entry['code']!r} stands twice", where, "Rename or remove one of them.")
            seen.add(entry["code"])
            yield where, dict(entry)

    def _one_of(self, value: str, allowed: Any, field: str, where: str) -> str:
        if value not in allowed:
            raise self._error(f"unknown {field} {value!r}", where, f"Use one of: {', '.join(allowed)}.")
        return value

    def _error(self, what: str, entry: str, remedy: str) -> TaxonomyError:
        return TaxonomyError(what, where=f"{self.source}, {entry}", remedy=remedy)
