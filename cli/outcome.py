"""What a training run shows: the look at its data, and how good the model is."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from classifier.errors import TableError
from classifier.signals import SIGNALS
from classifier.taxonomy import Taxonomy
from cli.spent import Spent
from cli.stages import say
from cli.terminal import err, out, result_table

if TYPE_CHECKING:
    from training import Run
    from training.findings import DataReport
    from training.labels import UnknownLabelsError
    from training.lesson import Lesson

_MONTHS: Final = 12
"""The latest that are shown."""


def show_data(report: DataReport, lesson: Lesson, written: Path | None) -> None:
    """What was read, what was left out and why."""
    from training.findings import KINDS

    for name, rows, notes in report.sources:
        err.print(f"{name}: {rows:,} 行 rows", markup=False, soft_wrap=True)
        for note in notes:
            err.print(f"  {note}", markup=False, soft_wrap=True)
    table = result_table("数据 data", "", "行数 rows", "占比 share", text_columns=2)

    def add(zh: str, en: str, rows: int) -> None:
        table.add_row(zh, en, f"{rows:,}", f"{rows / max(report.read, 1):.1%}")

    add("读取", "read", report.read)
    for kind, rows in report.counts.items():
        if kind != "few":
            add(f"　{'剔除' if KINDS[kind].dropped else '保留'}：{KINDS[kind].zh}", KINDS[kind].en, rows)
    add("可用", "usable", report.kept)
    add("　其中已脱敏", "personal data masked", report.masked)
    add("　训练部分", "training part", sum(not row.voice for row in lesson.rows))
    add("　测试部分", lesson.method, len(lesson.test))
    out.print(table)
    if bundled := sum(bool(row.voice) for row in lesson.rows):
        out.print(f"另学自带语料 bundled texts learnt from too: {bundled:,}")
    lengths = report.lengths
    out.print(
        f"长度 characters: {lengths['least']}–{lengths['most']}，"
        f"四分位 quartiles {lengths['quarter']} / {lengths['half']} / {lengths['three_quarters']}"
    )
    if report.months:
        by_month = "，".join(f"{month} {rows:,}" for month, rows in [*report.months.items()][-_MONTHS:])
        out.print(f"月份 months: {by_month}", soft_wrap=True)
    few = [finding for finding in report.findings if finding.kind == "few"]
    if few:
        named = "、".join(f"{finding.label} {finding.detail.partition(' ')[0]}" for finding in few)
        out.print(f"样本偏少、难以评判的类别 categories too small to judge well: {named}", soft_wrap=True)
    if written is not None:
        out.print(f"有问题的行 offending rows: {written}", markup=False, soft_wrap=True)


def write_findings(report: DataReport, path: Path) -> Path | None:
    """Write the offending rows, if there are any. Raises `TableError` if that cannot be done."""
    from training.findings import COLUMNS, finding_rows

    placed = [finding for finding in report.findings if finding.place]
    if not placed:
        return None
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *finding_rows(placed)])
    except OSError as error:
        raise TableError(
            f"cannot be written ({error.strerror})", where=str(path), remedy="Name another place with --findings."
        ) from error
    return path


def show_unknown(error: UnknownLabelsError) -> None:
    """The labels that mean no category, with what they may mean."""
    table = result_table("未知类别 unknown label", "最接近的 nearest", "行数 rows", text_columns=2)
    for label, rows, nearest in error.unknown:
        table.add_row(label, "、".join(nearest) or "—", f"{rows:,}")
    out.print(table)


def show_run(run: Run, taxonomy: Taxonomy, spent: Spent, *, is_champion: bool, as_json: bool) -> None:
    """How good the model is, whether it serves now, and where the time went."""
    version, metrics = run.manifest.version, run.manifest.metrics
    if as_json:
        seconds = {stage: round(each, 1) for stage, each in spent.seconds.items()}
        comparison = None if run.comparison is None else run.comparison.document()
        told = {"version": version, "champion": is_champion, "metrics": metrics, "comparison": comparison}
        say({**told, "seconds": seconds})
        return
    _show_categories(run.report, taxonomy)
    test = metrics.get("test")
    if not test:  # what a history teaches leaves the signals as they are
        _show_signals(run)
    out.print(f"评判方法 method: {run.report['method']}")
    if test:
        _show_figures(f"测试部分 {test['rows']:,} 条 test part", test, run.report["overall"])
        _show_figures("训练部分交叉验证 out of fold", metrics, None)
    else:
        _show_figures("交叉验证 out of fold", metrics, run.report["overall"])
    out.print(
        f"已存 kept: {version}" + ("（在用 champion）" if is_champion else ""),
        markup=False,
        soft_wrap=True,
    )
    out.print(f"报告 report: complaints models report {version}", markup=False, soft_wrap=True)
    if run.comparison is not None:
        said = f"{run.comparison.zh}\n{run.comparison.en}"
        out.print(f"与在用模型比 against the champion: {said}", markup=False, soft_wrap=True)
    spent.show()
    if not is_champion:
        err.print("在用模型未变。 The champion is unchanged. complaints compare, complaints promote", soft_wrap=True)


def _show_figures(title: str, figures: dict[str, Any], intervals: dict[str, Any] | None) -> None:
    shown = []
    for name, zh in (("accuracy", "正确率"), ("top3", "前三"), ("macro_f1", "macro-F1")):
        between = intervals and intervals[name]
        extent = f" [{between['low']:.3f}, {between['high']:.3f}]" if between and between["low"] is not None else ""
        shown.append(f"{zh} {figures[name]:.3f}{extent}")
    out.print(
        f"{title}: {'，'.join(shown)}\n"
        f"  自动 auto {figures['auto_coverage']:.1%}，其中正确 precision {figures['auto_precision']:.3f}",
        markup=False,
        soft_wrap=True,
    )


def _show_categories(report: dict[str, Any], taxonomy: Taxonomy) -> None:
    table = result_table("类别 category", "", "精确率 precision", "召回率 recall", "F1", "条数 texts", text_columns=2)
    for score in report["categories"]:
        if not score["support"]:
            continue
        table.add_row(
            taxonomy[score["code"]].zh,
            score["code"],
            *(f"{score[name]['value'] or 0:.2f}" for name in ("precision", "recall", "f1")),
            f"{score['support']:,}",
        )
    out.print(table)


def _show_signals(run: Run) -> None:
    table = result_table(
        "信号 signal",
        "",
        "精确率 precision",
        "召回率 recall",
        "误报‰ false‰",
        "混淆‰ mixed‰",
        "条数 texts",
        text_columns=2,
    )
    for score in run.signals:
        table.add_row(
            SIGNALS[score.code][0],
            score.code,
            f"{score.precision:.2f}",
            f"{score.recall:.2f}",
            f"{score.false_alarms * 1_000:.1f}",
            f"{score.mistaken * 1_000:.0f}",
            str(score.texts),
        )
    out.print(table)
