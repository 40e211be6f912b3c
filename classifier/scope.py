"""What stands in whose mouth: words in the scope of a denial, a speaker, a condition or a question.

“我不会去投诉” and “我会去投诉” hold the same words but one. A word that follows an operator in its clause is a term
of its own, so that what is learnt of 投诉 can be taken back for 投诉 that is denied, said by others, or asked about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

DENIAL: Final = "¬"
_WORDS: Final = {
    DENIAL: (
        "不 没 没有 未 无 别 不会 不想 不打算 并非 不是 并不是 用不着 犯不着 懒得 不用 何必 从没 从未 没想 哪敢 不敢 "
        "不必 不需要 没必要 不至于 不曾 不愿 不愿意 不肯 非 勿 莫 唔 冇 没法 没打算 不怕 不再 绝不 决不 未曾 并未 "
        "从来不 不要 不能 不可能"
    ),
    "我": "我 本人 俺 咱 客户 来电人 投诉人 自己 我们 咱们 偶 我家 老子 吾 其",
    "他": (
        "同事 邻居 别人 人家 网上 客服 他们 他 她 你们 您 朋友 有人 坐席 经理 柜员 对方 法院 银行 催收 贵行 老公 同学 "
        "亲戚 其他 骗子 公司 大家 爸 妈 父亲 母亲 爷爷 奶奶"
    ),
    "若": "如果 假如 要是 若 倘若 要不是 早知道 本来 原本 即使 就算 哪怕",
    "问": "是否 问 询问 建议 让 叫 教 劝 说 称 表示",
}
OPERATORS: Final[Mapping[str, str]] = {word: operator for operator, words in _WORDS.items() for word in words.split()}
ENDS_DENIAL: Final = frozenset(("就", "便", "那", "则", "否则", "不然", "但", "可", "却"))
"""不退就投诉: what is denied is the refund, not the complaint."""
SPEAKERS: Final = frozenset("我他")


def scoped(words: Sequence[str]) -> Iterator[str]:
    """The words of a clause that stand behind an operator, each once for every operator.

    Of speakers the last counts; a denial ends where a consequence begins.

    Examples
    --------
    >>> list(scoped(["我", "不会", "投诉"]))
    ['我:不会', '我:投诉', '¬:投诉']
    """
    active: list[str] = []
    for word in words:
        if word in ENDS_DENIAL and DENIAL in active:
            active.remove(DENIAL)
        for operator in active:
            yield f"{operator}:{word}"
        found = OPERATORS.get(word)
        if found is None:
            continue
        active = [operator for operator in active if operator != found and {operator, found} != SPEAKERS]
        active.append(found)
