"""The challenger reads what is answered: counted, never heard, never waited for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY

from api.app import create_app
from api.service import Service
from api.settings import Settings
from api.shadow import Shadow
from classifier import ComplaintModel
from models import Bundle, Registry
from tests.api.copies import contrary, damage, keep
from tests.api.test_live import soon
from tests.conftest import asking

TEXTS = ["信用卡年费说好刷满六次就免，现在又扣了300元", "手机银行转账失败", "柜台态度差", "贷款利率比说好的高"]


@pytest.fixture
def registry(bundle: Bundle, store: Path, tmp_path: Path) -> Registry:
    """A champion, another that says the same, and one that never does."""
    registry = Registry(tmp_path / "store")
    source = store / bundle.manifest.version
    keep(registry, source, "champion")
    keep(registry, source, f"alike-{tmp_path.name}")
    keep(registry, source, f"contrary-{tmp_path.name}", contrary)
    return registry


@pytest.fixture
def client(registry: Registry, tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(Service(registry.load()), Settings(data=tmp_path, review_sample=0), registry)
    with asking(app) as client:
        yield client


def counted(challenger: str, agreement: str) -> int:
    labels = {"challenger": challenger, "agreement": agreement}
    return int(REGISTRY.get_sample_value("complaints_shadow_total", labels) or 0)


def reads(client: TestClient, challenger: str) -> None:
    """Wait until the challenger reads."""
    shadow: Shadow = cast(Any, client.app).state.shadow
    soon(lambda: shadow.version == challenger)


def send_all(client: TestClient) -> list[dict[str, Any]]:
    """Each text through each of the three doors; what was answered."""
    answers = [client.post("/v1/classify", json={"text": text}).json() for text in TEXTS]
    batch = client.post("/v1/classify/batch", json={"items": [*({"text": text} for text in TEXTS), {"text": ""}]})
    answers += [item["result"] for item in batch.json()["items"] if item["result"]]
    return answers + [client.post("/v1/complaints", json={"text": text}).json() for text in TEXTS]


@pytest.mark.parametrize(("kind", "agreement"), [("alike", "same"), ("contrary", "different")])
def test_it_is_counted_how_often_it_agrees(
    client: TestClient, registry: Registry, tmp_path: Path, kind: str, agreement: str
) -> None:
    challenger = f"{kind}-{tmp_path.name}"
    registry.shadow(challenger, reason="try")
    reads(client, challenger)
    send_all(client)
    soon(lambda: counted(challenger, agreement) == 3 * len(TEXTS))
    assert f'complaints_shadow_total{{agreement="{agreement}",challenger="{challenger}"}} 12.0' in (
        client.get("/metrics").text
    )


def test_its_answers_are_neither_returned_nor_kept(client: TestClient, registry: Registry, tmp_path: Path) -> None:
    alone = send_all(client)
    challenger = f"contrary-{tmp_path.name}"
    registry.shadow(challenger, reason="try")
    reads(client, challenger)
    beside = send_all(client)
    soon(lambda: counted(challenger, "different") == 3 * len(TEXTS))
    assert [(one["category"], one["confidence"], one["model"]) for one in beside] == [
        (one["category"], one["confidence"], one["model"]) for one in alone
    ]
    for case in client.get("/v1/complaints").json()["items"]:
        record = client.get(f"/v1/complaints/{case['complaint_id']}").json()
        assert [prediction["model"] for prediction in record["predictions"]] == ["champion"]
    assert challenger not in client.get("/v1/model").text


def test_it_is_dropped_when_the_history_says_so(client: TestClient, registry: Registry, tmp_path: Path) -> None:
    challenger = f"alike-{tmp_path.name}"
    registry.shadow(challenger, reason="try")
    reads(client, challenger)
    registry.shadow(None, reason="enough")
    reads(client, "")
    send_all(client)
    assert counted(challenger, "same") == 0


def test_once_promoted_it_is_heard_and_reads_no_more_beside(
    client: TestClient, registry: Registry, tmp_path: Path
) -> None:
    challenger = f"alike-{tmp_path.name}"
    registry.shadow(challenger, reason="try")
    reads(client, challenger)
    registry.promote(challenger, reason="agrees", force=True)
    reads(client, "")
    assert client.get("/v1/model").json()["version"] == challenger


def test_a_damaged_challenger_harms_nobody(client: TestClient, registry: Registry, tmp_path: Path) -> None:
    challenger = f"alike-{tmp_path.name}"
    registry.shadow(challenger, reason="try")
    damage(registry, challenger)
    reads(client, "")
    assert {answer["model"] for answer in send_all(client)} == {"champion"}
    assert client.get("/health/ready").json()["refused"] is None


def test_what_it_cannot_take_is_dropped_and_what_it_fails_on_too_and_both_are_counted() -> None:
    class Broken:
        version = "broken"

        def predict(self, texts: list[str]) -> None:
            raise ZeroDivisionError

    shadow = Shadow()
    shadow.take_up(cast(ComplaintModel, Broken()))
    for n in range(1_003):
        shadow.offer(f"年费{n}", "card_fees")
    assert counted("broken", "dropped") == 3
    with shadow.reading():
        soon(lambda: counted("broken", "failed") == 1_000)
