"""What would become of cases under other rules, before anyone switches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from sqlalchemy import func, select

from api.deciding import kept_facts
from api.jobs.rows import Columns
from api.life import Life
from api.serving import Serving, facts_of
from api.storage import Database
from api.storage.schema import COMPLAINTS, PREDICTIONS, STANDING
from classifier.errors import TextError
from classifier.masking import mask
from classifier.routing import Decision, Facts, Router
from classifier.tables import TEXT_COLUMNS, find_text_column, open_table

_EXAMPLES: Final = 3
_LISTED: Final = 200
_SHOWN: Final = 40
_CHUNK: Final = 1_000

Case = tuple[str, str, Facts]
"""What it is called, its text with personal data masked, and what is known of it."""


@dataclass(slots=True)
class Move:
    """Cases that would go from one place to another.

    Attributes
    ----------
    cases : int
    examples : list of (str, str)
        Name and beginning of the first few.
    """

    cases: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Changed:
    """A case that would fare otherwise.

    Attributes
    ----------
    name, text : str
        What it is called, and its beginning.
    changes : dict of str to (str, str)
        By what changes (in words), from and to.
    """

    name: str
    text: str
    changes: dict[str, tuple[str, str]]


@dataclass(slots=True)
class Comparison:
    """How two sets of rules differ on some cases.

    Attributes
    ----------
    cases, unread, changed : int
        All that were routed; those that could not be read; those of the former that differ in anything.
    moves : dict of (str, str, str) to Move
        By what changes (in words), from, and to.
    first : list of Changed
        The first `_LISTED` of those that differ.
    """

    cases: int = 0
    unread: int = 0
    changed: int = 0
    moves: dict[tuple[str, str, str], Move] = field(default_factory=dict)
    first: list[Changed] = field(default_factory=list)

    def most(self) -> list[tuple[tuple[str, str, str], Move]]:
        """The moves, those of most cases first."""
        return sorted(self.moves.items(), key=lambda move: (-move[1].cases, move[0]))


def compare(
    cases: Iterable[Case | None], now: Router, then: Router, progress: Callable[[int], None] = lambda _: None
) -> Comparison:
    """Route cases by the rules of now and of then.

    Parameters
    ----------
    cases : iterable
        None stands for one that cannot be read.
    now, then : Router
    progress : callable
        Told the number of cases done.
    """
    comparison = Comparison()
    for number, case in enumerate(cases, start=1):
        if case is None:
            comparison.unread += 1
            continue
        name, text, facts = case
        comparison.cases += 1
        before, after = (_told(router.route(facts), facts.arrived) for router in (now, then))
        changes = {what: (value, after[what]) for what, value in before.items() if after[what] != value}
        comparison.changed += bool(changes)
        if changes and len(comparison.first) < _LISTED:
            comparison.first.append(Changed(name, _shown(text), changes))
        for what, (value, other) in changes.items():
            move = comparison.moves.setdefault((what, value, other), Move())
            move.cases += 1
            if len(move.examples) < _EXAMPLES:
                move.examples.append((name, _shown(text)))
        if not number % _CHUNK:
            progress(number)
    return comparison


def _told(decision: Decision, arrived: datetime) -> dict[str, str]:
    """What a department sees of a decision."""
    return {
        "部门 department": decision.department.zh,
        "协办 co-departments": "、".join(department.zh for department in decision.co_departments) or "—",
        "队列 queue": decision.queue,
        "优先级 priority": decision.priority,
        "首次回应 first response": _length(decision.first_response.at - arrived),
        "办结 resolution": _length(decision.resolution.at - arrived),
    }


def _length(left: timedelta) -> str:
    """A length of time as people say it: dates would make every case a move of its own."""
    hours = left / timedelta(hours=1)
    if hours < 1:
        return f"{left // timedelta(minutes=1)}分钟"
    return f"{hours:.0f}小时" if hours <= 48 else f"{left // timedelta(days=1)}天"


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def of_file(path: Path, serving: Serving, text_column: str | None = None) -> Iterator[Case | None]:
    """The complaints of a file. Raises `TableError`."""
    table = open_table(path, header=[text_column] if text_column else TEXT_COLUMNS)
    columns = Columns(table, find_text_column(table, text_column))
    for block in table.blocks():
        for row in block.rows:
            try:
                request = None if row.error else columns.request(row.cells)
                prediction = request and serving.bundle.model.predict([request.text])[0]
            except (ValidationError, TextError):
                request = prediction = None
            if request and prediction:
                name = request.complaint_id or f"第{row.line}行 line {row.line}"
                yield name, mask(request.text), facts_of(request, prediction)
            else:
                yield None


def of_database(database: Database, limit: int | None = None) -> Iterator[Case]:
    """The kept cases whose persons have not been erased, as last judged, the newest first, `limit` at most."""
    newest = select(func.max(PREDICTIONS.c.number)).where(PREDICTIONS.c.complaint == COMPLAINTS.c.number)
    said = select(func.max(STANDING.c.number)).where(STANDING.c.complaint == COMPLAINTS.c.number)
    asked = (
        select(
            COMPLAINTS,
            PREDICTIONS.c.category,
            PREDICTIONS.c.confidence,
            PREDICTIONS.c.verdict,
            PREDICTIONS.c.secondary,
            PREDICTIONS.c.signals,
            STANDING.c.category.label("corrected"),
        )
        .join(PREDICTIONS, PREDICTIONS.c.number == newest.correlate(COMPLAINTS).scalar_subquery())
        .outerjoin(STANDING, STANDING.c.number == said.correlate(COMPLAINTS).scalar_subquery())
        .where(COMPLAINTS.c.erased_at.is_(None))
        .order_by(COMPLAINTS.c.number.desc())
        .limit(limit)
    )
    with database.connect() as connection:
        for row in connection.execution_options(yield_per=_CHUNK).execute(asked).mappings():
            yield row["complaint_id"], row["text"], kept_facts(row, row, Life(), row["corrected"])
