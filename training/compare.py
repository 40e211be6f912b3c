"""Is the new model better? Two models on the same rows, which neither has learnt from, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from classifier.errors import CorpusError
from classifier.fingerprint import text_key
from classifier.taxonomy import Taxonomy
from models import Bundle
from training.evaluate import OutOfFold, judge
from training.intervals import mid_p
from training.labelled import Labelled
from training.report.figures import FEW, Tally, alike, figure, lines_of
from training.report.names import Categories

Verdict = Literal["better", "not_worse", "worse", "not_enough_data"]

MARGIN: Final = 0.01
"""Of macro-F1: a model that is surely not worse by more is not worse."""
FLOOR: Final = 0.05
"""A critical category may not lose more recall than this."""
ALPHA: Final = 0.05
SHOWN: Final = 20

_SAID: Final[dict[Verdict, tuple[str, str]]] = {
    "better": ("更好", "better"),
    "not_worse": ("不差", "not worse within the margin"),
    "worse": ("更差", "worse"),
    "not_enough_data": ("数据不足，不能下结论", "not enough data"),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same N rows.

    Attributes
    ----------
    old, new : str
        Versions.
    rows : int
        N.
    seen : int
        Rows left out because one of the two has learnt from their text.
    accuracy, macro_f1 : dict
        Figures ``old``, ``new`` and ``difference``, each with value, low and high.
    only_new, only_old : int
        Rows that one alone gets right.
    p_value : float
        Two-sided mid-p of McNemar's test.
    categories : list of dict
        Recall of both and its difference, rows, whether it is critical, and whether it is below its floor.
    disagreements : list of dict
        The rows that say most about the difference: where one is right and the other was surest.
    verdict : {'better', 'not_worse', 'worse', 'not_enough_data'}
    zh, en : str
        The verdict in one sentence.
    """

    old: str
    new: str
    rows: int
    seen: int
    accuracy: dict[str, Any]
    macro_f1: dict[str, Any]
    only_new: int
    only_old: int
    p_value: float
    categories: list[dict[str, Any]]
    disagreements: list[dict[str, Any]]
    verdict: Verdict
    zh: str
    en: str

    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


def compare(old: Bundle, new: Bundle, rows: Sequence[Labelled], seed: int) -> Comparison:
    """Compare two kept models on labelled rows, in the new one's taxonomy.

    Raises
    ------
    CorpusError
        If no row is left that neither has learnt from.
    """
    keys = np.array([text_key(row.text) for row in rows], np.uint64)
    learnt = np.zeros(len(rows), np.bool_)
    for bundle in (old, new):
        if bundle.seen is not None:
            learnt |= np.isin(keys, bundle.seen)
    fresh = [row for row, seen in zip(rows, learnt, strict=True) if not seen]
    if not fresh:
        raise CorpusError(
            f"one of the models has learnt from all {len(rows):,} rows",
            remedy="Give rows that neither has seen, such as this month's.",
        )
    texts, labels = [row.text for row in fresh], [row.category for row in fresh]
    said = [judge(bundle.model.scorer, bundle.model.classes_, texts, labels) for bundle in (old, new)]
    names = old.manifest.version, new.manifest.version
    return compared(names, (said[0], said[1]), fresh, new.taxonomy, seen=int(learnt.sum()), seed=seed)


def compared(
    names: tuple[str, str],
    said: tuple[OutOfFold, OutOfFold],
    rows: Sequence[Labelled],
    taxonomy: Taxonomy,
    *,
    seen: int,
    seed: int,
) -> Comparison:
    """Compare what an old and a new model said of the same rows."""
    old, new = said
    categories = Categories.of(taxonomy, old, new)
    cells, counts = alike([categories.columns(codes) for codes in (old.labels, old.predicted, new.predicted)])
    lines, k = lines_of(counts, seed), len(categories.codes)
    before, after = (Tally.of(cells[0], cells[place], lines, k) for place in (1, 2))
    macro_f1 = _both(before.macro_f1, after.macro_f1)
    recalls = [
        {
            **categories.named(column),
            "rows": int(before.support[0, column]),
            "recall": _both(before.recall[:, column], after.recall[:, column]),
            "critical": taxonomy[code].critical if (code := categories.codes[column]) in taxonomy else False,
        }
        for column in np.flatnonzero(before.support[0]).tolist()
    ]
    for each in recalls:
        each["below_floor"] = each["critical"] and _below(each["recall"]["difference"], each["rows"])
    only_new, only_old = int((new.right & ~old.right).sum()), int((old.right & ~new.right).sum())
    p_value = mid_p(only_new, only_old)
    verdict = _verdict(macro_f1["difference"], recalls, only_new, only_old, p_value)
    zh, en = _sentence(verdict, macro_f1["difference"], recalls, only_new, only_old, p_value, len(rows))
    strange = [each for each in recalls if each["code"] not in old.classes]
    if verdict == "not_enough_data" and macro_f1["difference"]["value"] > -MARGIN:
        enough = rows_enough(len(rows), macro_f1["difference"])
        zh += f"；若相差不变，约需{enough:,}条才能下结论"
        en += f"; if the difference stays, about {enough:,} rows would tell"
    if strange:
        zh += f"；旧模型不认识其中{len(strange)}类"
        en += f"; the old model does not know {len(strange)} of the {len(recalls)} categories"
    return Comparison(
        *names, len(rows), seen, _both(before.accuracy, after.accuracy), macro_f1, only_new, only_old, p_value,
        recalls, _telling(old, new, rows), verdict, zh, en,
    )  # fmt: skip


def _both(old: NDArray[np.float64], new: NDArray[np.float64]) -> dict[str, Any]:
    return {"old": figure(old), "new": figure(new), "difference": figure(new - old)}


def _below(difference: dict[str, float], rows: int) -> bool:
    """Whether a critical category loses more recall than it may; few rows must prove it."""
    return difference["value"] < -FLOOR and (rows >= FEW or difference["high"] < 0)


def _verdict(
    difference: dict[str, float], recalls: Sequence[dict[str, Any]], only_new: int, only_old: int, p_value: float
) -> Verdict:
    surely_fewer = p_value < ALPHA and only_old > only_new
    if any(each["below_floor"] for each in recalls) or difference["high"] < 0 or surely_fewer:
        return "worse"
    if difference["low"] > 0 and p_value < ALPHA:
        return "better"
    return "not_worse" if difference["low"] >= -MARGIN else "not_enough_data"


def rows_enough(rows: int, difference: Mapping[str, float]) -> int:
    """About how many rows would tell that a difference is not worse than `MARGIN`, if it stays as it is.

    Its interval narrows with the square root of the number of rows. Two digits are given: it is no more than a guess.

    Examples
    --------
    >>> rows_enough(180, {"value": 0.02, "low": -0.04, "high": 0.08})
    720
    """
    needed = rows * ((difference["value"] - difference["low"]) / (difference["value"] + MARGIN)) ** 2
    unit: int = 10 ** max(0, math.floor(math.log10(needed)) - 1)
    return math.ceil(round(needed / unit, 6)) * unit


def _sentence(
    verdict: Verdict,
    difference: dict[str, float],
    recalls: Sequence[dict[str, Any]],
    only_new: int,
    only_old: int,
    p_value: float,
    rows: int,
) -> tuple[str, str]:
    zh, en = _SAID[verdict]
    lost = [each for each in recalls if each["below_floor"]]
    between = f"[{difference['low']:+.3f}, {difference['high']:+.3f}]"
    chance = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
    floors_zh = "；重点类别召回下降：" + "、".join(each["zh"] for each in lost) if lost else ""
    floors_en = "; recall of critical categories fell: " + ", ".join(each["en"] for each in lost) if lost else ""
    return (
        f"{zh}：两个模型都没学过的{rows:,}条上，macro-F1相差{difference['value']:+.3f} {between}，"
        f"只有新模型对的{only_new:,}条，只有旧模型对的{only_old:,}条（{chance}）{floors_zh}",
        f"{en}: on {rows:,} rows neither has learnt from, macro-F1 differs by {difference['value']:+.3f} {between}, "
        f"{only_new:,} right by the new model alone, {only_old:,} by the old one alone ({chance}){floors_en}",
    )


def _telling(old: OutOfFold, new: OutOfFold, rows: Sequence[Labelled]) -> list[dict[str, Any]]:
    """The rows on which one is right and the other is surest of something else, in turns of either kind."""
    wrong_was = np.where(new.right, old.confidence, new.confidence)
    order = np.argsort(-np.where(new.right != old.right, wrong_was, -1.0), kind="stable")
    kinds = [
        [i for i in order.tolist() if one.right[i] and not other.right[i]] for one, other in ((new, old), (old, new))
    ]
    first, second = kinds
    half = SHOWN // 2
    chosen = [*first[: max(half, SHOWN - len(second))], *second[: max(half, SHOWN - len(first))]][:SHOWN]
    return [
        {
            "text": rows[i].text,
            "place": rows[i].place,
            "label": rows[i].category,
            "old": str(old.predicted[i]),
            "old_confidence": float(old.confidence[i]),
            "new": str(new.predicted[i]),
            "new_confidence": float(new.confidence[i]),
        }
        for i in chosen
    ]
