"""An audit as an Excel file that an analyst works through, and the file's way back to the labels.

The file may come back sorted, filtered, with rows deleted and columns added, as Excel or as CSV: a row is known by its
key, which depends on nothing but text and label.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.datavalidation import DataValidation

from classifier.errors import TableError
from classifier.masking import mask
from classifier.tables import Table, open_table
from classifier.tables.cells import as_text, neutralised
from classifier.taxonomy import Taxonomy
from classifier.text import normalize
from training.audit import Suspect
from training.labelled import Labelled
from training.labels import Labels

Action = Literal["relabel", "keep", "drop"]

DECISION: Final = "处理 decision"
SUGGESTED: Final = "建议类别 suggested"
KEY: Final = "行号 key"

COLUMNS: Final = {
    "现类别 label": 26,
    SUGGESTED: 26,
    "把握 confidence": 12,
    "依据 evidence": 30,
    "投诉内容 text": 80,
    "位置 place": 22,
    DECISION: 26,
    KEY: 20,
}
"""The columns of the file and their widths in characters."""

_CHOICES: Final = {"采纳建议 accept": "accept", "保留 keep": "keep", "删除 drop": "drop"}
"""What stands first in the list of choices; either word alone will do."""
_OTHER_WORDS: Final = {"采纳": "accept", "接受": "accept", "同意": "accept", "剔除": "drop", "delete": "drop"}

_SHEET: Final = "审查 audit"
_CHOICES_SHEET: Final = "选项 choices"
_LONGEST: Final = 32_000
"""Characters; Excel holds 32,767 in a cell."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an analyst decided about a row.

    Attributes
    ----------
    action : {'relabel', 'keep', 'drop'}
    category : str
        The code of its new category, if it gets one.
    """

    action: Action
    category: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """How many rows got another category, stayed as they were, and went; and how many decisions found no row."""

    relabelled: int
    kept: int
    dropped: int
    not_found: int


def key_of(row: Labelled) -> str:
    """What a row is known by in any file: the same for the same text with the same label, masked or not.

    Examples
    --------
    >>> key_of(Labelled("年费太高", "card_fees"))
    'k9b77b5f085f254f2'
    """
    # The letter keeps spreadsheets from reading digits as a number.
    return "k" + hashlib.sha256(f"{mask(row.text)}\x1f{row.category}".encode(errors="replace")).hexdigest()[:16]


def write_audit(path: Path, suspects: Sequence[Suspect], rows: Sequence[Labelled], taxonomy: Taxonomy) -> None:
    """Write suspects as an Excel file for analysts, one line each, in their order; of rows that are equal, one.

    Parameters
    ----------
    path : Path
        Ends in ``.xlsx``. It appears when all is written.
    suspects : sequence of Suspect
    rows : sequence of Labelled
        What was audited.
    taxonomy : Taxonomy

    Raises
    ------
    TableError
        If the path has another ending or cannot be written.
    """
    if path.suffix.lower() != ".xlsx":
        raise TableError(f"cannot write {path.suffix!r}", where=str(path), remedy="End it in .xlsx.")
    book = Workbook()
    sheet, choices = book.active, book.create_sheet(_CHOICES_SHEET)
    sheet.title = _SHEET
    sheet.append(list(COLUMNS))
    lines = {key_of(rows[suspect.row]): suspect for suspect in reversed(suspects)}
    for key, suspect in reversed(lines.items()):
        sheet.append(_line(key, suspect, rows[suspect.row], taxonomy))
    for choice in (*_CHOICES, *(_shown(code, taxonomy) for code in taxonomy)):
        choices.append([choice])
    choices.column_dimensions["A"].width = 40
    _dress(sheet, len(choices["A"]))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        book.save(part)
        part.replace(path)
    except OSError as error:
        raise TableError(
            f"cannot be written ({error.strerror})", where=str(path), remedy="Check folder and space."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _line(key: str, suspect: Suspect, row: Labelled, taxonomy: Taxonomy) -> list[str | float]:
    return [
        _shown(suspect.label, taxonomy),
        _shown(suspect.suggested, taxonomy),
        round(suspect.probability, 3),
        _plain(mask("、".join(suspect.evidence))),
        _plain(mask(row.text)),
        _plain(row.place),
        "",
        key,
    ]


def _shown(code: str, taxonomy: Taxonomy) -> str:
    return _plain(f"{taxonomy[code].zh} {code}" if taxonomy[code].zh != code else code)


def _plain(text: str) -> str:
    """A text that Excel can hold and does not run."""
    storable = text.encode("utf-8", "replace").decode()[:_LONGEST]
    return neutralised(ILLEGAL_CHARACTERS_RE.sub("\ufffd", storable))


def _dress(sheet: Any, choices: int) -> None:
    """Widths, header, filter, and the list of choices."""
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    letters = dict(zip(COLUMNS, "ABCDEFGH", strict=True))
    for name, width in COLUMNS.items():
        sheet.column_dimensions[letters[name]].width = width
        sheet[f"{letters[name]}1"].font = Font(bold=True)
    for line in sheet.iter_rows(min_row=2):
        for cell in line:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        line[2].number_format = "0%"
    # Other words may be typed: reading the file says what it does not know.
    listed = DataValidation("list", formula1=f"'{_CHOICES_SHEET}'!$A$1:$A${choices}", showErrorMessage=False)
    listed.add(f"{letters[DECISION]}2:{letters[DECISION]}{max(sheet.max_row, 2)}")
    sheet.add_data_validation(listed)


def read_decisions(path: Path, taxonomy: Taxonomy) -> dict[str, Decision]:
    """What analysts decided, by the key of the row; rows without a decision are left out.

    Raises
    ------
    TableError
        If a column is missing, a decision is no known word and no category of the taxonomy, has no key, or contradicts
        another one about the same row. The message names the row.
    """
    table = open_table(path, header=COLUMNS)
    at_decision, at_suggested, at_key = (_column(table, name) for name in (DECISION, SUGGESTED, KEY))
    words = {**_spellings(_CHOICES), **_OTHER_WORDS}
    labels = Labels(taxonomy)
    decisions: dict[str, Decision] = {}
    lines: dict[str, int] = {}
    for row in (row for block in table.blocks() for row in block.rows):
        said, key = normalize(as_text(row.cells[at_decision])), as_text(row.cells[at_key]).strip().lower()
        if not said:
            continue
        where = f"{path}, row {row.line}"
        if not key:
            raise TableError("has a decision but no key", where=where, remedy="Copy the key from the first file.")
        word = words.get(said)
        if word in ("keep", "drop"):
            decision = Decision("keep" if word == "keep" else "drop")
        else:
            wanted = normalize(as_text(row.cells[at_suggested])) if word else said
            decision = Decision("relabel", _category(wanted, labels, where))
        if decisions.setdefault(key, decision) != decision:
            raise TableError(
                f"contradicts row {lines[key]}, which is about the same complaint",
                where=where,
                remedy="Decide the same in both, or delete one.",
            )
        lines.setdefault(key, row.line)
    return decisions


def _spellings(names: Mapping[str, str]) -> dict[str, str]:
    """The meanings of bilingual names, by the whole name and by each of its words alone."""
    return {
        normalize(part): meaning for name, meaning in names.items() for part in (name, *name.split(" ", maxsplit=1))
    }


def _column(table: Table, name: str) -> int:
    """Where a column stands: by its whole name, or by its Chinese or English part alone."""
    spellings = _spellings({name: name})
    for number, column in enumerate(table.columns):
        if normalize(column) in spellings:
            return number
    raise TableError(
        f"has no column {name!r}",
        where=str(table.path),
        remedy=f"Give a file that an audit wrote; this one has: {', '.join(table.columns)}.",
    )


def _category(said: str, labels: Labels, where: str) -> str:
    """The code of what was written: a label, or a name with its code behind it as `_shown` writes them."""
    code = labels.category(said) or labels.category(said.rpartition(" ")[2])
    if code is not None:
        return code
    near = labels.nearest(said)
    meant = f" Did you mean {near[0]}?" if near else ""
    raise TableError(
        f"unknown decision or category {said!r}",
        where=where,
        remedy=f"Write {', '.join(_CHOICES)}, or a category's name.{meant}",
    )


def apply(rows: Iterable[Labelled], decisions: Mapping[str, Decision]) -> tuple[list[Labelled], Applied]:
    """The rows as the analysts decided, and how many decisions of each kind that were.

    A decision is about all rows with its text and its label. One that was followed already finds no row any more.

    Examples
    --------
    >>> row = Labelled("年费太高", "atm_and_cash")
    >>> rows, applied = apply([row], {key_of(row): Decision("relabel", "card_fees")})
    >>> rows[0].category, applied.relabelled
    ('card_fees', 1)
    """
    decided: list[Labelled] = []
    times: Counter[str] = Counter()
    found = set()
    for row in rows:
        key = key_of(row)
        decision = decisions.get(key)
        if decision is None:
            decided.append(row)
            continue
        found.add(key)
        action = "keep" if decision.category == row.category else decision.action
        times[action] += 1
        if action == "relabel":
            others = tuple(code for code in row.secondary if code != decision.category)
            decided.append(replace(row, category=decision.category, secondary=others))
        elif action == "keep":
            decided.append(row)
    return decided, Applied(times["relabel"], times["keep"], times["drop"], len(decisions.keys() - found))
