"""Many complaints at once: in turns, so that others are answered in between."""

from __future__ import annotations

import asyncio
import json

import pytest
from fastapi.testclient import TestClient

from api.batch import Turns
from api.schemas import BatchAnswer, Classification
from api.serving import Serving
from api.shadow import Shadow
from models import Bundle
from tests.api.test_http import TEXT


@pytest.fixture(scope="module")
def serving(bundle: Bundle) -> Serving:
    return Serving.of(bundle).prepared()


def test_others_come_between_the_turns_of_a_batch(serving: Serving) -> None:
    between = 0

    async def others() -> None:
        nonlocal between
        while True:
            between += 1
            await asyncio.sleep(0)

    async def both() -> None:
        other = asyncio.create_task(others())
        await Turns().answer([{"text": TEXT}] * 200, "/here", serving, Shadow())
        other.cancel()

    asyncio.run(both())
    assert between > 10


def test_batches_take_turns_and_each_gets_its_own_answers(serving: Serving) -> None:
    turns, ended = Turns(), []

    async def ask(size: int) -> BatchAnswer:
        answer = await turns.answer([{"text": TEXT}, {"text": ""}] * size, f"/{size}", serving, Shadow())
        ended.append(size)
        return BatchAnswer.model_validate_json(answer)

    async def both() -> tuple[BatchAnswer, BatchAnswer]:
        return await asyncio.gather(ask(300), ask(2))

    many, few = asyncio.run(both())
    assert ended == [2, 300]
    assert [(a.succeeded, a.failed, len(a.items)) for a in (many, few)] == [(300, 300, 600), (2, 2, 4)]
    assert [item.index for item in many.items] == list(range(600))
    assert few.items[3].problem is not None
    assert few.items[3].problem.instance == "/2#/items/3"


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
