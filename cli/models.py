"""``complaints models``: what the store holds."""

from __future__ import annotations

from classifier.errors import BundleError
from cli.terminal import err, out, reporting, result_table
from models import Registry, store_path


def models() -> None:
    """列出模型库里的模型。 List the kept models; each is checked against its hashes."""
    with reporting():
        registry = Registry(store_path())
        versions, champion = registry.versions(), registry.champion
    if not versions:
        out.print(f"模型库是空的 the store is empty: {registry.store}", soft_wrap=True)
        out.print("先训练一个： train one with: complaints train")
        return
    table = result_table("", "版本 version", "状态 state", "条数 rows", "macro-F1", text_columns=3)
    for version in versions:
        mark = "★" if version == champion else ""
        try:
            manifest = registry.load(version).manifest
        except BundleError as error:
            table.add_row(mark, version, "[red]不可用 unusable[/]")
            err.print(str(error), markup=False, soft_wrap=True)
            continue
        table.add_row(
            mark,
            version,
            "在用 champion" if mark else "可用 kept",
            f"{manifest.data['rows']:,}",
            f"{manifest.metrics['macro_f1']:.3f}",
        )
    out.print(table)
