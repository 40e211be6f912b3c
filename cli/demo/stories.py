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
_WHOLE: Final = 0.2
"""So many complaints are as long as in the corpus. The others break off earlier: the model has learned these very
texts, and would be surer of them than it is of anything a bank receives."""
_LEAST: Final = 14
"""Characters that are left of a text."""
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
        order = sorted(rows, key=lambda row: rng.random() ** (1 / _weight(row)), reverse=True)
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
            return self._story(arrival, row, self._shorter(row.text), _city(rng, cities), self._customer())
        if arrival.why == "rising":
            row = _next(self._fees, lambda row: row.channel not in _OFFICE)
            return self._story(arrival, row, self._shorter(row.text), _city(rng, WEST), self._customer())
        open_now = working(arrival.at, self._calendar)
        office = open_now and rng.random() < 0.28
        rows = self._office if office else self._always
        if rng.random() < _AGAIN and (before := self._before(arrival.at)):
            customer, city, category, _ = before
            alike = category if rng.random() < 0.7 else None
            row = _next(rows, lambda row: alike in (None, row.category))
        else:
            row = rows[0]
            rows.rotate(-1)
            named = [city for city in CITIES if city in row.text]
            city, customer = named[0] if named else _city(rng, CITIES), self._customer()
        return self._story(arrival, row, self._shorter(row.text), city, customer)

    def _story(self, arrival: Arrival, row: Labelled, text: str, city: str, customer: str | None) -> Story:
        rng, group = self._rng, self._taxonomy[row.category].group.code
        if customer:
            self._customers.append((customer, city, row.category, arrival.at))
        self._number += 1
        products = PRODUCTS.get(group)
        amount = AMOUNTS.get(row.category)
        request = IntakeRequest(
            complaint_id=f"TS{arrival.at:%Y%m%d}-{self._number:05d}",
            text=text,
            channel=row.channel,
            region=city,
            branch=rng.choice(CITIES[city][1]) if row.channel == "branch" or rng.random() < 0.4 else None,
            received_at=arrival.at - timedelta(seconds=rng.randrange(5, 400)),
            metadata=Metadata(
                segment=rng.choices(list(SEGMENTS), list(SEGMENTS.values()))[0],
                product=rng.choice(products) if products and rng.random() < 0.85 else None,
                amount=_money(rng, *amount) if amount and rng.random() < 0.7 else None,
                customer_key=customer,
                business_channel=BUSINESS_CHANNELS.get(row.category),
                referral_no=f"ZB{arrival.at:%y%m%d}{rng.randrange(1_000):03d}"
                if row.channel == "regulator_referral"
                else None,
            ),
        )
        return Story(arrival.at, request, row.category)

    def _customer(self) -> str | None:
        return None if self._rng.random() < _UNKNOWN else f"C{self._rng.randrange(10**7, 10**8)}"

    def _before(self, at: datetime) -> tuple[str, str, str, datetime] | None:
        if not self._customers:
            return None
        before = self._rng.choice(self._customers[-2_000:])
        return before if timedelta(days=1) < at - before[3] < timedelta(days=60) else None

    def _shorter(self, text: str) -> str:
        """The beginning of a text, up to the end of a phrase."""
        share = 1.0 if self._rng.random() < _WHOLE else self._rng.uniform(0.2, 0.75)
        ends = [found.end() for found in re.finditer("[，。！？；,!?;~～…]+", text)]
        end = next((end for end in ends if end >= max(_LEAST, share * len(text))), len(text))
        return re.sub("[，；,;]+$", "。", text[:end])


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
