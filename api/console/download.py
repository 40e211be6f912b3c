"""Tables to take home, sent row by row: neither held in memory nor in the way of other requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal
from urllib.parse import quote

from fastapi.responses import StreamingResponse

_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table(rows: Iterable[Sequence[Any]], kind: Literal["csv", "xlsx"], name: str) -> StreamingResponse:
    """A table as an answer.

    Parameters
    ----------
    rows : iterable of sequence
        The first is the header. They are asked for on a thread, as they go out.
    kind : {'csv', 'xlsx'}
    name : str
        Of the file, without its ending.
    """
    from classifier.tables.streaming import csv_lines, workbook  # with it come 40 MiB of libraries

    headers = {
        "content-disposition": f"attachment; filename=\"table.{kind}\"; filename*=UTF-8''{quote(name)}.{kind}",
        "cache-control": "no-store",
    }
    if kind == "csv":
        return StreamingResponse(csv_lines(rows), media_type="text/csv; charset=utf-8", headers=headers)
    return StreamingResponse(workbook(rows, "complaints"), media_type=_EXCEL, headers=headers)
