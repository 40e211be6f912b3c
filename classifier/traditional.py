"""Traditional characters and the simplified ones they become, by OpenCC's `t2s`."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from opencc import OpenCC

T2S: Final = OpenCC("t2s")


def simplified(text: str) -> str:
    """A traditional text in simplified characters, as long as before.

    Examples
    --------
    >>> simplified("調閱聯徵")
    '调阅联征'
    """
    answer = T2S.convert(text)
    if _convertible().search(answer):  # some answers are traditional themselves: 薴 gives 苧, and 聯徵 联徵
        answer = T2S.convert(answer)
    # 著 is a good simplified character too (著名): only a text that is traditional anyway has it as the particle 着.
    answer = answer.replace("著", "着")
    return answer if len(answer) == len(text) else text


@cache
def _convertible() -> re.Pattern[str]:
    """One character that `t2s` changes where it stands alone."""
    every = "".join(map(chr, range(0x3400, 0xA000)))
    return re.compile(f"[{''.join(c for c, s in zip(every, T2S.convert(every), strict=True) if c != s)}]")


@cache
def traditional() -> re.Pattern[str]:
    """One character that only traditional text has: `t2s` changes it, and the simplified standard lacks it."""
    only = [c for c in _convertible().pattern[1:-1] if not c.encode("gb2312", "ignore")]
    return re.compile(f"[{''.join(only)}]")
