"""``complaints compare``, ``promote`` and ``rollback``: which model serves, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.history import At, Channel, Customer, Encoding, Label, Query, Sheet, SkipUnknown, Sql, Text, opened
from cli.outcome import show_unknown
from cli.stages import say, stages
from cli.terminal import err, out, reporting, result_table
from cli.watched import end_with_watcher, say_sources, say_unknown
from models import Registry, store_path

if TYPE_CHECKING:
    from training.compare import Comparison

On = Annotated[
    list[Path] | None,
    typer.Option("--on", help="用哪些已标注的数据比 Labelled complaints to compare on; may be repeated."),
]
Reason = Annotated[str, typer.Option(help="为什么，记入历史 Why; stands in the history.")]


def compare(
    old: Annotated[str, typer.Argument(help="旧模型：版本名、其中一段，或champion The old model.")],
    new: Annotated[str, typer.Argument(help="新模型 The new model.")],
    on: On = None,
    sql: Sql = None,
    query: Query = None,
    text: Text = None,
    label: Label = None,
    at: At = None,
    channel: Channel = None,
    customer: Customer = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    skip_unknown: SkipUnknown = False,
    as_json: Annotated[bool, typer.Option("--json", help="全部结果为JSON All of it as JSON.")] = False,
    on_behalf_of: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """在同一批数据上比较两个模型，给出结论。 Compare two models on the same rows; the verdict is kept."""
    from training.compare import compare as run_comparison
    from training.fit import SEED
    from training.labels import UnknownLabelsError
    from training.preparing import read_for_both

    if on_behalf_of is not None:  # the worker has started it, for somebody at the console
        end_with_watcher()
    with reporting(as_json=as_json):
        if not on and not sql:
            raise typer.BadParameter("--on FILE 或 or --sql URL", param_hint="--on")
        registry = Registry(store_path(), by=on_behalf_of)
        bundles = [registry.load(registry.resolve(name)) for name in (old, new)]
        sources, columns = opened(
            on, sql, query, sheet, encoding, text=text, label=label, at=at, channel=channel, customer=customer
        )
        if on_behalf_of is not None:
            say_sources(sources)
        try:
            with stages(as_json=as_json) as progress:
                rows, report = read_for_both(sources, columns, bundles[1].taxonomy, progress, skip_unknown=skip_unknown)
        except UnknownLabelsError as error:
            (say_unknown if as_json else show_unknown)(error)
            raise
        if not as_json and (unknown := report.counts.get("unknown_label")):
            err.print(f"类别不认识的{unknown:,}行不算。 Left out: {unknown:,} rows whose label means no category.")
        found = run_comparison(bundles[0], bundles[1], rows, SEED)
        registry.compared(found.new, found.old, verdict=found.verdict, reason=found.en)
    if as_json:
        say(found.document())
        return
    _show(found)


def _show(found: Comparison) -> None:
    if found.seen:
        err.print(f"学过的{found.seen:,}条不算。 Left out: {found.seen:,} rows that one of them has learnt from.")
    table = result_table(
        "类别 category", "", "旧 old", "新 new", "召回率差 recall Δ", "95%", "条数 rows", text_columns=2
    )
    for each in found.categories:
        recall = each["recall"]
        mark = "[red]▼[/] " if each["below_floor"] else "★ " if each["critical"] else ""
        table.add_row(
            mark + each["zh"],
            each["code"],
            _share(recall["old"]["value"]),
            _share(recall["new"]["value"]),
            f"{recall['difference']['value']:+.2f}",
            f"[{recall['difference']['low']:+.2f}, {recall['difference']['high']:+.2f}]".replace("[", r"\["),
            f"{each['rows']:,}",
        )
    out.print(table)
    if any(each["critical"] for each in found.categories):
        out.print("★ 重点类别：召回率不得下降超过0.05 critical: must not lose more than 0.05 of recall")
    out.print("最说明问题的分歧 the most telling disagreements:")
    names = {each["code"]: each["zh"] for each in found.categories}
    for each in found.disagreements:
        label, old, new = (names.get(each[whose], each[whose]) for whose in ("label", "old", "new"))
        who = "新对 new" if each["new"] == each["label"] else "旧对 old"
        out.print(
            f"  {who}  {label}  旧 old {old} {each['old_confidence']:.2f}  "
            f"新 new {new} {each['new_confidence']:.2f}\n    {_short(each['text'])}",
            markup=False,
            soft_wrap=True,
        )
    for name, both in (("正确率 accuracy", found.accuracy), ("macro-F1", found.macro_f1)):
        change = both["difference"]
        out.print(
            f"{name}: 旧 old {both['old']['value']:.3f}，新 new {both['new']['value']:.3f}，"
            f"差 difference {change['value']:+.3f} [{change['low']:+.3f}, {change['high']:+.3f}]",
            markup=False,
        )
    out.print(f"结论 verdict: {found.zh}\n{found.en}", markup=False, soft_wrap=True)


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"


def _short(text: str, limit: int = 90) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[:limit] + "…"


def promote(
    version: Annotated[str, typer.Argument(help="版本名或其中一段 A version, or part of its name.")],
    reason: Reason = "",
    force: Annotated[
        bool, typer.Option("--force", help="不管结论，需写明--reason Whatever the verdict; needs --reason.")
    ] = False,
) -> None:
    """让一个模型上线：按与在用模型比较的结论。 Let a model serve, as the comparison with the champion allows."""
    with reporting():
        if force and not reason.strip():
            raise typer.BadParameter("--force需要--reason needs --reason", param_hint="--reason")
        registry = Registry(store_path())
        chosen = registry.resolve(version)
        said = registry.verdict(chosen)
        registry.promote(chosen, reason=reason or (said.reason if said else ""), force=force)
    out.print(f"在用 champion: {chosen}", markup=False, soft_wrap=True)


def rollback(reason: Reason = "complaints rollback") -> None:
    """退回上一个在用模型。 Let the model serve again that served before."""
    with reporting():
        chosen = Registry(store_path()).rollback(reason=reason)
    out.print(f"在用 champion: {chosen}", markup=False, soft_wrap=True)
