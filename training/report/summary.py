"""The report in one paragraph, for those who read no further."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Summary:
    """The same few sentences in Chinese and in English."""

    zh: str
    en: str


def summary_of(document: Mapping[str, Any]) -> Summary:
    """What the document says, in plain words."""
    said = [_overall(document), _automatic(document["automatic"])]
    if document["worst"]:
        said.append(_worst(document["worst"][0]))
    if document["learning"] and document["learning"]["laws"]["accuracy"]:
        said.append(_learning(document["learning"]))
    if document["champion"]:
        said.append(_champion(document["champion"]["accuracy"]["difference"]))
    return Summary("".join(part.zh for part in said), " ".join(part.en for part in said))


def _overall(document: Mapping[str, Any]) -> Summary:
    accuracy, macro, top3 = (document["overall"][name] for name in ("accuracy", "macro_f1", "top3"))
    level = f"{document['level']:.0%}"
    return Summary(
        f"在{document['rows']:,}条没学过的投诉上，正确率{accuracy['value']:.3f}（{level}区间{_range(accuracy)}），"
        f"宏平均F1 {macro['value']:.3f}（{_range(macro)}），正确类别在前三名之内的占{top3['value']:.3f}。",
        f"On {document['rows']:,} complaints it had not learnt from, the model is right in {accuracy['value']:.3f} of "
        f"them ({level} interval {_range(accuracy)}), with a macro-F1 of {macro['value']:.3f} ({_range(macro)}); "
        f"the right category is among its first three in {top3['value']:.3f}.",
    )


def _automatic(automatic: Mapping[str, Any]) -> Summary:
    coverage, precision = automatic["coverage"]["value"], automatic["precision"]["value"]
    if precision is None:
        return Summary(
            "按选定的阈值，没有一条可以不经人工直接定类。", "At the chosen threshold none is decided without a person."
        )
    return Summary(
        f"按选定的阈值，{coverage:.1%}不经人工直接定类，其中{precision:.3f}是对的。",
        f"At the chosen threshold {coverage:.1%} are decided without a person, and {precision:.3f} of those are right.",
    )


def _worst(worst: Mapping[str, Any]) -> Summary:
    label, said, rows = worst["label"], worst["said"], worst["rows"]
    return Summary(
        f"最常见的错，是把“{label['zh']}”当成“{said['zh']}”（{rows:,}条）。",
        f"The most frequent mistake is to take {label['en'] or label['zh']} for {said['en'] or said['zh']} "
        f"({rows:,} rows).",
    )


def _learning(learning: Mapping[str, Any]) -> Summary:
    twice = learning["laws"]["accuracy"]["twice"]
    return Summary(
        f"数据若增至两倍（{learning['twice']:,}条），外推的正确率约为{twice:.3f}；这是推算，不是测得。",
        f"With twice the data ({learning['twice']:,} rows) accuracy would be about {twice:.3f}: "
        "extrapolated, not measured.",
    )


def _champion(difference: Mapping[str, float]) -> Summary:
    if difference["low"] <= 0 <= difference["high"]:
        zh, en = "与在用模型分不出高下", "Accuracy cannot be told from the champion's"
    elif difference["value"] > 0:
        zh, en = "正确率高于在用模型", "Accuracy is above the champion's"
    else:
        zh, en = "正确率低于在用模型", "Accuracy is below the champion's"
    within = f"{difference['low']:+.3f} – {difference['high']:+.3f}"
    return Summary(
        f"{zh}（差{difference['value']:+.3f}，区间{within}）。",
        f"{en} (difference {difference['value']:+.3f}, interval {within}).",
    )


def _range(figure: Mapping[str, float]) -> str:
    return f"{figure['low']:.3f}–{figure['high']:.3f}"
