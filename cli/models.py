"""``complaints models``: what the store holds, what happened to it, and models from and to other machines."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from classifier.errors import ComplaintsError
from classifier.routing import in_china
from cli.terminal import err, out, reporting, result_table
from models import Registry, store_path
from models.checks import leftovers, verify
from models.transfer import bundle_key, export_bundle, import_bundle

models = typer.Typer(
    invoke_without_command=True,
    help="模型库：列出、历史、校验、模型卡、导出、导入、旁听。 Kept models: list, log, verify, card, transfer, shadow.",
)

Version = Annotated[str, typer.Argument(help="版本名、其中一段，或champion A version, part of its name, or champion.")]

_ACTS: Final = {
    "kept": "存入 kept",
    "compared": "比较 compared",
    "promoted": "上线 promoted",
    "rolled_back": "回退 rolled back",
    "shadowed": "旁听 shadowed",
}


@models.callback()
def show(context: typer.Context) -> None:
    """列出模型库里的模型。 List the kept models; each is checked against its hashes."""
    if context.invoked_subcommand is not None:
        return
    with reporting():
        registry = Registry(store_path())
        versions, champion, challenger = registry.versions(), registry.champion, registry.challenger
    if not versions:
        out.print(f"模型库是空的 the store is empty: {registry.store}", soft_wrap=True)
        out.print("先训练一个： train one with: complaints train")
        return
    states = {challenger: "旁听 shadow", champion: "在用 champion"}
    table = result_table("", "版本 version", "状态 state", "条数 rows", "macro-F1", text_columns=3)
    for version in versions:
        mark = "★" if version == champion else ""
        try:
            manifest = registry.load(version).manifest
        except ComplaintsError as error:
            table.add_row(mark, version, "[red]不可用 unusable[/]")
            err.print(str(error), markup=False, soft_wrap=True)
            continue
        rows, macro_f1 = manifest.data.get("rows"), manifest.metrics.get("macro_f1")
        table.add_row(
            mark,
            version,
            states.get(version, "可用 kept"),
            "—" if rows is None else f"{rows:,}",
            "—" if macro_f1 is None else f"{macro_f1:.3f}",
        )
    out.print(table)


@models.command()
def log() -> None:
    """谁、何时、做了什么、为什么；最新的在最后。 Who did what, when and why; the newest last."""
    with reporting():
        history = Registry(store_path()).history()
    if not history:
        out.print("还没有历史。 Nothing has happened yet: complaints train")
        return
    table = result_table(
        "时间 time", "谁 who", "做了什么 what", "版本、为什么、比较 version,why,verdict", text_columns=4
    )
    table.columns[-1].no_wrap = False  # what people write may be long, and none of it is cut off
    for event in history:
        forced = " [red]强制 forced[/]" if event.forced else ""
        told = (event.version or "无 none", escape(event.reason), (escape(event.verdict) + forced).lstrip())
        table.add_row(
            in_china(datetime.fromisoformat(event.at)),
            escape(event.by) or "—",
            _ACTS.get(event.act, event.act),
            "\n".join(filter(None, told)),
        )
    out.print(table)


@models.command("verify")
def verify_all() -> None:
    """逐个校验全部模型和历史；有问题则退出码为1。 Check every model and the history; exit status 1 if one is bad."""
    with reporting():
        registry = Registry(store_path())
        checks = verify(registry)
        left = [] if checks[0].problem else leftovers(registry)
    table = result_table("名称 name", "结果 result", text_columns=2)
    for check in checks:
        table.add_row(check.name, "[red]有问题 bad[/]" if check.problem else "完好 sound")
    out.print(table)
    for check in checks:
        if check.problem:
            err.print(check.problem, markup=False, soft_wrap=True)
    for name in left:
        err.print(
            f"不在历史中；没有训练或导入在进行时可删除 not in the history; unless a training or import is running, "
            f"remove it: {registry.store / name}",
            markup=False,
            soft_wrap=True,
        )
    if any(check.problem for check in checks):
        raise typer.Exit(1)


@models.command()
def card(version: Version) -> None:
    """打印模型卡。 Print a model's card, in Markdown."""
    with reporting():
        registry = Registry(store_path())
        text = registry.load(registry.resolve(version)).card
    typer.echo(text, nl=False)


@models.command()
def report(
    version: Version,
    output: Annotated[Path, typer.Option("--output", "-o", help="网页文件 The page.")] = Path("report.html"),
) -> None:
    """取出评判报告（一个网页文件）。 Write out a model's evaluation report: one page, to open or to mail."""
    with reporting():
        registry = Registry(store_path())
        files = registry.load(registry.resolve(version)).files
        try:
            output.write_bytes(files.path("report.html").read_bytes())
        except OSError as error:
            remedy = "Name another place with -o; models of earlier programs have no report."
            raise ComplaintsError(f"cannot be written ({error})", where=str(output), remedy=remedy) from error
    out.print(f"报告 report: {output}", markup=False, soft_wrap=True)


@models.command("export")
def export_one(
    version: Version,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="默认 by default: VERSION.zip")] = None,
) -> None:
    """导出为一个文件。 Export a model as one file, signed if COMPLAINTS_BUNDLE_KEY is set."""
    with reporting():
        registry = Registry(store_path())
        found = registry.resolve(version)
        target, key = output or Path(f"{found}.zip"), bundle_key()
        sha256 = export_bundle(registry, found, target, key)
    out.print(
        f"已导出 exported: {target}（{'已签名 signed' if key else '未签名 not signed'}）", markup=False, soft_wrap=True
    )
    out.print(f"sha256 {sha256}", soft_wrap=True)
    err.print("导入方要有同一密钥，或另经可靠途径得到此sha256。", soft_wrap=True)
    err.print("Who imports it needs the same key, or this hash, told by another way.", soft_wrap=True)


@models.command("import")
def import_one(
    file: Annotated[Path, typer.Argument(help="导出的文件 What was exported.")],
    sha256: Annotated[str | None, typer.Option(help="导出时显示的哈希 The hash that the export printed.")] = None,
    reason: Annotated[str | None, typer.Option(help="为什么，会存档 Why; it is kept. 默认 by default: FILE.")] = None,
) -> None:
    """导入模型；要有密钥或哈希为证。 Import a model, proven by COMPLAINTS_BUNDLE_KEY or its hash."""
    with reporting():
        registry = Registry(store_path())
        version = import_bundle(registry, file, key=bundle_key(), manifest_sha256=sha256, reason=reason or file.name)
        champion = registry.champion
    out.print(
        f"已存 kept: {version}" + ("（在用 champion）" if version == champion else ""), markup=False, soft_wrap=True
    )


@models.command()
def shadow(
    reason: Annotated[str, typer.Option(help="为什么，会存档 Why; it is kept.", prompt="为什么 why")],
    version: Annotated[str | None, typer.Argument(help="版本名或其中一段 A version, or a part of its name.")] = None,
    off: Annotated[bool, typer.Option("--off", help="停止旁听 No model any more.")] = False,
) -> None:
    """让一个模型旁听：同样预测，只计数，不作答。 Let a model predict beside the champion, unheard; or --off."""
    with reporting():
        if (version is None) != off:
            raise ComplaintsError("give a version or --off", where="VERSION, --off", remedy="One of the two.")
        registry = Registry(store_path())
        found = None if version is None else registry.resolve(version)
        registry.shadow(found, reason=reason)
    said = "已停止旁听。 No shadow any more." if found is None else f"旁听 shadow: {found}"
    out.print(said, markup=False, soft_wrap=True)
