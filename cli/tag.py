"""``complaints tag``: a whole file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.serving import Serving
from api.settings import load_settings
from classifier.tables import TEXT_COLUMNS, find_text_column, open_table, output_path
from classifier.tagging import Summary, tag_file
from classifier.taxonomy import Taxonomy
from cli.terminal import err, out, progress_bar, reporting, result_table
from models import Registry, store_path


def tag(
    file: Annotated[Path, typer.Argument(help="CSV、TSV、Excel、JSON Lines、Parquet")],
    text: Annotated[str | None, typer.Option(help="投诉内容所在列 Column that holds the complaint.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="结果文件 Result; its ending decides the format.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="工作表 Excel sheet; the first by default.")] = None,
    encoding: Annotated[str | None, typer.Option(help="编码 Encoding, where the bytes don't tell (big5).")] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="不处理会被当作公式的文本 Leave texts that would run as formulas.")
    ] = False,
) -> None:
    """标注一个文件：每行加上类别、把握、处理方式和部门。 Tag every row of a file."""
    with reporting():
        serving = Serving.of(Registry(store_path()).load(), load_settings().taxonomy).prepared()
        table = open_table(file, encoding=encoding, sheet=sheet, header=[text] if text else TEXT_COLUMNS)
        column = find_text_column(table, text)
        target = output or output_path(table, "tagged")
        bar = progress_bar()
        task = bar.add_task("标注 tagging", total=table.total)

        def show(done: int) -> None:
            bar.start()  # not before: it has a thread, and the processes for a long file are made without
            bar.update(task, completed=done)

        try:
            summary = tag_file(table, column, target, serving.bundle.model, serving.router, raw=raw, progress=show)
        finally:
            bar.stop()
    for note in (f"内容列 text column: {table.columns[column]}", *table.notes):
        err.print(note, markup=False)
    _show(summary, serving.taxonomy, target)


def _show(summary: Summary, taxonomy: Taxonomy, target: Path) -> None:
    shown = result_table("类别 category", "", "件数 rows", text_columns=2)
    for code, count in summary.categories.most_common():
        shown.add_row(taxonomy[code].zh, code, f"{count:,}")
    out.print(shown)
    out.print(
        f"共 {summary.rows:,} 行 rows，自动 auto {summary.decisions['auto']:,}，"
        f"人工复核 review {summary.decisions['review']:,}，有问题 with error {summary.errors:,}"
    )
    for line, problem in summary.examples:
        err.print(f"  第 {line} 行 line {line}: {problem}", markup=False)
    if summary.errors > len(summary.examples):
        err.print("  …… 其余见 error 列 the others are in the error column")
    out.print(f"结果 result: {target}", markup=False, soft_wrap=True)
