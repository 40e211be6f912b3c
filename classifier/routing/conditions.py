"""The conditions of a rule: when each holds, how it is said, and which of two asks for more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import Final, Protocol

from classifier.deadlines import CHINA
from classifier.routing.facts import Facts

NAMES: Final[Mapping[str, str]] = {
    "category": "类别",
    "group": "大类",
    "secondary": "次要类别",
    "confidence": "把握",
    "decision": "识别结论",
    "signals": "信号",
    "channel": "投诉渠道",
    "region": "地区",
    "branch": "被投诉网点",
    "words": "文字",
    "time": "到达时间",
    "metadata.segment": "客户群",
    "metadata.product": "产品",
    "metadata.business_channel": "业务办理渠道",
    "metadata.amount": "争议金额",
}
"""Everything a rule may ask for, and what it is called."""


class Condition(Protocol):
    """One thing a rule asks for.

    Attributes
    ----------
    key : str
        Of `NAMES`.
    asked : str
        What it asks for, in words.
    """

    @property
    def key(self) -> str:
        """Of `NAMES`."""

    @property
    def asked(self) -> str:
        """What it asks for, in words."""

    def holds(self, facts: Facts) -> bool:
        """Whether a case has it."""

    def evidence(self, facts: Facts) -> str:
        """What in the case it holds by, in words."""

    def implied_by(self, other: Condition) -> bool:
        """Whether this one holds whenever another one of its key does."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value, or one of several, is one of those wanted.

    Attributes
    ----------
    key : str
    wanted : mapping of str to str
        The values and what they are called.
    of : callable
        The values a case has.
    """

    key: str
    wanted: Mapping[str, str]
    of: Callable[[Facts], Collection[str | None]] = field(compare=False)

    @property
    def asked(self) -> str:
        """What it asks for, in words."""
        return f"{NAMES[self.key]}为{_either(self.wanted.values())}"

    def holds(self, facts: Facts) -> bool:
        """Whether a case has it."""
        return any(map(self.wanted.__contains__, self.of(facts)))

    def evidence(self, facts: Facts) -> str:
        """What in the case it holds by, in words."""
        met = [name for value, name in self.wanted.items() if value in self.of(facts)]
        return f"{NAMES[self.key]}是{'、'.join(f'“{name}”' for name in met)}"

    def implied_by(self, other: Condition) -> bool:
        """Whether this one holds whenever another one of its key does."""
        return isinstance(other, OneOf) and other.wanted.keys() <= self.wanted.keys()


@dataclass(frozen=True, slots=True)
class Signalled:
    """The text carries one of these signals."""

    wanted: Mapping[str, str]
    key: str = "signals"

    @property
    def asked(self) -> str:
        """What it asks for, in words."""
        return f"有信号{_either(self.wanted.values())}"

    def of(self, facts: Facts) -> list[str]:
        """The signals a case has."""
        return [signal.code for signal in facts.prediction.signals]

    def holds(self, facts: Facts) -> bool:
        """Whether a case has it."""
        return any(map(self.wanted.__contains__, self.of(facts)))

    def evidence(self, facts: Facts) -> str:
        """What in the case it holds by, in words."""
        met = [signal for signal in facts.prediction.signals if signal.code in self.wanted]
        # The place and not the words: what is decided stays when a person is erased, and words would stay with it.
        return "；".join(f"信号“{self.wanted[s.code]}”，原文第{s.start + 1}至{s.end}字" for s in met)

    def implied_by(self, other: Condition) -> bool:
        """Whether this one holds whenever another one of its key does."""
        return isinstance(other, Signalled) and other.wanted.keys() <= self.wanted.keys()


@dataclass(frozen=True, slots=True)
class Words:
    """One of these words stands in the text, in canonical form."""

    wanted: tuple[str, ...]
    key: str = "words"

    @property
    def asked(self) -> str:
        """What it asks for, in words."""
        return f"文字中有{_either(self.wanted)}"

    def holds(self, facts: Facts) -> bool:
        """Whether a case has it."""
        return any(word in facts.prediction.text for word in self.wanted)

    def evidence(self, facts: Facts) -> str:
        """What in the case it holds by, in words."""
        return f"文字中有{'、'.join(f'“{word}”' for word in self.wanted if word in facts.prediction.text)}"

    def implied_by(self, other: Condition) -> bool:
        """Whether this one holds whenever another one of its key does: 退款 stands wherever 要求退款 does."""
        return isinstance(other, Words) and all(any(word in longer for word in self.wanted) for longer in other.wanted)


@dataclass(frozen=True, slots=True)
class Within:
    """A number lies between two bounds, the lower one included; either may be missing. What is unknown lies nowhere."""

    key: str
    at_least: Decimal | None
    below: Decimal | None
    of: Callable[[Facts], Decimal | None] = field(compare=False)

    @property
    def empty(self) -> bool:
        """Whether no number lies between the bounds."""
        return self.at_least is not None and self.below is not None and self.at_least >= self.below

    @property
    def asked(self) -> str:
        """What it asks for, in words."""
        bounds = [f"不低于{self.at_least}"] if self.at_least is not None else []
        return NAMES[self.key] + "且".join([*bounds, *([f"低于{self.below}"] if self.below is not None else [])])

    def holds(self, facts: Facts) -> bool:
        """Whether a case has it."""
        value = self.of(facts)
        return (
            value is not None
            and (self.at_least is None or value >= self.at_least)
            and (self.below is None or value < self.below)
        )

    def evidence(self, facts: Facts) -> str:
        """What in the case it holds by, in words."""
        return f"{NAMES[self.key]}是{self.of(facts)}"

    def implied_by(self, other: Condition) -> bool:
        """Whether this one holds whenever another one of its key does."""
        return (
            isinstance(other, Within)
            and (self.at_least is None or (other.at_least is not None and other.at_least >= self.at_least))
            and (self.below is None or (other.below is not None and other.below <= self.below))
        )


@dataclass(frozen=True, slots=True)
class Between:
    """The case arrives in a part of the day in China, from a time of day and before another; it may span midnight."""

    start: time
    end: time
    key: str = "time"

    @property
    def asked(self) -> str:
        """What it asks for, in words."""
        return f"到达时间在{self.start:%H:%M}至{self.end:%H:%M}"

    def holds(self, facts: Facts) -> bool:
        """Whether a case has it."""
        return self._covers(facts.arrived.astimezone(CHINA).time())

    def evidence(self, facts: Facts) -> str:
        """What in the case it holds by, in words."""
        return f"到达时间是{facts.arrived.astimezone(CHINA):%H:%M}"

    def implied_by(self, other: Condition) -> bool:
        """Whether this one holds whenever another one of its key does."""
        # From the other's start, its end must come no later than this one's.
        return (
            isinstance(other, Between)
            and self._covers(other.start)
            and _minutes(other.start, other.end) <= _minutes(other.start, self.end)
        )

    def _covers(self, moment: time) -> bool:
        return _minutes(self.start, moment) < _minutes(self.start, self.end)


def _minutes(start: time, end: time) -> float:
    """Minutes from one time of day to the next other one; 0 from one to itself."""
    seconds = (end.hour - start.hour) * 3600 + (end.minute - start.minute) * 60 + end.second - start.second
    return (seconds % 86_400) / 60


def _either(names: Collection[str]) -> str:
    return "或".join(f"“{name}”" for name in dict.fromkeys(names))
