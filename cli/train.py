"""``complaints train``: labelled complaints in, a judged model in the store out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.taxonomy import BUNDLED, Taxonomy
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
from cli.outcome import show_data, show_run, show_unknown, write_findings
from cli.spent import Spent
from cli.stages import stages
from cli.terminal import reporting
from cli.watched import end_with_watcher, say_data, say_sources, say_unknown
from models import Registry, store_path

if TYPE_CHECKING:
    from training import Run
    from training.history import Columns
    from training.preparing import Plan, Prepared
    from training.sources import Source


class SplitBy(StrEnum):
    """How the test part is chosen."""

    RANDOM = "random"
    TIME = "time"


class Preset(StrEnum):
    """Which pipeline is fitted."""

    LINEAR = "tfidf-linear.v5"
    STREAM = "tfidf-stream.v1"


def train(
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
    bundled: Annotated[
        bool | None,
        typer.Option(
            "--bundled/--no-bundled",
            help="同时学习自带语料；类别都在自带类别中时默认是 Learn from the bundled texts too; by default if their "
            "taxonomy has every category.",
        ),
    ] = None,
    split: Annotated[
        SplitBy, typer.Option(help="测试部分怎么选：随机，或最近的 Test part: at random, or the latest.")
    ] = SplitBy.RANDOM,
    test: Annotated[float, typer.Option(help="测试部分的比例 Share of the test part.", min=0.05, max=0.5)] = 0.2,
    preset: Annotated[
        Preset | None,
        typer.Option(help="超过15万条时用tfidf-stream.v1，内存有限 Beyond 150,000 rows the one that streams is used."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="随机种子 Seed: the same data and seed, the same model.")] = None,
    findings: Annotated[
        Path | None, typer.Option(help="有问题的行写到哪里 Where the offending rows go; by default beside the history.")
    ] = None,
    reason: Annotated[str, typer.Option(help="为什么训练，记入历史 Why; stands in the history.")] = "complaints train",
    check: Annotated[
        bool, typer.Option("--check", help="只查看数据，不训练 Look at the history and stop there.")
    ] = False,
    progress_json: Annotated[
        bool, typer.Option("--progress-json", help="进度和结果为JSON行 Progress and result as lines of JSON.")
    ] = False,
    on_behalf_of: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """训练模型并存入模型库：用已标注的历史，或自带语料。 Train on labelled history, or else on the bundled corpus."""
    if on_behalf_of is not None:  # the worker has started it, for somebody at the console
        end_with_watcher()
    spent = Spent()
    with reporting(as_json=progress_json):
        registry = Registry(store_path(), by=on_behalf_of)
        if not history and not sql:
            if check:
                raise typer.BadParameter("要有历史 needs a history: HISTORY, --sql", param_hint="--check")
            run, names = train_bundled(taxonomy or BUNDLED, reason=reason, as_json=progress_json, spent=spent)
        else:
            from training.fit import SEED
            from training.preparing import Plan

            sources, columns = opened(
                history, sql, query, sheet, encoding,
                text=text, label=label, at=at, channel=channel, customer=customer, group=group,
            )  # fmt: skip
            own = taxonomy.read_text(encoding="utf-8-sig") if taxonomy else None
            as_is = labels is LabelsAre.AS_IS
            fitted = preset and preset.value, SEED if seed is None else seed
            plan = Plan(own, as_is, skip_unknown, bundled, split.value, test, *fitted)
            beside = history[0].with_name(f"{history[0].stem}.findings.csv") if history else Path("findings.csv")
            prepared = _prepared(
                sources, columns, plan, registry, findings or beside, as_json=progress_json, spent=spent
            )
            if check:
                return
            run, names = _train_history(prepared, plan, registry, reason, as_json=progress_json, spent=spent)
        champion = registry.champion
    spent.end()
    show_run(run, names, spent, is_champion=champion == run.manifest.version, as_json=progress_json)


def train_bundled(
    taxonomy: Path, *, reason: str, as_json: bool = False, spent: Spent | None = None
) -> tuple[Run, Taxonomy]:
    """Train on the bundled corpus, showing how far it is. Raises `ComplaintsError`."""
    # Imported here: no other command needs scikit-learn, which takes seconds to load.
    from training import by_voice, read_bundled_corpus, read_signal_texts
    from training import train as run_training

    categories = Taxonomy.load(taxonomy)
    rows = read_bundled_corpus(categories)
    spent = spent or Spent()
    with stages(as_json=as_json) as progress:
        run = run_training(
            by_voice(rows),
            read_signal_texts(rows),
            taxonomy.read_text(encoding="utf-8-sig"),
            Registry(store_path()),
            reason=reason,
            progress=spent.through(progress),
        )
    return run, categories


def _prepared(
    sources: list[Source],
    columns: Columns,
    plan: Plan,
    registry: Registry,
    findings: Path,
    *,
    as_json: bool,
    spent: Spent,
) -> Prepared:
    from training.fit import learnt_already
    from training.labels import UnknownLabelsError
    from training.preparing import prepare

    if as_json:
        say_sources(sources)
    try:
        with stages(as_json=as_json) as progress:
            prepared = prepare(sources, columns, plan, spent.through(progress))
    except UnknownLabelsError as error:
        (say_unknown if as_json else show_unknown)(error)
        raise
    written = write_findings(prepared.report, findings)
    if as_json:
        learnt = learnt_already(registry, prepared.lesson)
        say_data(prepared, sources, columns, findings=written is not None, learnt=learnt)
    else:
        show_data(prepared.report, prepared.lesson, written)
    return prepared


def _train_history(
    prepared: Prepared, plan: Plan, registry: Registry, reason: str, *, as_json: bool, spent: Spent
) -> tuple[Run, Taxonomy]:
    from training import read_bundled_corpus, read_signal_texts
    from training import train as run_training

    with stages(as_json=as_json) as progress:
        run = run_training(
            prepared.lesson,
            read_signal_texts(read_bundled_corpus(Taxonomy.bundled())),
            prepared.taxonomy,
            registry,
            reason=reason,
            progress=spent.through(progress),
            preset=plan.preset,
            seed=plan.seed,
        )
    return run, Taxonomy.parse(prepared.taxonomy, source="taxonomy")
