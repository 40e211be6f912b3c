"""What must not move a label: the same complaint, delivered otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from opencc import OpenCC
from pypinyin import Style, pinyin
from pypinyin.pinyin_dict import pinyin_dict

from classifier import ComplaintModel

Change = Callable[[str, np.random.Generator], str]

_HAN = re.compile("[\u4e00-\u9fff]")


def _homophones() -> dict[str, list[str]]:
    """Common characters by their most usual reading, tone included."""
    common = [bytes((h, low)).decode("gb2312", "ignore") for h in range(0xB0, 0xD8) for low in range(0xA1, 0xFF)]
    by_reading: dict[str, list[str]] = {}
    for character in filter(None, common):
        by_reading.setdefault(pinyin_dict[ord(character)].split(",")[0], []).append(character)
    return by_reading


_BY_READING = _homophones()


def _per_character(share: float, change: Callable[[str, np.random.Generator], str]) -> Change:
    def changed(text: str, random: np.random.Generator) -> str:
        return "".join(change(c, random) if _HAN.match(c) and random.random() < share else c for c in text)

    return changed


def _homophone(character: str, random: np.random.Generator) -> str:
    alike = _BY_READING.get(pinyin_dict[ord(character)].split(",")[0], [character])
    return str(random.choice(alike))


def _noted(text: str, random: np.random.Generator) -> str:
    readings = [r[0] for r in pinyin(text, style=Style.TONE, errors=list)]
    noted = zip(text, readings, strict=True)
    return "".join(f"{c}({r})" if _HAN.match(c) and r != c and random.random() < 0.3 else c for c, r in noted)


CHANGES: dict[str, Change] = {
    "traditional characters": lambda text, _: OpenCC("s2tw").convert(text),
    "full-width forms": lambda text, _: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "pinyin notes": _noted,
    "line breaks and blanks": _per_character(
        0.15, lambda c, random: c + str(random.choice(["\n", " ", "\r\n", "\u3000"]))
    ),
    "emoji": lambda text, random: text + "😡" * int(random.integers(1, 4)),
    "no punctuation": lambda text, _: re.sub(r"[^\w\s]", "", text),
    "polite opening, agent's closing": lambda text, _: (
        f"您好，麻烦您帮我看一下，{text} 客户情绪激动，请尽快核实处理并回复客户，谢谢。"
    ),
    "3% homophones": _per_character(0.03, _homophone),
    "3% doubled": _per_character(0.03, lambda c, _: c + c),
    "cut off after 60%": lambda text, _: text[: max(1, int(len(text) * 0.6))],
}


def kept(model: ComplaintModel, texts: Sequence[str]) -> dict[str, float]:
    """For every change, the share of texts whose label it leaves."""
    labels = [prediction.category for prediction in model.predict(texts)]
    shares = {}
    for name, change in CHANGES.items():
        random = np.random.default_rng(0)
        changed = [change(text, random) or text for text in texts]
        after = [prediction.category for prediction in model.predict(changed)]
        shares[name] = float(np.mean([a == b for a, b in zip(labels, after, strict=True)]))
    return shares
