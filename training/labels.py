"""Which category a label means: by code, name or alias; or categories made from the labels themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from pypinyin import lazy_pinyin

from classifier.errors import CorpusError, TaxonomyError
from classifier.taxonomy import UNDECIDED, Taxonomy
from classifier.text import normalize


class UnknownLabelsError(CorpusError):
    """Labels that mean no category.

    Attributes
    ----------
    unknown : list of (str, int, list of str)
        Each with its number of rows and the nearest names, the most frequent first.
    """

    def __init__(self, unknown: Sequence[tuple[str, int, list[str]]]) -> None:
        self.unknown = list(unknown)
        rows = sum(count for _, count, _ in unknown)
        super().__init__(
            f"{len(unknown)} labels of {rows:,} rows mean no category: "
            + ", ".join(label for label, _, _ in self.unknown[:_SHOWN])
            + (" …" if len(unknown) > _SHOWN else ""),
            remedy="Correct them, or leave these rows out (--skip-unknown), or add them to a taxonomy of your own, as "
            "categories or aliases (--taxonomy), or make one of the labels (--labels as-is).",
        )


_SHOWN: Final = 5
_NEAREST: Final = 3
_BETWEEN: Final = re.compile(r"[\s\W_]+")
_ENDING: Final = re.compile(r"(?:类|类别|类投诉|投诉|问题)$")
_LONGEST_CODE: Final = 60


class Labels:
    """The labels that mean a category of a taxonomy.

    Width, case, traditional characters, blanks and punctuation make no difference, nor do a number before a label and
    words such as 类 or 投诉 behind it.

    Parameters
    ----------
    taxonomy : Taxonomy

    Raises
    ------
    TaxonomyError
        If a name stands for two categories.

    Examples
    --------
    >>> labels = Labels(Taxonomy.bundled())
    >>> labels.category("信用卡 額度类"), labels.category("card_limit"), labels.category("3.ATM")
    ('card_limit', 'card_limit', 'atm_and_cash')
    >>> labels.category("信用卡额数"), labels.nearest("信用卡额数")
    (None, ['信用卡额度', '信用卡降额', '信用卡提额'])
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._codes: dict[str, str] = {}
        self._names: dict[str, str] = {}
        for code, category in taxonomy.items():
            for name in (code, category.zh, category.en, *category.aliases):
                known = self._codes.setdefault(_comparable(name), code)
                if known != code:
                    raise TaxonomyError(
                        f"{name!r} stands for {known} and {code}",
                        where=taxonomy.source,
                        remedy="Rename one, or remove it from the aliases.",
                    )
                self._names.setdefault(_comparable(name), name)

    def category(self, label: str) -> str | None:
        """The code of the category that a label means, or None."""
        plain = _comparable(label)
        for name in (plain, plain.lstrip("0123456789"), _ENDING.sub("", plain)):
            if name in self._codes:
                return self._codes[name]
        return None

    def nearest(self, label: str) -> list[str]:
        """The names that look most like a label, the nearest first."""
        found = get_close_matches(_comparable(label), self._names, _NEAREST, cutoff=0.4)
        return [self._names[name] for name in found]


def _comparable(name: str) -> str:
    return _BETWEEN.sub("", normalize(name)) or name


def taxonomy_of(labels: Mapping[str, int]) -> str:
    """A taxonomy file with one category per label, all of them in the one group 全部 and owned by the triage desk.

    Of several spellings of a label, the most frequent is the category's name, the others are aliases.

    Parameters
    ----------
    labels : mapping of str to int
        Label → number of rows.

    Returns
    -------
    str

    Codes are the labels where those are codes, else their pinyin. The departments are those of the program, so that
    its routing rules can be used.

    Examples
    --------
    >>> made = Taxonomy.parse(taxonomy_of({"城乡建设": 9, "news_story": 5, "News story": 1}), source="made")
    >>> [(code, category.zh) for code, category in made.items()]
    [('news_story', 'news_story'), ('cheng_xiang_jian_she', '城乡建设')]
    """
    lines = [
        "# Made from the labels of the data: rename, group and assign the categories, then train with --taxonomy.",
        "",
        _entry("group", code="all", zh="全部", en="All"),
    ]
    departments = Taxonomy.bundled().departments.values()
    lines += [_entry("department", code=named.code, zh=named.zh, en=named.en) for named in departments]
    spellings: dict[str, list[str]] = {}
    for label in sorted(labels, key=lambda label: (-labels[label], label)):
        spellings.setdefault(_comparable(label), []).append(label)
    named = sorted(spellings.values())
    for (label, *aliases), code in zip(named, _codes([label for label, *_ in named]), strict=True):
        lines.append(
            _entry(
                "category", code=code, zh=label, en=label, aliases=aliases, group="all", definition_zh=label,
                definition_en=label, business=UNDECIDED, cause=UNDECIDED, department="triage",
            )
        )  # fmt: skip
    return "\n".join(lines)


def _entry(table: str, **fields: str | list[str]) -> str:
    # What JSON makes of a string or a list of them, TOML reads as the same; but for this character, which it forbids.
    written = {name: json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") for name, value in fields.items()}
    return "\n".join([f"[[{table}]]", *(f"{name} = {value}" for name, value in written.items()), ""])


def _codes(labels: Sequence[str]) -> list[str]:
    """A code for every label, no two alike, and none that reads like another label."""
    codes: list[str] = []
    taken = {_comparable(label): label for label in labels}
    for label in labels:
        spelt = re.sub("[^a-z0-9]+", "_", "_".join(lazy_pinyin(normalize(label))).lower()).strip("_")
        spelt = spelt[:_LONGEST_CODE].strip("_")
        code = plain = spelt if spelt[:1].isalpha() else f"label_{spelt}".rstrip("_")
        number = 2
        while code in codes or taken.get(_comparable(code), label) != label:
            code, number = f"{plain}_{number}", number + 1
        codes.append(code)
    return codes
