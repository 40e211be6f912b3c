"""What ``complaints train --progress-json`` tells a program that watches, beside its steps: a line of JSON each."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from classifier.masking import mask
from classifier.tables.cells import as_text
from classifier.taxonomy import Taxonomy
from cli.stages import say

if TYPE_CHECKING:
    from training.history import Columns
    from training.labels import UnknownLabelsError
    from training.preparing import Prepared
    from training.sources import Source

_LOOKED_AT: Final = 20
"""Rows among which an example of each column is looked for."""
_SHOWN: Final = 60
"""Characters of a title or an example: enough to tell a column by."""


def end_with_watcher() -> None:
    """End this run, with all it has started, when whoever holds the other side of standard input is gone."""
    # Imported here: with it come the metrics, which `serve` must have a place for before.
    from api.jobs.worker import end_with_input

    end_with_input(sys.stdin.fileno(), lambda: os.killpg(0, signal.SIGKILL))


def say_sources(sources: Sequence[Source]) -> None:
    """The columns of each source, each with an example, personal data masked: from these a person chooses."""
    say({"sources": [{"name": source.name, "own": source.own, "columns": _examples(source)} for source in sources]})


def _examples(source: Source) -> list[dict[str, str]]:
    rows = [entry.cells for entry in islice(source.entries(), _LOOKED_AT)]
    columns = []
    for place, title in enumerate(source.columns):
        cells = (as_text(row[place]).strip() for row in rows if place < len(row))
        columns.append({"title": title, "example": mask(next(filter(None, cells), ""))[:_SHOWN]})
    return columns


def say_unknown(error: UnknownLabelsError) -> None:
    """The labels that mean no category, with what they may mean."""
    unknown = [{"label": mask(label)[:_SHOWN], "rows": rows, "nearest": near} for label, rows, near in error.unknown]
    say({"unknown": unknown})


def say_data(
    prepared: Prepared, sources: Sequence[Source], columns: Columns, *, findings: bool, learnt: int | None
) -> None:
    """What was read, what was left out and why, how it was parted; whether the offending rows were written down.

    `learnt` is of how many rows of the test part the champion has learnt; None if nobody knows.
    """
    report, lesson = prepared.report, prepared.lesson
    names = Taxonomy.parse(prepared.taxonomy, source="taxonomy")
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "rows": rows,
            "own": source.own,
            "columns": {field: source.columns[place] for field, place in columns.of(source).items()},
            "notes": list(source.notes),
        }
        for source, (name, rows, _) in zip(sources, report.sources, strict=True)
    ]
    say(
        {
            "data": {
                **report.document(),
                "sources": found,
                "categories": [
                    {"code": code, "zh": names[code].zh, "en": names[code].en, "rows": rows}
                    for code, rows in report.categories.most_common()
                ],
                "bundled": sum(bool(row.voice) for row in lesson.rows),
                "train": sum(not row.voice for row in lesson.rows),
                "test": len(lesson.test),
                "method": lesson.method,
                "findings_written": findings,
                "learnt_already": learnt,
            }
        }
    )
