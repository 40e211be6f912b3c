"""``complaints audit``: probably wrong labels, as a file to work through, and its way back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.taxonomy import Taxonomy
from cli.history import (
    At,
    Channel,
    Customer,
    Encoding,
    Files,
    Group,
    Label,
    LabelsAre,
    Query,
    Sheet,
    SkipUnknown,
    Sql,
    Text,
    opened,
)
from cli.outcome import show_unknown
from cli.stages import stages
from cli.terminal import out, reporting, result_table

if TYPE_CHECKING:
    from training.audit import Audit
    from training.labelled import Labelled

_SHOWN = 10


def audit(
    history: Files = None,
    sql: Sql = None,
    query: Query = None,
    text: Text = None,
    label: Label = None,
    at: At = None,
    channel: Channel = None,
    customer: Customer = None,
    group: Group = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    taxonomy: Annotated[Path | None, typer.Option(help="本行的类别文件 The bank's own taxonomy file (TOML).")] = None,
    labels: Annotated[
        LabelsAre, typer.Option(help="as-is：标签本身就是类别 as-is: the labels themselves are the categories.")
    ] = LabelsAre.TAXONOMY,
    skip_unknown: SkipUnknown = False,
    apply: Annotated[
        Path | None, typer.Option(help="把处理好的审查文件用到历史上 Apply an audit file that was worked through.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="默认audit.xlsx，或与--apply一起audited.csv The result.")
    ] = None,
) -> None:
    """找出可能标错的行；--apply把处理结果用回去。 Find probably wrong labels; --apply what was decided of them."""
    from training.fit import SEED
    from training.labels import UnknownLabelsError
    from training.preparing import Plan, read_history

    with reporting():
        if not history and not sql:
            raise typer.BadParameter("HISTORY 或 or --sql URL", param_hint="HISTORY")
        sources, columns = opened(
            history, sql, query, sheet, encoding,
            text=text, label=label, at=at, channel=channel, customer=customer, group=group,
        )  # fmt: skip
        own = taxonomy.read_text(encoding="utf-8-sig") if taxonomy else None
        plan = Plan(own, labels is LabelsAre.AS_IS, skip_unknown, None, "random", 0.2, None, SEED)
        try:
            with stages(as_json=False) as progress:
                rows, names, _ = read_history(sources, columns, plan, progress)
        except UnknownLabelsError as error:
            show_unknown(error)
            raise
        categories = Taxonomy.parse(names, source="taxonomy")
        if apply is not None:
            _apply(rows, apply, output or Path("audited.csv"), categories)
        else:
            _find(rows, output or Path("audit.xlsx"), categories, SEED)


def _find(rows: list[Labelled], output: Path, taxonomy: Taxonomy, seed: int) -> None:
    from training.audit import audit as run_audit
    from training.decisions import write_audit
    from training.split import near_duplicates, together

    with stages(as_json=False) as progress:
        alike = near_duplicates(rows, lambda done, total: progress("查重 near duplicates", done, total))
        found = run_audit(
            [row.text for row in rows],
            [row.category for row in rows],
            groups=together(rows, alike).astype(str).tolist(),
            seed=seed,
            progress=progress,
        )
    write_audit(output, found.suspects, rows, taxonomy)
    _show(found, rows, taxonomy)
    out.print(f"审查文件 audit: {output}", markup=False, soft_wrap=True)
    out.print("处理后 when worked through: complaints audit … --apply FILE", markup=False)


def _show(found: Audit, rows: list[Labelled], taxonomy: Taxonomy) -> None:
    table = result_table("现类别 label", "建议 suggested", "把握 confidence", "位置 place", text_columns=2)
    for suspect in found.suspects[:_SHOWN]:
        table.add_row(
            taxonomy[suspect.label].zh,
            taxonomy[suspect.suggested].zh,
            f"{suspect.probability:.2f}",
            rows[suspect.row].place.rpartition(", ")[2],
        )
    out.print(table)
    out.print(
        f"{len(rows):,} 行 rows，可能标错 probably wrong {len(found.suspects):,}；"
        f"估计标签噪声 estimated noise {found.noise:.1%}"
    )
    if found.passed_over:
        passed = "、".join(taxonomy[code].zh for code in found.passed_over)
        out.print(f"样本太少、未审查的类别 categories too small to audit: {passed}", markup=False, soft_wrap=True)


def _apply(rows: list[Labelled], decided: Path, output: Path, taxonomy: Taxonomy) -> None:
    from training.decisions import apply, read_decisions
    from training.sources import write_history

    kept, applied = apply(rows, read_decisions(decided, taxonomy))
    write_history(output, kept, taxonomy)
    out.print(
        f"改类 relabelled {applied.relabelled:,}，保留 kept {applied.kept:,}，删除 dropped {applied.dropped:,}，"
        f"找不到 not found {applied.not_found:,}"
    )
    out.print(f"结果 result: {output}（{len(kept):,} 行 rows）", markup=False, soft_wrap=True)
