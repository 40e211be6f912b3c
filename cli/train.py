"""``complaints train``: labelled complaints in, a model in the store out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.signals import SIGNALS
from classifier.taxonomy import BUNDLED, Taxonomy
from cli.terminal import err, out, progress_bar, reporting, result_table
from models import Registry, store_path

if TYPE_CHECKING:
    from training import Run


def train(
    taxonomy: Annotated[Path | None, typer.Option(help="本行的类别文件 The bank's own taxonomy file (TOML).")] = None,
) -> None:
    """用自带语料训练模型并存入模型库。 Train on the bundled corpus and keep the model in the store."""
    with reporting():
        run = train_bundled(taxonomy or BUNDLED, reason="complaints train")
        champion = Registry(store_path()).champion
    categories = Taxonomy.parse((taxonomy or BUNDLED).read_text(encoding="utf-8-sig"), source=str(taxonomy))
    _show(run, categories, is_champion=champion == run.manifest.version)


def train_bundled(taxonomy: Path, *, reason: str) -> Run:
    """Train on the bundled corpus with a progress bar. Raises `ComplaintsError`."""
    # Imported here: no other command needs scikit-learn, which takes seconds to load.
    from training import read_bundled_corpus, read_signal_texts
    from training import train as run_training

    rows = read_bundled_corpus(Taxonomy.load(taxonomy))
    with progress_bar() as bar:
        task = bar.add_task("训练 training", total=None)
        return run_training(
            rows,
            read_signal_texts(rows),
            taxonomy.read_text(encoding="utf-8-sig"),
            Registry(store_path()),
            reason=reason,
            progress=lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total),
        )


def _show(run: Run, taxonomy: Taxonomy, *, is_champion: bool) -> None:
    metrics = run.manifest.metrics
    out.print(f"交叉验证 {metrics['method']}")
    table = result_table("类别 category", "", "精确率 precision", "召回率 recall", "F1", "条数 texts", text_columns=2)
    for score in run.out_of_fold.by_category():
        table.add_row(
            taxonomy[score.category].zh,
            score.category,
            f"{score.precision:.2f}",
            f"{score.recall:.2f}",
            f"{score.f1:.2f}",
            str(score.support),
        )
    out.print(table)
    _show_signals(run)
    out.print(
        f"正确率 accuracy {metrics['accuracy']:.3f}，前三 top-3 {metrics['top3']:.3f}，"
        f"macro-F1 {metrics['macro_f1']:.3f}\n"
        f"自动 auto {metrics['auto_coverage']:.1%}，其中正确 precision {metrics['auto_precision']:.3f}"
    )
    out.print(
        f"已存 kept: {run.manifest.version}" + ("（在用 champion）" if is_champion else ""),
        markup=False,
        soft_wrap=True,
    )
    if not is_champion:
        err.print("在用模型未变。 The champion is unchanged: it is still the first model of this store.")


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
