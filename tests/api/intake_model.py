"""A model of intake in plain Python: what may be sent, and what is then known of a case."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from classifier import Taxonomy

TAXONOMY = Taxonomy.bundled()

TEXTS = {
    "信用卡年费说好刷满六次就免，现在又扣了我300元年费，要求退还年费。": None,
    "信用卡年费说好刷满六次就免，现在又扣了我301元年费，要求退还年费。": None,
    "我叫王小明，电话13800138000，贷款利率100%_太高": "我叫***，电话***********，贷款利率100%_太高",
    "手机ＡＰＰ登录不上，Face ID也不行": None,
    "柜员态度冷淡，等了两个小时": None,
    "登录不上\r\n\t😀 \\n 'OR'1'='1' --": None,
    "贷\0款": "贷\ufffd款",
    "長" * 3_000: None,
}
"""Texts as they are sent, and as they are kept where that is something else."""

IDS = ["A-1", "A-2", "a-1", "投诉_３", "x.:@~+-", "9" * 200]
KEYS = ["k-1", "K-1", "A-1", "k 1", "~" * 200]
CATEGORIES = ["card_fees", "card_limit", "mobile_banking", "service_attitude"]
REGIONS = ["苏州", "南京", "Nanjing", " 苏州", "'; --", "😀%"]
CHANNELS = ["hotline", "app", "regulator_referral"]
WORDS = [
    *("年费", "年费 301", "100%_", "%", "_", "ＡＰＰ", "face id", "FACE", "\\n", "'or'", "没有", "态度 冷淡"),
]
AMOUNTS_REFUSED = ["0." + "3" * 60, "9" * 16, "1e999999", "NaN", "三百"]

bodies = st.fixed_dictionaries(
    {"text": st.sampled_from(list(TEXTS))},
    optional={
        "channel": st.sampled_from(CHANNELS),
        "region": st.sampled_from(REGIONS),
        "branch": st.just("观前支行"),
        "received_at": st.sampled_from(["2026-11-24T09:30:00+08:00", "2026-11-24T09:30:00", "2000-02-29T00:00:00Z"]),
        "metadata": st.fixed_dictionaries(
            {},
            optional={
                "amount": st.sampled_from([300, "300.50", "-0", "1e3", "9" * 15 + ".12345"]),
                "customer_key": st.sampled_from(["C-1", "C-2"]),
                "referral_no": st.just("R-7"),
                "product": st.sampled_from(["金卡", "13800138000"]),
            },
        ),
    },
)
NOTES = {None: None, "核实过": "核实过", "打13800138000核实\0过": "打***********核实\ufffd过"}
"""Notes as they are sent, and as they are kept."""

corrections = st.fixed_dictionaries(
    {"category": st.sampled_from(CATEGORIES)},
    optional={"by": st.sampled_from(["李", "王"]), "note": st.sampled_from([note for note in NOTES if note])},
)
FILTERS = {
    "category": CATEGORIES,
    "department": ["credit_card_center", "triage", "nobody"],
    "decision": ["auto", "review"],
    "channel": CHANNELS,
    "region": REGIONS,
}
_one = st.one_of(*(st.fixed_dictionaries({name: st.sampled_from(of)}) for name, of in FILTERS.items()))
filters = st.just({}) | st.just({}) | _one | st.tuples(_one, _one).map(lambda two: {**two[0], **two[1]})
limits = st.sampled_from([1, 2, 3, 7, 200])
some = st.integers(0, 10**6)
"""Which of those that are there, counted around."""


@dataclass
class Known:
    """A case as the model has it."""

    complaint_id: str
    key: str | None
    body: dict[str, Any]
    answer: str
    said: dict[str, Any]
    corrections: list[dict[str, Any]] = field(default_factory=list)
    erased: bool = False

    def erase(self) -> None:
        """Take the person out: text, notes, and in the first answer the words that carry a signal."""
        self.erased = True
        said = json.loads(self.answer)
        for signal in said["signals"]:
            signal["words"] = ""
        self.answer = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        for correction in self.corrections:
            correction.pop("note", None)

    @property
    def path(self) -> str:
        return f"/v1/complaints/{quote(self.complaint_id, safe='')}"

    @property
    def text(self) -> str:
        sent: str = self.body["text"]
        return "" if self.erased else TEXTS[sent] or sent

    @property
    def category(self) -> str:
        said: str = self.corrections[-1]["category"] if self.corrections else self.said["category"]["code"]
        return said

    @property
    def department(self) -> str:
        """Who has it: once a person has said what it is about, the department of that."""
        said: str = self.said["department"]["code"]
        return TAXONOMY[self.category].department.code if self.corrections else said

    @property
    def stands(self) -> dict[str, str | None]:
        """What the filters of a list see of it."""
        return {
            "category": self.category,
            "department": self.department,
            "decision": self.said["decision"],
            "channel": self.body.get("channel"),
            "region": self.body.get("region"),
        }

    def fits(self, wanted: dict[str, str]) -> bool:
        """Whether a list with these filters has it."""
        at = self.said["registered_at"]
        return (
            all(value == wanted.get(name, value) for name, value in self.stands.items())
            and has(self.text, wanted.get("words", ""))
            and wanted.get("since", at) <= at
            and ("until" not in wanted or at < wanted["until"])
        )


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two bodies say the same; a moment without an offset is one in China."""

    def said(body: dict[str, Any]) -> dict[str, Any]:
        moment = body.get("received_at", "").replace("+08:00", "")
        return {**body, "metadata": body.get("metadata", {}), "received_at": moment}

    return said(one) == said(other)


def has(text: str, words: str) -> bool:
    return all(word in text.lower() for word in words.lower().split())
