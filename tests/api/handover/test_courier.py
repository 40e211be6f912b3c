"""Departments are told what comes to them: signed, in order, at least once, whatever their receiver does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.handover import courier as module
from api.handover import targets
from api.handover.courier import Courier
from api.handover.messages import secret
from api.storage import Act, Outbox
from tests.api.conftest import on_one_database
from tests.api.handover.receiver import Receiver, receiving

TEXT = "信用卡年费说好刷满六次就免，现在又扣了我300元，我的电话13912345678，要求退还年费。"
KEY = b"k" * 32
ADMIN = Act("管理员", "webhook")


class Desk:
    """A service with an outbox and a courier that hurries."""

    def __init__(self, client: TestClient) -> None:
        app: Any = client.app
        self.client = client
        self.database = app.state.database
        self.outbox = Outbox(self.database)
        self.courier = Courier(self.database, KEY, targets.allowed_networks("127.0.0.0/8"))

    def register(self, complaint_id: str = "c1") -> None:
        answer = self.client.post("/v1/complaints", json={"text": TEXT, "complaint_id": complaint_id})
        assert answer.status_code == 201

    def act(self, complaint_id: str, act: str, **said: Any) -> None:
        assert self.client.post(f"/v1/complaints/{complaint_id}/{act}", json=said).status_code == 201

    def deliver(self, receiver: Receiver, number: int, seconds: float = 15) -> None:
        """Tick until the receiver has taken so many."""
        until = time.monotonic() + seconds
        while len(receiver.taken) < number or self.waiting():
            assert time.monotonic() < until, (receiver.types(), self.states())
            self.courier.tick()
            time.sleep(0.02)

    def waiting(self) -> int:
        return sum(state == "waiting" for state, _ in self.states())

    def states(self) -> list[tuple[str, str]]:
        with self.database.connect() as connection:
            rows = connection.execute(text("SELECT state, problem FROM outbox ORDER BY number"))
            return [(row[0], row[1]) for row in rows]


@pytest.fixture
def handover(desk: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(module, "_WAITS", (0.05,) * 9)
    monkeypatch.setattr(targets, "_SECONDS", 0.5)
    monkeypatch.setattr(targets, "_PATIENCE", 1.0)
    handover = Desk(desk)
    yield handover
    handover.courier.close()


def verify(secret_: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver does it (Standard Webhooks)."""
    told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(
        hmac.new(base64.b64decode(secret_.removeprefix("whsec_")), told, hashlib.sha256).digest()
    ).decode()
    return f"v1,{expected}" in headers["webhook-signature"].split() and (
        abs(time.time() - int(headers["webhook-timestamp"])) < 60
    )


def test_a_department_is_told_of_its_case_with_a_signature(handover: Desk) -> None:
    with receiving() as receiver:
        webhook = handover.outbox.add("credit_card_center", receiver.url, ADMIN)
        handover.register()
        handover.deliver(receiver, 1)
    headers, body = receiver.got[0]
    assert headers["content-type"] == "application/cloudevents+json"
    assert verify(secret(KEY, webhook, 1), headers, body)
    assert not verify(secret(KEY, webhook, 2), headers, body)
    event = json.loads(body)
    assert (event["specversion"], event["type"], event["subject"]) == ("1.0", "complaint.assigned", "c1")
    assert event["id"] == headers["webhook-id"]
    data = event["data"]
    assert (data["department"], data["role"], data["category"]) == ("credit_card_center", "owner", "card_fees")
    assert "***********" in data["text"]
    assert data["resolution_due"] <= data["statutory_due"]
    assert data["trace"]


def test_what_happens_to_a_case_is_told_in_its_order(handover: Desk) -> None:
    with receiving("500", "500") as receiver:
        handover.outbox.add("credit_card_center", receiver.url, ADMIN)
        handover.register()
        for event in ("accepted", "first_response", "resolved"):
            handover.act("c1", "events", event=event)
        handover.deliver(receiver, 4)
    assert receiver.types() == [
        "complaint.assigned",
        "complaint.accepted",
        "complaint.first_response",
        "complaint.resolved",
    ]


def test_a_case_that_moves_on_is_told_to_both(handover: Desk) -> None:
    with receiving() as cards, receiving() as retail:
        handover.outbox.add("credit_card_center", cards.url, ADMIN)
        handover.outbox.add("personal_banking", retail.url, ADMIN)
        handover.register()
        handover.act("c1", "return", note="这是借记卡", category="fees_and_charges")
        handover.deliver(retail, 1)
    assert cards.types() == ["complaint.assigned", "complaint.returned", "complaint.reassigned"]
    assert retail.types() == ["complaint.assigned"]


@on_one_database
@pytest.mark.parametrize("trouble", ["500", "404", "hang", "die", "drip", "redirect", "429", "503 1"])
def test_whatever_goes_wrong_it_is_told_again(handover: Desk, trouble: str) -> None:
    with receiving(trouble, trouble) as receiver:
        handover.outbox.add("credit_card_center", receiver.url, ADMIN)
        handover.register()
        handover.deliver(receiver, 1, seconds=20)
        assert len(receiver.got) == 3
        assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
        assert len({body for _, body in receiver.got}) == 1


@on_one_database
def test_a_receiver_that_hangs_holds_up_no_other(handover: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "_SECONDS", 5.0)
    monkeypatch.setattr(targets, "_PATIENCE", 5.0)
    with receiving(*["hang"] * 50) as stuck, receiving() as quick:
        handover.outbox.add("credit_card_center", stuck.url, ADMIN)
        handover.outbox.add("credit_card_center", quick.url, ADMIN)
        begun = time.monotonic()
        for number in range(3):
            handover.register(f"c{number}")
        while len(quick.taken) < 3:
            handover.courier.tick()
            time.sleep(0.02)
            assert time.monotonic() - begun < 4


def test_a_receiver_that_is_gone_is_told_nothing_more(handover: Desk) -> None:
    with receiving("410") as receiver:
        webhook = handover.outbox.add("credit_card_center", receiver.url, ADMIN)
        for name in ("c1", "c2"):
            handover.register(name)
        while handover.waiting():
            handover.courier.tick()
            time.sleep(0.02)
        handover.register("c3")
        handover.courier.tick()
    (shown,) = handover.outbox.webhooks()
    assert (shown["webhook_id"], shown["ended_by"]) == (webhook, "410 Gone")
    assert {state for state, _ in handover.states()} <= {"dead", "told"}
    assert "c3" not in {message["subject"] for message in receiver.taken}
    assert handover.outbox.replay(webhook, ADMIN) == 0


def test_what_is_given_up_is_listed_and_can_be_told_again(handover: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAITS", (0.01, 0.01))
    with receiving("500", "500", "500") as receiver:
        webhook = handover.outbox.add("credit_card_center", receiver.url, ADMIN)
        handover.register()
        while handover.waiting():
            handover.courier.tick()
            time.sleep(0.02)
        (dead,) = handover.outbox.dead()
        assert (dead["complaint_id"], dead["attempts"], dead["problem"]) == ("c1", 3, "HTTP 500")
        assert handover.outbox.replay(webhook, ADMIN) == 1
        handover.deliver(receiver, 1)
    assert handover.outbox.dead() == []


def test_while_a_secret_rotates_both_sign(handover: Desk) -> None:
    with receiving() as receiver:
        webhook = handover.outbox.add("credit_card_center", receiver.url, ADMIN)
        assert handover.outbox.rotate(webhook, ADMIN) == 2
        handover.register()
        handover.deliver(receiver, 1)
        with handover.database.begin() as connection:
            connection.execute(text("UPDATE webhooks SET rotated_at = '2026-01-01 00:00:00'"))
        handover.register("c2")
        handover.deliver(receiver, 2)
    (during, body), (after, later) = receiver.got
    assert verify(secret(KEY, webhook, 1), during, body)
    assert verify(secret(KEY, webhook, 2), during, body)
    assert not verify(secret(KEY, webhook, 1), after, later)
    assert verify(secret(KEY, webhook, 2), after, later)


def test_an_address_that_has_become_private_is_not_told(handover: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAITS", ())
    with receiving() as receiver:
        handover.outbox.add("credit_card_center", receiver.url, ADMIN)
        handover.register()
        strict = Courier(handover.database, KEY, ())
        while handover.waiting():
            strict.tick()
            time.sleep(0.02)
        strict.close()
    assert receiver.got == []
    ((state, problem),) = handover.states()
    assert state == "dead"
    assert "is private" in problem


def test_departments_without_a_receiver_cost_nothing(handover: Desk) -> None:
    handover.register()
    assert handover.states() == []
