"""Where labelled histories come from, files and queries of a database; and a file for one that was worked over."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from classifier.errors import CorpusError, TableError
from classifier.tables import TEXT_COLUMNS, open_table
from classifier.tables.cells import neutralised
from classifier.taxonomy import Taxonomy
from training.labelled import Labelled

QUERY: Final = "SELECT * FROM labelled_history"
"""What is asked of a database by default: the view of the case database (docs/storage.md)."""

_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a source: its cells, where it stands, and what is wrong with it already."""

    cells: Sequence[Any]
    place: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A table of labelled complaints.

    Attributes
    ----------
    name : str
    columns : list of str
    entries : callable
        Gives the rows, as often as it is called.
    total : int or None
        How many rows there are, where that is known before they are read.
    notes : list of str
        What a person should know: the encoding, sheets that are not read.
    own : bool
        Whether it is the service's own: its columns have their names, whatever titles are given for those of files.
    """

    name: str
    columns: list[str]
    entries: Callable[[], Iterator[Entry]]
    total: int | None
    notes: list[str]
    own: bool = False


def open_file(path: Path, header: Sequence[str], *, encoding: str | None = None, sheet: str | None = None) -> Source:
    """Open a file; `header` are names of which its header has one. Raises `TableError`."""
    table = open_table(path, encoding=encoding, sheet=sheet, header=[*TEXT_COLUMNS, *header])

    def entries() -> Iterator[Entry]:
        for block in table.blocks():
            for row in block.rows:
                yield Entry(row.cells, f"{path}, line {row.line}", row.error)

    return Source(str(path), table.columns, entries, table.total, table.notes)


def open_query(url: str, query: str = QUERY, *, own: bool = False) -> Source:
    """Ask a database.

    Parameters
    ----------
    url : str
        ``sqlite:////folder/cases.db``, ``postgresql://user:password@host/name``.
    query : str
        Its columns are found by their names, as those of a file.
    own : bool
        As `Source` has it.

    Raises
    ------
    CorpusError
        If the database does not answer, or does not understand.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(parsed)
    except (ArgumentError, SQLAlchemyError, ImportError) as error:
        raise CorpusError(
            "is not the address of a database", where="--sql", remedy="Use sqlite:///cases.db or postgresql://…"
        ) from error
    name = parsed.render_as_string(hide_password=True)
    if parsed.drivername == "sqlite" and parsed.database and not Path(parsed.database).is_file():
        raise CorpusError("there is no such database", where=name, remedy="Correct --sql.")

    def asked() -> Iterator[Sequence[Any]]:
        """The names of the columns, then the rows."""
        try:
            with engine.connect().execution_options(stream_results=True, yield_per=_AT_ONCE) as connection:
                result = connection.execute(text(query))
                yield list(result.keys())
                yield from result
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
            raise CorpusError(f"cannot be asked ({reason})", where=name, remedy="Correct --sql or --query.") from error
        finally:
            engine.dispose()

    columns = list(map(str, next(asked())))

    def entries() -> Iterator[Entry]:
        rows = asked()
        next(rows)
        for number, cells in enumerate(rows, start=1):
            yield Entry(cells, f"{name}, row {number}")

    return Source(name, columns, entries, None, [], own)


COLUMNS: Final = ("text", "label", "secondary", "channel", "at", "customer", "group", "selection")
"""Of a history that is written."""


def write_history(path: Path, rows: Iterable[Labelled], taxonomy: Taxonomy) -> None:
    """Write labelled complaints as a CSV file that can be read again, categories by their Chinese names.

    Raises
    ------
    TableError
        If it cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            written = csv.writer(file)
            written.writerow(COLUMNS)
            for row in rows:
                secondary = ";".join(taxonomy[code].zh for code in row.secondary)
                at = row.at.isoformat(" ") if row.at else ""
                cells = (row.text, taxonomy[row.category].zh, secondary, row.channel, at)
                written.writerow(map(neutralised, (*cells, row.customer, row.group, row.selection)))
    except OSError as error:
        raise TableError(
            f"cannot be written ({error.strerror})", where=str(path), remedy="Name another place with -o."
        ) from error
