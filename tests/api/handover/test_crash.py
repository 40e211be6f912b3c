"""The worker is killed at random moments while departments are told: nothing is lost, and each case stays in order."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

from api.storage import Act, Outbox, open_database
from tests.api.handover.receiver import Receiver, receiving
from tests.api.serving import Server, environment, start

KILLS = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "proof" else 3
TEXT = "信用卡年费说好刷满六次就免，现在又扣了我300元，要求退还年费。第{}件"


def kill_worker(server: Server) -> None:
    """Kill the worker process; the server starts another one."""
    while True:
        workers = [pid for pid, line in server.members().items() if line.rstrip().endswith("cli worker")]
        if workers:
            os.kill(workers[0], signal.SIGKILL)
            return
        time.sleep(0.05)


def register(server: Server, name: str) -> None:
    body = json.dumps({"complaint_id": name, "text": TEXT.format(name)}, ensure_ascii=False).encode()
    assert server.ask("/v1/complaints", body=body).status == 201
    for event in ("accepted", "resolved"):
        assert server.ask(f"/v1/complaints/{name}/events", body=json.dumps({"event": event}).encode()).status == 201


def first_taken(receiver: Receiver) -> dict[str, list[str]]:
    """By case, the types of its messages in the order in which they were first taken."""
    taken: dict[str, list[str]] = {}
    seen: set[str] = set()
    for message in list(receiver.taken):
        if message["id"] not in seen:
            seen.add(message["id"])
            taken.setdefault(message["subject"], []).append(message["type"])
    return taken


def test_nothing_is_lost_however_often_the_worker_is_killed(database_url: str, store: Path, tmp_path: Path) -> None:
    draw = random.Random(os.urandom(8))
    env = environment(tmp_path, store, database_url=database_url, webhook_networks="127.0.0.0/8", review_sample="0")
    with receiving() as receiver:
        database = open_database(database_url)
        Outbox(database).add("credit_card_center", receiver.url, Act("tests", "add webhook"))
        server = start(tmp_path, env)
        names = []
        try:
            for kill in range(KILLS):
                for number in range(5):
                    names.append(f"{kill}-{number}")
                    register(server, names[-1])
                    if draw.random() < 0.3:
                        receiver.script.append(draw.choice(["die", "500"]))
                # A worker takes some seconds to begin: let most be killed while they tell.
                until = time.monotonic() + draw.uniform(2.0, 6.0)
                before = len(receiver.got)
                while time.monotonic() < until and len(receiver.got) < before + draw.randrange(1, 12):
                    time.sleep(0.02)
                kill_worker(server)
            expected = ["complaint.assigned", "complaint.accepted", "complaint.resolved"]
            # A message that meets trouble four times waits 5 s, 30 s, 2 min and 10 min.
            until = time.monotonic() + 900
            while left := {name: taken for name in names if (taken := first_taken(receiver).get(name)) != expected}:
                assert time.monotonic() < until, left
                time.sleep(0.5)
        finally:
            server.kill()
            database.dispose()
