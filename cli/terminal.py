"""The terminal: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer
from rich.console import Console, JustifyMethod
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from classifier.errors import ComplaintsError

out: Final = Console(highlight=False)
err: Final = Console(stderr=True, highlight=False)


@contextmanager
def reporting(*, as_json: bool = False) -> Iterator[None]:
    """Turn every error the program raises on purpose into one line and status 2; also in JSON, for who watches."""
    try:
        yield
    except ComplaintsError as error:
        if as_json:
            print(json.dumps({"error": str(error)}, ensure_ascii=False), flush=True)  # noqa: T201
        err.print("[bold red]错误 error[/]", end=" ")
        err.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(2) from error


def result_table(*headers: str, text_columns: int) -> Table:
    """A plain table: the first columns are text, the others numbers; nothing is cut off."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, header in enumerate(headers):
        justify: JustifyMethod = "left" if number < text_columns else "right"
        table.add_column(header.replace(" ", "\n"), justify=justify, no_wrap=True, overflow="fold")
    return table


def progress_bar() -> Progress:
    """A bar with stage, count, elapsed and remaining time."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
    )
