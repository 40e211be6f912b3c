"""The model card: what a person should know of a model before it serves. It says what the manifest holds, no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from classifier.signals import SIGNALS
from classifier.taxonomy import Taxonomy
from models.manifest import Manifest

FEW: Final = 20
"""Texts; figures from fewer say little."""
WEAK: Final = 0.6
"""Categories of a lower F1 are named among the limits."""

_SIGNAL_NAMES: Final = {code: names[0] for code, names in SIGNALS.items()}
_DATA: Final = {
    "rows": "条数 rows",
    "sources": "来源 sources",
    "from": "最早 earliest",
    "to": "最晚 latest",
    "sha256": "指纹 fingerprint, SHA-256",
    "signal_texts": "信号文本 signal texts",
}
_METRICS: Final = {
    "accuracy": "正确率 accuracy",
    "macro_f1": "macro-F1",
    "top3": "前三 right among the first three",
    "calibration_error": "校准误差 calibration error",
    "auto_coverage": "自动比例 share decided without a person",
    "auto_precision": "自动中正确 precision of these",
    "candidates": "候选平均个数 candidates on average",
    "candidates_hold": "候选含正确 candidates hold the right one",
}
_THRESHOLDS: Final = {
    "confidence": "自动所需把握 least confidence for auto",
    "margin": "与第二名的差距 least distance to the second",
    "secondary": "次要类别 least probability of a secondary category",
    "candidate": "候选 least probability of a candidate",
    "familiarity": "熟悉度 least share of known words for auto",
    "length": "短文本要更有把握 how much surer a short text must be",
}


def card(manifest: Manifest, taxonomy: Taxonomy) -> str:
    """Write the card of a model, in Markdown.

    Parameters
    ----------
    manifest : Manifest
        Whatever it lacks is left out. Its files are not mentioned: the card is one of them.
    taxonomy : Taxonomy
        Gives the categories their names.

    Returns
    -------
    str
    """
    sections = (
        _purpose(manifest),
        _section("数据 Data", _listed(manifest.data, _DATA)),
        _judged(manifest.metrics),
        _section("阈值 Thresholds", _listed(manifest.thresholds, _THRESHOLDS)),
        _categories(manifest, taxonomy),
        _signals(manifest.metrics),
        _limits(manifest, taxonomy),
        _section("库 Libraries", _listed(manifest.libraries, {})),
        _reproduce(manifest),
    )
    return "\n".join(line for section in sections for line in section)


def _purpose(manifest: Manifest) -> Iterator[str]:
    yield f"# 模型卡 Model card: {_plain(manifest.version)}"
    yield ""
    yield f"{_plain(manifest.created)}，{_plain(manifest.preset)}，{len(manifest.classes)} 类 categories"
    yield from _section(
        "用途 What it is for",
        [
            "- 读中文银行投诉，给出类别、把握和依据，据此分派部门；把握不足的交人工。",
            "  Reads bank complaints in Chinese: a category, how sure it is and why; the unsure ones go to a person.",
        ],
    )
    yield from _section(
        "不适用 What it is not for",
        [
            "- 判断谁对谁错、赔多少、客户是否可信；任何对客户不利的自动决定。",
            "  Who is right, what is owed, whether a customer is to be believed; any automatic decision against one.",
            "- 其他语言、投诉以外的文本、下表以外的类别：它总会给出表中的一类。",
            "  Other languages, texts that are no complaints, other categories: it always names one of the table.",
        ],
    )


def _judged(metrics: Mapping[str, Any]) -> Iterator[str]:
    rows = list(_listed({name: metrics[name] for name in _METRICS if name in metrics}, _METRICS))
    method = [f"- 方法 method: {_plain(metrics['method'])}"] if "method" in metrics else []
    yield from _section("评估 How it was judged", [*method, *rows])


def _categories(manifest: Manifest, taxonomy: Taxonomy) -> Iterator[str]:
    scores = _scores(manifest)
    yield from ("", "## 各类别 Categories", "")
    yield "| 类别 category | 代码 code | 精确率 precision | 召回率 recall | F1 | 条数 texts |"
    yield "|---|---|---:|---:|---:|---:|"
    for code in manifest.classes:
        yield _row(taxonomy[code].zh, code, scores.get(code, {}), ("precision", "recall", "f1", "support"))


def _signals(metrics: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        _row(_SIGNAL_NAMES.get(score["code"], ""), score["code"], score, ("precision", "recall", "texts"))
        for score in metrics.get("signals", [])
    ]
    head = ["| 信号 signal | 代码 code | 精确率 precision | 召回率 recall | 条数 texts |", "|---|---|---:|---:|---:|"]
    yield from _section("信号 Signals", [*head, *rows] if rows else [])


def _limits(manifest: Manifest, taxonomy: Taxonomy) -> Iterator[str]:
    scores = _scores(manifest)
    few = [code for code, score in scores.items() if score.get("support", FEW) < FEW]
    weak = [code for code, score in scores.items() if score.get("f1", WEAK) < WEAK]
    limits = [
        "- 以上数字出自训练数据的来源；别处的投诉写法不同，数字通常更低，请用本行数据再比。",
        "  The figures hold for texts from where these came; others are written otherwise and usually do worse.",
    ]
    if weak:
        limits.append(f"- F1 低于 below {WEAK}: {_names(weak, taxonomy)}")
    if few:
        limits.append(f"- 不足 {FEW} 条，数字不可靠 too few texts to rely on: {_names(few, taxonomy)}")
    if manifest.thresholds.get("confidence", 0.0) >= 1:
        limits.append("- 没有证明可自动处理，全部交人工。 Nothing was proven safe without a person: all go to one.")
    yield from _section("局限 Known limits", limits)


def _reproduce(manifest: Manifest) -> Iterator[str]:
    data = f"`{_plain(manifest.data['sha256'])}`" if "sha256" in manifest.data else "同一份数据 the same data"
    yield from _section(
        "重做 How to reproduce",
        [
            f"- 数据 data: {data}",
            f"- 配方 recipe: `{_plain(manifest.preset)}`，库版本如上 with the libraries above",
            "- `complaints train`：数据、配方、库相同，权重就相同。 Same data, recipe and libraries: same weights.",
        ],
    )
    yield ""


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """A headed list; nothing at all if the list is empty."""
    lines = list(lines)
    if lines:
        yield from ("", f"## {title}", "", *lines)


def _listed(said: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """What is said, each by its name: those with a known name first, and of the others those that are one value."""
    for key in (*(key for key in names if key in said), *(key for key in said if key not in names)):
        value = said[key]
        if key == "sources" and isinstance(value, list):
            value = "、".join(map(_source, value))
        if isinstance(value, str | int | float):
            yield f"- {_plain(names.get(key, key))}: {_figure(value)}"


def _source(source: Any) -> str:
    return f"{source['name']} ({_figure(source['rows'])})" if isinstance(source, Mapping) else str(source)


def _row(name: str, code: str, score: Mapping[str, Any], measures: Iterable[str]) -> str:
    cells = (_cell(name), _cell(code), *(_figure(score.get(measure)) for measure in measures))
    return f"| {' | '.join(cells)} |"


def _scores(manifest: Manifest) -> dict[str, Mapping[str, Any]]:
    return {score["category"]: score for score in manifest.metrics.get("categories", [])}


def _names(codes: Iterable[str], taxonomy: Taxonomy) -> str:
    return "、".join(f"{_plain(taxonomy[code].zh)} {code}" for code in codes)


def _figure(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else _cell(str(value))


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """On one line, whatever stands in it."""
    return " ".join(text.split())
