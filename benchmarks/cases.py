"""A database full of made-up cases: a year of a bank's complaints, written by SQL as the program would have left them.

    python -m benchmarks.cases URL [--cases 100000]

Texts are the corpus's own. Weekends are quiet, nights quieter; the app fails in the last four days, in one province.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Table, func, insert, select

from api.storage import Database, open_database
from api.storage.database import writing
from api.storage.schema import COMPLAINTS, CORRECTIONS, DECISIONS, EVENTS, OPEN_CASES, PREDICTIONS
from classifier import Taxonomy
from training import read_bundled_corpus

CHANNELS = {"hotline": 46, "app": 22, "branch": 14, "web": 8, "regulator_referral": 6, "letter": 3, "media": 1}
REGIONS = (
    "广东 江苏 浙江 山东 河南 四川 湖北 湖南 上海 北京 福建 安徽 河北 辽宁 陕西 江西 重庆 广西 云南 山西 贵州 黑龙江 "
    "天津 吉林 新疆 内蒙古 甘肃 海南 宁夏 青海 西藏"
).split()
PRODUCTS = {"信用卡": 30, "个人贷款": 18, "借记卡": 16, "手机银行": 12, "理财": 7, "代理保险": 4}
SEGMENTS = {"大众": 70, "财富": 18, "私行": 4, "小微": 8}
HOURS = [1, 1, 0.5, 0.3, 0.3, 0.5, 1, 3, 8, 13, 14, 12, 7, 8, 12, 12, 11, 9, 6, 5, 5, 4, 3, 2]
BUSINESS_CHANNELS = ["营业现场", "自助机具", "网银", "电话", "移动客户端", "短信", "第三方渠道"]
MODELS = ("2026-03-02.1", "2026-09-14.1")
DAYS = 364
_BLOCK = 2_000


def fill(database: Database, cases: int, *, end: datetime | None = None, seed: int = 1) -> None:
    """Write so many cases of the year before `end`, by default now."""
    maker = _Maker(random.Random(seed), end or datetime.now(UTC))
    moments = maker.moments(cases)
    with database.connect() as connection:
        last = connection.execute(select(func.coalesce(func.max(COMPLAINTS.c.number), 0))).scalar_one()
    for start in range(0, cases, _BLOCK):
        rows: dict[Table, list[dict[str, Any]]] = {table: [] for table in _ORDER}
        for offset, at in enumerate(moments[start : start + _BLOCK]):
            for table, row in maker.case(last + start + offset + 1, at):
                rows[table].append(row)
        with writing(database) as connection:
            for table, found in rows.items():
                if found:
                    connection.execute(insert(table), found)
    if database.dialect.name == "postgresql":
        with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SELECT setval('complaints_number_seq', (SELECT MAX(number) FROM complaints))")
            connection.exec_driver_sql("VACUUM ANALYZE")  # as its autovacuum does, within minutes


_ORDER = (COMPLAINTS, PREDICTIONS, DECISIONS, OPEN_CASES, CORRECTIONS, EVENTS)


class _Maker:
    def __init__(self, draw: random.Random, end: datetime) -> None:
        self._draw = draw
        self._end = end
        self._taxonomy = Taxonomy.bundled()
        self._texts = _texts()
        self._codes = list(self._taxonomy)
        self._weights = [1 / (rank + 4) for rank in range(len(self._codes))]
        draw.shuffle(self._weights)

    def moments(self, cases: int) -> list[datetime]:
        """When they come in, the first one first."""
        days = [self._end - timedelta(days=back) for back in range(DAYS)]
        busy = [0.35 if (day + timedelta(hours=8)).weekday() > 4 else 1.0 for day in days]
        found = []
        for day in self._draw.choices(days, busy, k=cases):
            midnight = (day + timedelta(hours=8)).replace(hour=0, minute=0, second=0, microsecond=0)
            hour = self._draw.choices(range(24), HOURS)[0]
            at = midnight + timedelta(hours=hour - 8, seconds=self._draw.randrange(3_600))
            found.append(at if at < self._end else at - timedelta(weeks=self._draw.randrange(1, 50)))
        return sorted(found)

    def case(self, number: int, at: datetime) -> Iterator[tuple[Table, dict[str, Any]]]:
        """The rows of one case."""
        draw, kept = self._draw, at.astimezone(UTC).replace(tzinfo=None)
        category = draw.choices(self._codes, self._weights)[0]
        region = draw.choices(REGIONS, [1 / (rank + 3) for rank in range(len(REGIONS))])[0]
        if self._end - at < timedelta(days=4) and draw.random() < 0.08:
            category, region = "mobile_banking", "广东"
        yield (
            COMPLAINTS,
            {
                "number": number,
                "complaint_id": f"HL-{at:%Y%m%d}-{number:06}",
                "body_hash": f"{number:064}",
                "registered_at": kept,
                "text": draw.choice(self._texts[category]),
                "channel": draw.choices(list(CHANNELS), CHANNELS.values())[0],
                "region": region,
                "product": draw.choices([*PRODUCTS, None], [*PRODUCTS.values(), 13])[0],
                "segment": draw.choices(list(SEGMENTS), SEGMENTS.values())[0],
                "business_channel": draw.choice([*BUSINESS_CHANNELS, None, None]),
                "answer": {},
                "registered_by": "热线系统",
            },
        )
        sure = draw.random() < 0.82
        said = category if draw.random() < (0.965 if sure else 0.7) else draw.choice(self._codes)
        confidence = draw.uniform(0.9, 0.999) if sure else draw.uniform(0.3, 0.85)
        yield (
            PREDICTIONS,
            {
                "complaint": number,
                "predicted_at": kept,
                "model": MODELS[self._end - at < timedelta(days=76)],
                "category": said,
                "confidence": confidence,
                "verdict": "auto" if sure else "review",
                "secondary": [],
                "candidates": [[said, confidence]],
                "signals": [],
            },
        )
        priority = draw.choices(["P1", "P2", "P3"], [4, 16, 80])[0]
        owner = self._taxonomy[said].department.code if sure else "triage"
        due = {"first_response_due": kept + timedelta(days=1), "resolution_due": kept + timedelta(days=15)}
        routed = {"rules": "r", "priority": priority, "trace": [], "standing": "new", **due}
        yield DECISIONS, {"complaint": number, "decided_at": kept, "department": owner, "reason": "intake", **routed}
        age = self._end - at
        why = "sample" if sure and draw.random() < 0.03 else "uncertain"
        looked = (not sure or why == "sample") and draw.random() < (0.97 if age.days > 2 else 0.5)
        if looked:
            later = kept + timedelta(hours=draw.uniform(0.2, 20))
            facets = {"business_channel": "移动客户端"} if category == "mobile_banking" else {}
            facet = self._taxonomy[category].business == "未定" and draw.random() < 0.6
            if facet:
                facets |= {"business": draw.choice(self._taxonomy.facets["business"])}
            yield CORRECTIONS, {
                "complaint": number, "corrected_at": later, "corrected_by": draw.choice(["李敏", "王强", "赵倩"]),
                "category": category, "selection": why, "note": None, "kind": None, "business": None, "cause": None,
                "business_channel": None, **facets,
            }  # fmt: skip
            owner = self._taxonomy[category].department.code
            yield DECISIONS, {
                "complaint": number, "decided_at": later, "department": owner, "reason": "corrected", **routed
            }  # fmt: skip
        yield from self._life(number, kept, age, owner, priority, confidence, None if looked or sure else "uncertain")

    def _life(
        self, number: int, kept: datetime, age: timedelta, owner: str, priority: str, confidence: float, why: str | None
    ) -> Iterator[tuple[Table, dict[str, Any]]]:
        first, last = kept + timedelta(days=1), kept + timedelta(days=15)
        answered = timedelta(days=self._draw.expovariate(2.6))
        closed = timedelta(days=self._draw.gammavariate(2, 3.4))
        closed = max(closed, answered)

        def event(name: str, after: timedelta, due: datetime | None = None) -> tuple[Table, dict[str, Any]]:
            at = kept + after
            said = {"event": name, "happened_at": at, "recorded_at": at, "actor": "张经办", "due": due}
            return EVENTS, {"complaint": number, **said, "mark": f"{name}-{number}"}

        if min(answered, age) > timedelta(days=1):
            yield event("first_response_breached", timedelta(days=1), first)
        if answered < age:
            yield event("first_response", answered)
        if min(closed, age) > timedelta(days=15):
            yield event("resolution_breached", timedelta(days=15), last)
        if closed < age:
            yield event("resolved", closed)
        if closed >= age or why:
            yield OPEN_CASES, {
                "complaint": number, "department": owner, "priority": priority, "confidence": confidence,
                "first_response_due": None if answered < age else first,
                "resolution_due": None if closed < age else last, "next_at": None, "review": why,
            }  # fmt: skip


@cache
def _texts() -> dict[str, list[str]]:
    """The corpus's, by category."""
    taxonomy = Taxonomy.bundled()
    texts: dict[str, list[str]] = {code: [] for code in taxonomy}
    for row in read_bundled_corpus(taxonomy):
        texts[row.category].append(row.text)
    return texts


def main() -> None:
    """Fill one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--cases", type=int, default=100_000)
    chosen = parser.parse_args()
    database = open_database(chosen.url)
    fill(database, chosen.cases)
    database.dispose()


if __name__ == "__main__":
    main()
