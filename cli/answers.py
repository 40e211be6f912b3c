"""Answers as people read them on a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rich.table import Table
from rich.text import Text

from api.schemas import Classification
from classifier.routing import in_china
from classifier.thresholds import DOUBTS
from cli.terminal import out

_VERDICTS: Final = {"auto": "[green]自动 auto[/]", "review": "[yellow]人工复核 review[/]"}


def show_reading(words: str, answer: Classification) -> None:
    """What a complaint is about, how sure that is, why, and who gets it."""
    _show_text(words, answer)
    facts = Table.grid(padding=(0, 2))
    facts.add_row("类别 category", f"[bold]{answer.category.zh}[/] {answer.category.code}")
    facts.add_row("把握 confidence", f"{answer.confidence:.1%}")
    facts.add_row("处理 decision", _VERDICTS[answer.decision])
    for doubt in answer.doubts or []:
        facts.add_row("", "{} {}".format(*DOUBTS[doubt]))
    _add_outcome(facts, answer)
    if answer.secondary:
        facts.add_row("次要 secondary", "、".join(f"{c.zh} {c.code}" for c in answer.secondary))
    facts.add_row("候选 candidates", "、".join(f"{c.zh} {c.confidence:.1%}" for c in answer.candidates))
    facts.add_row("依据 evidence", "、".join(f"{e.term} {e.weight:+.2f}" for e in answer.evidence or []))
    facts.add_row("模型 model", answer.model)
    out.print(facts)


def show_routing(words: str, answer: Classification) -> None:
    """Why a complaint goes where it goes, rule by rule."""
    _show_text(words, answer)
    out.print(
        f"类别 category [bold]{answer.category.zh}[/]，把握 {answer.confidence:.1%}，{_VERDICTS[answer.decision]}\n"
    )
    for line in answer.trace:
        out.print(Text("✓ " + line, style="green"), soft_wrap=True)
    for line in answer.tried or []:
        out.print(Text("· " + line, style="dim"), soft_wrap=True)
    out.print()
    facts = Table.grid(padding=(0, 2))
    _add_outcome(facts, answer)
    facts.add_row("规则版本 rules", answer.rules)
    out.print(facts)


def _show_text(words: str, answer: Classification) -> None:
    shown = Text(words)
    for evidence in answer.evidence or []:
        for place in evidence.places:
            shown.stylize("bold yellow", place.start, place.end)
    for signal in answer.signals:
        shown.stylize("underline", signal.start, signal.end)
    out.print(shown)
    out.print()


def _add_outcome(facts: Table, answer: Classification) -> None:
    for signal in answer.signals:
        facts.add_row("信号 signal", Text(f"{signal.zh} {signal.code}：“{signal.words}”"))
    facts.add_row("部门 department", f"{answer.department.zh} {answer.department.code}")
    if answer.co_departments:
        facts.add_row("协办 co-departments", "、".join(f"{d.zh} {d.code}" for d in answer.co_departments))
    facts.add_row("优先级 priority", f"{answer.priority}，队列 queue {answer.queue}")
    facts.add_row("首次回应 first response", _moment(answer.first_response_due))
    provisional = "（暂定 provisional）" if answer.provisional else ""
    facts.add_row("办结 resolution", _moment(answer.resolution_due) + provisional)


def _moment(moment: datetime) -> str:
    return f"{in_china(moment)} 前"
