"""The options by which `train`, `audit` and `compare` are told of a labelled history."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.settings import load_settings

if TYPE_CHECKING:
    from training.history import Columns
    from training.sources import Source

_OWN_CASES = "cases"


class LabelsAre(StrEnum):
    """Where categories come from."""

    TAXONOMY = "taxonomy"
    AS_IS = "as-is"


SkipUnknown = Annotated[
    bool,
    typer.Option(
        "--skip-unknown", help="略去类别不认识的行 Leave out rows whose label means no category, instead of stopping."
    ),
]
Files = Annotated[
    list[Path] | None,
    typer.Argument(
        help="已标注的历史：CSV、TSV、Excel、JSON Lines、Parquet，可以多个 Labelled complaints, one file or several."
    ),
]
Sql = Annotated[
    str | None,
    typer.Option(
        help="从数据库读：地址，或cases（本服务的案件库） Read a database: its URL, or cases, the service's own."
    ),
]
Query = Annotated[
    str | None, typer.Option(help="查询语句，默认labelled_history全部 By default all of labelled_history.")
]
Text = Annotated[str | None, typer.Option(help="投诉内容所在列 Column that holds the complaint.")]
Label = Annotated[str | None, typer.Option(help="类别所在列 Column that holds the category.")]
At = Annotated[str | None, typer.Option(help="时间所在列 Column that holds the moment of arrival.")]
Channel = Annotated[str | None, typer.Option(help="渠道所在列 Column that holds the channel.")]
Customer = Annotated[str | None, typer.Option(help="客户所在列：同一客户不拆开 Customers; theirs stay together.")]
Group = Annotated[
    str | None, typer.Option(help="分组所在列：同一组不拆开 Groups, such as branches; they stay together.")
]
Sheet = Annotated[str | None, typer.Option(help="工作表 Excel sheet; the first by default.")]
Encoding = Annotated[str | None, typer.Option(help="编码 Encoding, where the bytes don't tell (big5).")]


def opened(
    files: list[Path] | None,
    sql: str | None,
    query: str | None,
    sheet: str | None,
    encoding: str | None,
    **columns: str | None,
) -> tuple[list[Source], Columns]:
    """Open all sources; `columns` are the titles given by the user. Raises `ComplaintsError`."""
    # Imported here: no other command needs what training does, which takes seconds to load.
    from training.history import Columns, titles
    from training.sources import QUERY, open_file, open_query

    given = {field: title for field, title in columns.items() if title is not None}
    sources = [open_file(path, titles(given), encoding=encoding, sheet=sheet) for path in files or ()]
    if sql:
        own = sql == _OWN_CASES
        sources.append(open_query(load_settings().cases if own else sql, query or QUERY, own=own and query is None))
    return sources, Columns(given)
