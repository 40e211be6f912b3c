"""``complaints classify``: one text."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from api.schemas import ClassifyRequest
from api.serving import Serving
from api.settings import load_settings
from classifier.text import readable
from cli.answers import show_reading
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
        serving = Serving.of(Registry(store_path()).load(), load_settings().taxonomy)
        readable(words)
        answer = serving.classify(ClassifyRequest(text=words, explain=True))
    if as_json:
        out.print_json(answer.model_dump_json())
    else:
        show_reading(words, answer)


def _standard_input() -> str:
    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")
