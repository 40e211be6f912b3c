"""What a look at a labelled history found: which rows are dropped and why, which are doubtful."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from classifier.masking import mask
from classifier.tables.cells import neutralised

_DONE: Final = {True: "已剔除 dropped", False: "保留 kept"}
_SHOWN: Final = 200
"""Characters of a text that stand in the file of findings."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding: its names, and whether its rows are dropped."""

    zh: str
    en: str
    dropped: bool


KINDS: Final = {
    "row": Kind("行无法读取", "row cannot be read", dropped=True),
    "empty": Kind("没有内容", "no text", dropped=True),
    "too_short": Kind("内容过短", "text too short", dropped=True),
    "too_long": Kind("内容过长", "text too long", dropped=True),
    "garbled": Kind("乱码", "garbled", dropped=True),
    "broken": Kind("含无法解码的字符", "some broken characters", dropped=False),
    "unlabelled": Kind("没有类别", "no label", dropped=True),
    "unknown_label": Kind("未知类别", "unknown label", dropped=True),
    "duplicate": Kind("完全重复", "exact duplicate", dropped=True),
    "conflict": Kind("同文不同类", "same text, other label", dropped=True),
    "small": Kind("类别样本太少", "category too small to learn", dropped=True),
    "near_duplicate": Kind("近似重复", "near duplicate", dropped=False),
    "few": Kind("类别样本偏少", "category too small to judge well", dropped=False),
    "undated": Kind("时间无法识别", "moment not understood", dropped=False),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that was dropped or is doubtful.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    place : str
        File and line.
    label : str
        As it stands there.
    text : str
    detail : str
        What more there is to say.
    """

    kind: str
    place: str
    label: str
    text: str
    detail: str = ""


@dataclass(slots=True)
class DataReport:
    """What a history holds.

    Attributes
    ----------
    sources : list of (str, int, list of str)
        Name, rows read, notes.
    findings : list of Finding
    kept : int
        Rows to learn from and to judge on.
    masked : int
        Kept rows in which personal data was masked.
    categories : Counter
        Kept rows by code.
    lengths : dict
        Characters of the kept texts: least, quartiles, most.
    months : dict
        Kept rows by month of arrival, where it is known.
    """

    sources: list[tuple[str, int, list[str]]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    kept: int = 0
    masked: int = 0
    categories: Counter[str] = field(default_factory=Counter)
    lengths: dict[str, int] = field(default_factory=dict)
    months: dict[str, int] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """Rows of all sources."""
        return sum(rows for _, rows, _ in self.sources)

    @property
    def counts(self) -> dict[str, int]:
        """Findings of each kind that there are, in the order of `KINDS`."""
        found = Counter(finding.kind for finding in self.findings)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    def document(self) -> dict[str, Any]:
        """What goes into the bundle and the report: counts, no texts."""
        return {
            "sources": [{"name": Path(name).name, "rows": rows} for name, rows, _ in self.sources],
            "read": self.read,
            "kept": self.kept,
            "masked": self.masked,
            "findings": [
                {"zh": KINDS[kind].zh, "en": KINDS[kind].en, "rows": rows, "done": _DONE[KINDS[kind].dropped]}
                for kind, rows in self.counts.items()
            ],
            "lengths": self.lengths,
            "months": self.months,
        }


COLUMNS: Final = ("位置 place", "问题 problem", "处理 done", "类别 label", "说明 detail", "内容 text")
"""Of the file of findings."""


def finding_rows(findings: Sequence[Finding]) -> list[tuple[str, ...]]:
    """The rows of the file of findings: nothing personal, nothing a spreadsheet would run.

    Examples
    --------
    >>> finding_rows([Finding("conflict", "a.csv, line 3", "年费", "=1+1 我叫王小明")])
    [('a.csv, line 3', '同文不同类 same text, other label', '已剔除 dropped', '年费', '', "'=1+1 我叫***")]
    """
    rows: list[tuple[str, ...]] = []
    for finding in findings:
        kind = KINDS[finding.kind]
        cells = finding.label, finding.detail, mask(finding.text)[:_SHOWN]
        rows.append((finding.place, f"{kind.zh} {kind.en}", _DONE[kind.dropped], *map(neutralised, cells)))
    return rows
