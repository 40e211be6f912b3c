"""Many complaints at once: by processes of their own, while others are answered."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import pickle
import signal
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError
from fastapi.testclient import TestClient

from api.batch import Batches, answer
from api.schemas import BatchAnswer, Classification
from api.serving import Serving
from api.shadow import Shadow
from classifier.deadlines import WorkCalendar
from classifier.routing import read_rules
from models import Bundle
from tests.api.test_http import TEXT

AT = "2026-11-02T09:30:00"
MIXED: list[Any] = [{"text": TEXT, "received_at": AT}, {"text": ""}, {"text": TEXT, "channel": "no such"}, 7]


def sent(items: list[Any]) -> bytes:
    return json.dumps({"items": items}).encode()


@pytest.fixture(scope="module")
def serving(bundle: Bundle) -> Serving:
    return Serving.of(bundle).prepared()


@pytest.fixture(scope="module")
def batches() -> Iterator[Batches]:
    batches = Batches(1)
    yield batches
    batches.close()


def test_others_are_answered_while_a_batch_is(serving: Serving, batches: Batches) -> None:
    between = 0

    async def others() -> None:
        nonlocal between
        while True:
            between += 1
            await asyncio.sleep(0)

    async def both() -> None:
        other = asyncio.create_task(others())
        await batches.answer(sent([{"text": TEXT}] * 200), "/here", serving, Shadow())
        other.cancel()

    asyncio.run(both())
    assert between > 10


def test_each_batch_gets_its_own_answers(serving: Serving, batches: Batches) -> None:
    async def ask(size: int) -> BatchAnswer:
        return BatchAnswer.model_validate_json(await batches.answer(sent(MIXED * size), f"/{size}", serving, Shadow()))

    async def both() -> tuple[BatchAnswer, BatchAnswer]:
        return await asyncio.gather(ask(100), ask(1))

    many, few = asyncio.run(both())
    assert [(a.succeeded, a.failed, len(a.items)) for a in (many, few)] == [(100, 300, 400), (1, 3, 4)]
    assert [item.index for item in many.items] == list(range(400))
    assert few.items[3].problem is not None
    assert few.items[3].problem.instance == "/1#/items/3"


def test_another_process_says_the_same(serving: Serving, batches: Batches) -> None:
    there = asyncio.run(batches.answer(sent(MIXED), "/here", serving, Shadow()))
    assert there == answer(MIXED, "/here", serving).body


def test_other_rules_and_working_days_go_along(serving: Serving, batches: Batches) -> None:
    text = serving.router.book.text.replace("working_days = 15", "working_days = 3")
    rules = read_rules(text, serving.taxonomy, source="rules")
    ruled = replace(serving, book=rules)
    idle = replace(ruled, calendar=WorkCalendar({date(2026, 11, day): False for day in range(3, 8)}))
    asked = MIXED[:1]
    there = [asyncio.run(batches.answer(sent(asked), "/here", other, Shadow())) for other in (serving, ruled, idle)]
    assert there == [answer(asked, "/here", other).body for other in (serving, ruled, idle)]
    assert len(set(there)) == 3


def test_a_copy_of_what_serves_says_the_same(serving: Serving) -> None:
    assert answer(MIXED, "/here", pickle.loads(serving.pickled)).body == answer(MIXED, "/here", serving).body


def test_what_a_challenger_is_to_read_is_told(serving: Serving) -> None:
    assert answer(MIXED, "/here", serving).said == [(TEXT, "card_fees")]


def test_a_batch_survives_the_death_of_its_process(serving: Serving, batches: Batches) -> None:
    long = [{"text": TEXT * 200, "received_at": AT}] * 1_000
    asyncio.run(batches.answer(sent(MIXED), "/here", serving, Shadow()))

    async def killed() -> bytes:
        answering = asyncio.create_task(batches.answer(sent(long), "/here", serving, Shadow()))
        await asyncio.sleep(0.05)
        for process in multiprocessing.active_children():
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
        return await answering

    assert asyncio.run(killed()) == answer(long, "/here", serving).body


def test_a_bad_batch_is_refused_without_its_text(serving: Serving, batches: Batches) -> None:
    body = sent([{"text": "张三"}] * 1_001)
    with pytest.raises(RequestValidationError) as refused:
        asyncio.run(batches.answer(body, "/here", serving, Shadow()))
    assert refused.value.errors()[0]["loc"] == ("items",)
    assert "张三" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("explain", [False, True])
def test_what_is_answered_is_what_openapi_says(client: TestClient, explain: bool) -> None:
    asked = {"text": f"{TEXT}再不退就去银保监会投诉", "explain": explain, "received_at": "2026-11-24T09:30:00"}
    single = client.post("/v1/classify", json=asked).json()
    assert json.loads(Classification.model_validate(single, extra="forbid").model_dump_json()) == single
    many = client.post("/v1/classify/batch", json={"items": [asked, {}]}).json()
    assert json.loads(BatchAnswer.model_validate(many, extra="forbid").model_dump_json()) == many
    assert many["items"][0]["result"] == single


def test_a_body_may_begin_with_a_byte_order_mark(client: TestClient) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"text": TEXT}).encode()
    assert client.post("/v1/classify", content=body, headers={"content-type": "application/json"}).status_code == 200
