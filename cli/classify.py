"""``complaints classify``: one text."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from api.schemas import Classification, ClassifyRequest
from api.service import Service
from api.settings import load_settings
from classifier.text import readable
from cli.terminal import out, reporting
from models import Registry, store_path


def classify(
    text: Annotated[
        str | None, typer.Argument(help="投诉内容；不给则读标准输入 The complaint; without it, standard input.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出JSON（与HTTP接口相同） JSON, as over HTTP.")] = False,
) -> None:
    """识别一条投诉：类别、把握、依据、部门。 Classify one complaint: category, confidence, evidence, department."""
    with reporting():
        # Bytes of an argument that are no UTF-8 arrive as lone surrogates, which no JSON can carry.
        words = _standard_input() if text is None else text.encode("utf-8", "replace").decode()
        service = Service(Registry(store_path()).load(), load_settings().taxonomy)
        readable(words)
        answer = service.classify(ClassifyRequest(text=words, explain=True))
    if as_json:
        out.print_json(answer.model_dump_json())
    else:
        _show(words, answer)


def _standard_input() -> str:
    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _show(words: str, answer: Classification) -> None:
    shown = Text(words)
    for evidence in answer.evidence or []:
        for place in evidence.places:
            shown.stylize("bold yellow", place.start, place.end)
    out.print(shown)
    out.print()
    verdict = {"auto": "[green]自动 auto[/]", "review": "[yellow]人工复核 review[/]"}[answer.decision]
    facts = Table.grid(padding=(0, 2))
    facts.add_row("类别 category", f"[bold]{answer.category.zh}[/] {answer.category.code}")
    facts.add_row("把握 confidence", f"{answer.confidence:.1%}")
    facts.add_row("处理 decision", verdict)
    facts.add_row("部门 department", f"{answer.department.zh} {answer.department.code}  {answer.priority}")
    facts.add_row("经过 trace", "；".join(answer.trace))
    if answer.secondary:
        facts.add_row("次要 secondary", "、".join(f"{c.zh} {c.code}" for c in answer.secondary))
    facts.add_row("候选 candidates", "、".join(f"{c.zh} {c.confidence:.1%}" for c in answer.candidates))
    facts.add_row("依据 evidence", "、".join(f"{e.term} {e.weight:+.2f}" for e in answer.evidence or []))
    facts.add_row("模型 model", answer.model)
    out.print(facts)
