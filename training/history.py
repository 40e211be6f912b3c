"""A bank's own labelled history: read from wherever it lies, looked through row by row, made ready to learn from."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from sys import intern
from typing import Any, Final

import numpy as np

from classifier.errors import CorpusError, EmptyTextError, TextError
from classifier.fingerprint import text_key
from classifier.masking import mask
from classifier.tables import TEXT_COLUMNS
from classifier.tables.cells import as_text
from classifier.tables.columns import CHANNELS, find_columns, written_moment
from classifier.text import normalize, readable
from training.findings import DataReport, Finding
from training.labelled import Labelled
from training.labels import Labels
from training.sources import Entry, Source

LABEL_COLUMNS: Final = (
    "投诉类别", "投诉分类", "投诉类型", "问题类别", "问题分类", "业务类别", "分类", "类别", "类型", "标签", "意图",
    "label", "category", "class", "tag", "intent", "topic", "target", "type",
)  # fmt: skip
"""Usual names of the column that holds the category, the most telling first."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": (*TEXT_COLUMNS, "sentence", "utterance", "comment", "review", "query"),
    "label": LABEL_COLUMNS,
    "secondary": ("次要类别", "其他类别"),
    "channel": ("投诉渠道", "渠道", "来源渠道", "来源"),
    "at": (
        "受理时间", "投诉时间", "投诉日期", "受理日期", "登记时间", "登记日期", "时间", "日期",
        "received_at", "labelled_at", "date", "time", "created_at",
    ),
    "customer": ("客户号", "客户编号", "customer_key", "customer_id"),
    "selection": (),
}  # fmt: skip
"""Fields of a labelled complaint and the usual names of their columns; the fields' own names are understood too."""

LEAST: Final = 5
"""Rows of a category, below which it cannot be learnt."""
FEW: Final = 50
"""Rows of a category, below which what is measured of it says little."""
_SHORTEST: Final = 2
"""Letters or characters of a text, below which it says nothing."""
_LEGIBLE: Final = 0.9
"""Share of a text's characters that must be readable."""
_GARBLED: Final = re.compile("[\ufffd\u00c0-\u00ff\ue000-\uf8ff]|锟斤拷|烫烫烫")
"""What is left of a text that was read or written in the wrong encoding."""
_LOST: Final = re.compile(r"\?{3,}")
"""What is left of one that was written in an encoding without Chinese; some of it is anger."""

Told = Callable[[int, int | None], None]
"""Told rows done and rows in all, if known."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a source has its fields: titles given by the user go before the usual ones.

    Attributes
    ----------
    given : mapping
        Field → title; the fields of `COLUMNS` and ``group``.
    """

    given: Mapping[str, str]

    def of(self, source: Source) -> dict[str, int]:
        """Field → index. Raises `CorpusError` if text or label, or a title given, is not there."""
        given = {} if source.own else self.given
        places = find_columns(source.columns, {field: COLUMNS[field] for field in COLUMNS if field not in given})
        for field, title in given.items():
            found = find_columns(source.columns, {title: ()})
            if not found:
                raise self._missing(f"no column {title!r}", source, field)
            places[field] = found[title]
        if "text" in places and "label" not in places and len(source.columns) == 2:
            places["label"] = 1 - places["text"]
        for field, what in (("text", "the complaint"), ("label", "its category")):
            if field not in places:
                raise self._missing(f"cannot tell which column holds {what}", source, field)
        return places

    def _missing(self, what: str, source: Source, field: str) -> CorpusError:
        return CorpusError(
            what, where=source.name, remedy=f"Name it with --{field}; there are: {', '.join(source.columns)}."
        )


def read_raw(sources: Sequence[Source], columns: Columns, told: Told) -> tuple[list[Labelled], DataReport]:
    """Read every row that has a text and a label; `category` is still the label as it stands there.

    Personal data is masked. What cannot be read is among the findings of the report.

    Raises
    ------
    CorpusError
        If a column cannot be found, or a database does not answer.
    """
    report = DataReport()
    rows: list[Labelled] = []
    totals = [source.total for source in sources]
    total = None if None in totals else sum(filter(None, totals))
    done = 0
    for source in sources:
        places = columns.of(source)
        before = done
        for entry in source.entries():
            done += 1
            row = _read(entry, places, report)
            if row is not None:
                rows.append(row)
            if done % 1_000 == 0:
                told(done, total)
        found = ", ".join(f"{field} = {source.columns[place]}" for field, place in places.items())
        report.sources.append((source.name, done - before, [f"列 columns: {found}", *source.notes]))
    told(done, total or done)
    return rows, report


def _read(entry: Entry, places: Mapping[str, int], report: DataReport) -> Labelled | None:
    cells = {
        field: as_text(entry.cells[place]).strip() if place < len(entry.cells) else ""
        for field, place in places.items()
    }
    if not any(cells.values()):
        return None  # a blank line
    found = _kind_of_text(cells["text"])
    if found is None and not cells["label"]:
        found = "unlabelled", ""
    if found:
        kind, detail = found
        report.findings.append(Finding(kind, entry.place, cells["label"], cells["text"], detail or entry.error))
        if kind != "broken":
            return None
    at = _moment(cells.get("at", ""))
    if cells.get("at") and at is None:
        report.findings.append(Finding("undated", entry.place, cells["label"], cells["text"], cells["at"]))
    text = mask(cells["text"])
    report.masked += text != cells["text"]
    channel = cells.get("channel", "")
    return Labelled(
        text,
        intern(cells["label"]),
        tuple(filter(None, re.split("[;；,，、|]", cells.get("secondary", "")))),
        intern(CHANNELS.get(normalize(channel), channel)) if channel else "",
        group=cells.get("group", ""),
        customer=cells.get("customer", ""),
        at=at,
        selection=intern(cells.get("selection", "")),
        place=entry.place,
    )


def _kind_of_text(text: str) -> tuple[str, str] | None:
    """What is wrong with a text, and the details."""
    if not text:
        return "empty", ""
    broken, lost = (sum(map(len, sign.findall(text))) for sign in (_GARBLED, _LOST))
    if broken > (1 - _LEGIBLE) * len(text) or lost > len(text) / 2:
        return "garbled", ""
    try:
        canonical = readable(text)
    except TextError as error:
        return "empty" if isinstance(error, EmptyTextError) else "too_long", error.what
    if sum(map(str.isalpha, canonical)) < _SHORTEST:
        return "too_short", ""
    return ("broken", "") if "\ufffd" in text else None


def _moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written_moment(value))
    except ValueError:
        return None
    return moment.replace(tzinfo=None)


def unknown_labels(rows: Iterable[Labelled], labels: Labels) -> list[tuple[str, int, list[str]]]:
    """The labels that mean no category: each with its number of rows and the nearest names, the most frequent first."""
    counts = Counter(row.category for row in rows)
    unknown = [(label, count) for label, count in counts.most_common() if labels.category(label) is None]
    return [(label, count, labels.nearest(label)) for label, count in unknown]


def make_ready(raw: Sequence[Labelled], labels: Labels, report: DataReport, least: int = LEAST) -> list[Labelled]:
    """Turn labels into categories, and leave out what would teach or judge wrongly.

    Left out are unknown labels, exact duplicates but for the first, texts with two labels (unless most rows agree), and
    categories with fewer than `least` rows. Texts are the same if their canonical forms are.

    Parameters
    ----------
    raw : sequence of Labelled
        As `read_raw` gives them.
    labels : Labels
    report : DataReport
        Is told of every row left out, and of what is kept.
    least : int
        Rows a category must have: enough to learn from, or one to be judged on.

    Returns
    -------
    list of Labelled
        In the order of `raw`.
    """
    rows = _unlike(list(_categorised(raw, labels, report)), report)
    counts = Counter(row.category for row in rows)
    kept = []
    for row in rows:
        if counts[row.category] < least:
            _tell(report, "small", row, f"{counts[row.category]} < {least}")
        else:
            kept.append(row)
    report.kept = len(kept)
    report.categories = Counter(row.category for row in kept)
    if kept:
        lengths = [len(row.text) for row in kept]
        marks = np.quantile(lengths, [0, 0.25, 0.5, 0.75, 1]).astype(int).tolist()
        report.lengths = dict(zip(("least", "quarter", "half", "three_quarters", "most"), marks, strict=True))
    months = Counter(f"{row.at:%Y-%m}" for row in kept if row.at)
    report.months = dict(sorted(months.items()))
    for code, count in sorted(report.categories.items()):
        if count < FEW:
            report.findings.append(Finding("few", "", code, "", f"{count} 条 rows"))
    return kept


def _categorised(raw: Sequence[Labelled], labels: Labels, report: DataReport) -> Iterable[Labelled]:
    known = {label: labels.category(label) for label in {row.category for row in raw}}
    for row in raw:
        code = known[row.category]
        if code is None:
            _tell(report, "unknown_label", row, " ".join(labels.nearest(row.category)))
            continue
        others = (labels.category(other) for other in row.secondary)
        secondary = tuple(dict.fromkeys(other for other in others if other not in (None, code)))
        yield replace(row, category=code, secondary=secondary)


def _unlike(rows: Sequence[Labelled], report: DataReport) -> list[Labelled]:
    """The rows without exact duplicates and contradictions."""
    same: dict[int, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        same[text_key(row.text)].append(number)
    left_out: set[int] = set()
    for numbers in same.values():
        if len(numbers) == 1:
            continue
        counts = Counter(rows[number].category for number in numbers)
        (most, times), *others = counts.most_common()
        agreed = times > len(numbers) / 2
        first = next((number for number in numbers if agreed and rows[number].category == most), None)
        for number in numbers:
            if number == first:
                continue
            left_out.add(number)
            if (others and rows[number].category != most) or not agreed:
                _tell(report, "conflict", rows[number], " ".join(sorted(counts)))
            else:
                _tell(report, "duplicate", rows[number], rows[numbers[0]].place)
    return [row for number, row in enumerate(rows) if number not in left_out]


def _tell(report: DataReport, kind: str, row: Labelled, detail: str) -> None:
    report.findings.append(Finding(kind, row.place, row.category, row.text, detail))


def titles(given: Mapping[str, Any]) -> list[str]:
    """Titles of which a header has one, which tells it from title rows above."""
    return [*LABEL_COLUMNS, *(str(title) for title in given.values())]
