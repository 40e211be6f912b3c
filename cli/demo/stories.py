"""What is complained about: texts of the bundled corpus, each with what a bank knows beside it."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from api.cases import IntakeRequest
from api.schemas import Metadata
from classifier.deadlines import WorkCalendar
from classifier.taxonomy import Taxonomy
from cli.demo.arrivals import Arrival, working
from cli.demo.bank import AMOUNTS, BUSINESS_CHANNELS, CITIES, EAST, PRODUCTS, SEGMENTS, WEST

if TYPE_CHECKING:
    from training import Labelled

_CHANNELS: Final = {
    "hotline": 2.6, "branch": 1.3, "app": 0.9, "web": 0.8, "letter": 0.8, "regulator_referral": 1.6, "media": 0.4,
}  # fmt: skip
"""How much likelier a text of a channel is to be used than its number in the corpus says."""
_OFFICE: Final = frozenset({"branch", "letter", "regulator_referral"})
"""What comes while offices are open."""
_OTHERS: Final = 0.5
"""The corpus has more that is no matter of the bank than a bank gets."""
_WHOLE: Final = 0.1
"""So many complaints are as long as in the corpus; of the others a part is told, and half of them begin later. The
model has learned these very texts, and would be surer of them than it is of anything a bank receives: so it is about as
sure, and as often wrong, as its training has measured."""
_LEAST: Final = 12
"""Characters that are left of a text."""
_OTHER_WAY: Final = 0.2
"""So often a text that complains of two things is mainly about the other one."""
_SPOKEN: Final = 0.35
"""So many of the texts that the corpus has from the web were said on the telephone, and written down."""
_ELSEWHERE: Final = re.compile("[們個這說錢還銀戶電話務員嘅唔係]|健身房|洋钱罐|分期乐")
"""Said in another place, or of another house."""
_PHRASE: Final = re.compile("[^，。！？；,!?;~～…]+[，。！？；,!?;~～…]*[”）」]?")
_AGAIN: Final = 0.05
"""So many come from a customer who has complained before; most of them of the same."""
_UNKNOWN: Final = 0.08
_FAULT: Final = re.compile("登录|登不|闪退|打不开|进不去|系统|维护|黑屏|白屏|卡死|崩溃|加载|转圈|网络异常|报错")
_FEE: Final = re.compile("年费|手续费|分期|权益费|违约金")


@dataclass(frozen=True, slots=True)
class Story:
    """A complaint as it is sent, and what it is really about."""

    at: datetime
    request: IntakeRequest
    category: str


class Stories:
    """Tells a complaint for every arrival, hardly ever the same text twice.

    Parameters
    ----------
    rows : sequence of Labelled
        The corpus.
    taxonomy : Taxonomy
    calendar : WorkCalendar
    rng : random.Random
    """

    def __init__(
        self, rows: Sequence[Labelled], taxonomy: Taxonomy, calendar: WorkCalendar, rng: random.Random
    ) -> None:
        self._taxonomy = taxonomy
        self._calendar = calendar
        self._rng = rng
        here = [row for row in rows if not _ELSEWHERE.search(row.text)]
        order = sorted(here, key=lambda row: rng.random() ** (1 / _weight(row)), reverse=True)
        faults = {"online_banking", "mobile_banking"}
        is_fault = [row.category in faults and bool(_FAULT.search(row.text)) for row in order]
        self._faults = deque(row for row, fault in zip(order, is_fault, strict=True) if fault)
        plain = [row for row, fault in zip(order, is_fault, strict=True) if not fault or rng.random() < 0.5]
        self._office = deque(row for row in plain if row.channel in _OFFICE)
        self._always = deque(row for row in plain if row.channel not in _OFFICE)
        self._fees = deque(row for row in order if row.category == "card_fees" and _FEE.search(row.text))
        self._letter = next(row for row in order if row.category == "loan_pricing" and row.channel == "letter")
        self._customers: list[tuple[str, str, str, datetime]] = []
        self._number = 0

    def tell(self, arrival: Arrival) -> Story:
        """The complaint of an arrival."""
        rng = self._rng
        if arrival.why == "copied":
            return self._story(arrival, self._letter, self._letter.text, _city(rng, CITIES), self._customer())
        if arrival.why == "outage":
            row, cities = _next(self._faults, lambda row: row.channel in ("app", "web", "hotline")), EAST
            return self._story(arrival, row, self._part(row.text), _city(rng, cities), self._customer())
        if arrival.why == "rising":
            row = _next(self._fees, lambda row: row.channel not in _OFFICE)
            return self._story(arrival, row, self._part(row.text), _city(rng, WEST), self._customer())
        open_now = working(arrival.at, self._calendar)
        office = open_now and rng.random() < 0.28
        rows = self._office if office else self._always
        if rng.random() < _AGAIN and (before := self._before(arrival.at)):
            customer: str | None
            customer, city, category, _ = before
            alike = category if rng.random() < 0.7 else None
            row = _next(rows, lambda row: alike in (None, row.category))
        else:
            row = rows[0]
            rows.rotate(-1)
            named = [city for city in CITIES if city in row.text]
            city, customer = named[0] if named else _city(rng, CITIES), self._customer()
        return self._story(arrival, row, self._part(row.text), city, customer)

    def _story(self, arrival: Arrival, row: Labelled, text: str, city: str, customer: str | None) -> Story:
        rng, category, channel = self._rng, row.category, row.channel
        if row.secondary and rng.random() < _OTHER_WAY:
            category = row.secondary[0]
        if channel == "web" and rng.random() < _SPOKEN:
            channel = "hotline"
        group = self._taxonomy[category].group.code
        if customer:
            self._customers.append((customer, city, category, arrival.at))
        self._number += 1
        products = PRODUCTS.get(group)
        amount = AMOUNTS.get(category)
        request = IntakeRequest(
            complaint_id=f"TS{arrival.at:%Y%m%d}-{self._number:05d}",
            text=text,
            channel=channel,
            region=city,
            branch=rng.choice(CITIES[city][1]) if channel == "branch" or rng.random() < 0.4 else None,
            received_at=arrival.at - timedelta(seconds=rng.randrange(5, 400)),
            metadata=Metadata(
                segment=rng.choices(list(SEGMENTS), list(SEGMENTS.values()))[0],
                product=rng.choice(products) if products and rng.random() < 0.85 else None,
                amount=_money(rng, *amount) if amount and rng.random() < 0.7 else None,
                customer_key=customer,
                business_channel=BUSINESS_CHANNELS.get(category),
                referral_no=f"ZB{arrival.at:%y%m%d}{self._number:05d}" if channel == "regulator_referral" else None,
            ),
        )
        return Story(arrival.at, request, category)

    def _customer(self) -> str | None:
        return None if self._rng.random() < _UNKNOWN else f"C{self._rng.randrange(10**7, 10**8)}"

    def _before(self, at: datetime) -> tuple[str, str, str, datetime] | None:
        if not self._customers:
            return None
        before = self._rng.choice(self._customers[-2_000:])
        return before if timedelta(days=1) < at - before[3] < timedelta(days=60) else None

    def _part(self, text: str) -> str:
        """What is told of a text: whole phrases of it, in their order."""
        rng, phrases = self._rng, _PHRASE.findall(text)
        if rng.random() < _WHOLE or not phrases:
            return text
        wanted = max(_LEAST, rng.uniform(0.12, 0.6) * len(text))
        begins = [place for place in range(1, len(phrases)) if phrases[place - 1][-1] in "。！？!?"]
        place = rng.choice(begins) if begins and rng.random() < 0.5 else 0
        told = ""
        while place < len(phrases) and (len(told) < wanted or not _balanced(told)):
            told += phrases[place]
            place += 1
        return re.sub("[，；,;]+$", "。", told) if _balanced(told) and len(told) >= _LEAST else text


def _balanced(text: str) -> bool:
    return all(text.count(left) == text.count(right) for left, right in ("“”", "（）", "「」"))


def _weight(row: Labelled) -> float:
    return _CHANNELS[row.channel] * (_OTHERS if row.category == "other" else 1)


def _next(rows: deque[Labelled], fits: Callable[[Labelled], bool]) -> Labelled:
    """The next that fits; it is then the last in the row."""
    place = next((place for place, row in enumerate(rows) if fits(row)), 0)
    row = rows[place]
    del rows[place]
    rows.append(row)
    return row


def _city(rng: random.Random, cities: Sequence[str] | dict[str, tuple[int, tuple[str, ...]]]) -> str:
    names = list(cities)
    return rng.choices(names, [CITIES[name][0] for name in names])[0]


def _money(rng: random.Random, median: float, spread: float) -> int:
    """An amount in yuan; large ones are round."""
    amount = median * rng.lognormvariate(0, spread)
    step = 1 if amount < 1_000 else 100 if amount < 20_000 else 1_000
    return max(1, round(amount / step) * step)
