"""``complaints events``: what happened to cases, as a file."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from api.access.caller import LOCAL, Caller
from api.casework import Casework
from api.eventfile import COLUMNS, tell_file
from api.rules import Rules
from api.service import Service
from api.settings import load_settings
from api.storage import UNAVAILABLE, cause, open_database
from classifier.errors import ComplaintsError
from classifier.tables import open_table, output_path
from cli.terminal import err, out, progress_bar, reporting
from models import Registry, store_path


def events(
    file: Annotated[Path, typer.Argument(help="CSV、TSV、Excel、JSON Lines、Parquet")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="结果文件 Result; its ending decides the format.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="工作表 Excel sheet; the first by default.")] = None,
    encoding: Annotated[str | None, typer.Option(help="编码 Encoding, where the bytes don't tell (big5).")] = None,
) -> None:
    """登记办理情况：受理、首次响应、延期、办结、撤诉、重开、回访。 Add what happened to cases, each row once."""
    with reporting():
        settings = load_settings()
        database = open_database(settings.cases)
        table = open_table(file, encoding=encoding, sheet=sheet, header=["event", *COLUMNS["event"]])
        target = output or output_path(table, "events")
        service = Service(Registry(store_path()).load(), settings.taxonomy)
        try:
            Rules(database, service, settings.calendar)  # a reopened case goes by the rules in force
            with progress_bar() as bar:
                task = bar.add_task("登记 adding", total=table.total)
                summary = tell_file(
                    table,
                    target,
                    Casework(service, database),
                    Caller(getpass.getuser(), LOCAL.scopes),
                    progress=lambda done: bar.update(task, completed=done),
                )
        except UNAVAILABLE as error:
            raise ComplaintsError(
                f"does not answer ({cause(error)})",
                where="the case database",
                remedy="Give the same file again later: what is kept is not doubled.",
            ) from error
        finally:
            database.dispose()
    for note in table.notes:
        err.print(note, markup=False)
    kept, known, refused = (summary.results[result] for result in ("kept", "known", "refused"))
    out.print(f"登记 kept {kept:,}，早已登记 known {known:,}，未登记 refused {refused:,}")
    for line, problem in summary.examples:
        err.print(f"  第 {line} 行 line {line}: {problem}", markup=False, soft_wrap=True)
    if refused > len(summary.examples):
        err.print("  …… 其余见 problem 列 the others are in the problem column")
    out.print(f"结果 result: {target}", markup=False, soft_wrap=True)
