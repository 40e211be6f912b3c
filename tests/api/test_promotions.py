"""Models promoted back and forth under load: every process takes each up, and nobody who asks notices."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from models import Bundle, Registry
from tests.api.copies import keep
from tests.api.serving import Server, environment, serving

PROMOTIONS = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "proof" else 3
PROCESSES = 2
SENDERS = 6
PAUSE = 0.02
"""Seconds between an answer and the sender's next request."""
SOON = 5.0
"""Seconds within which every process has to take up what is promoted."""
SLOW = 1.0
TEXT = "信用卡年费说好刷满六次就免，现在又扣了我300元，要求退还年费。"
KINDS = ["/v1/classify"] * 8 + ["/v1/classify/batch", "/v1/complaints"]


class Load:
    """Asks without a break, over connections that are kept.

    Attributes
    ----------
    took : list of float
        Seconds that each answer took.
    odd : list
        Answers that are none, and those of an unknown model.
    """

    def __init__(self, server: Server, models: set[str]) -> None:
        self.took: list[float] = []
        self.odd: list[object] = []
        self._place = urlsplit(server.address).netloc
        self._models = models
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(sender,)) for sender in range(SENDERS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, sender: int) -> None:
        number = 0
        with closing(HTTPConnection(self._place, timeout=30)) as connection:
            while not self._stop.wait(PAUSE):
                number += 1
                path = KINDS[number % len(KINDS)]
                one = {"text": f"{TEXT}第{sender}-{number}次"}
                body = json.dumps({"items": [one] * 20} if path.endswith("batch") else one)
                begun = time.monotonic()
                try:
                    connection.request("POST", path, body, {"content-type": "application/json"})
                    answer = connection.getresponse()
                    said = json.loads(answer.read())
                except (OSError, ValueError) as error:
                    self.odd.append((path, error))
                    return
                self.took.append(time.monotonic() - begun)
                if answer.status not in (200, 201) or said["model"] not in self._models:
                    self.odd.append((path, answer.status, said))


def taken_up(server: Server) -> int:
    """How often a process took a model up, all processes together."""
    return sum(
        int(sample.value)
        for family in text_string_to_metric_families(server.ask("/metrics").body.decode())
        for sample in family.samples
        if sample.name == "complaints_models_taken_up_total"
    )


def test_models_take_turns_under_load_without_one_failed_or_slow_request(
    bundle: Bundle, store: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    registry = Registry(tmp_path / "store")
    for name in ("m1", "m2"):
        keep(registry, store / bundle.manifest.version, name)
    waited = []
    # Promoting checks a model too: in a process of its own, it does not hold up those who ask.
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere,
        serving(tmp_path, environment(tmp_path, registry.store, workers=str(PROCESSES))) as server,
    ):
        elsewhere.submit(os.getpid).result()
        with Load(server, {"m1", "m2"}):
            time.sleep(1)  # what starts beside the server has started by then
        with Load(server, {"m1", "m2"}) as load:
            for turn in range(1, PROMOTIONS + 1):
                if turn % 2:
                    elsewhere.submit(registry.promote, "m2", reason=f"turn {turn}", force=True).result()
                else:
                    elsewhere.submit(registry.rollback, reason=f"turn {turn}").result()
                new, begun = registry.champion, time.monotonic()
                while taken_up(server) < turn * PROCESSES:
                    assert time.monotonic() - begun < SOON, server.log.read_text(encoding="utf-8")[-5_000:]
                    time.sleep(0.05)
                waited.append(time.monotonic() - begun)
                assert {server.ask("/v1/model").json()["version"] for _ in range(20)} == {new}
        assert taken_up(server) == PROMOTIONS * PROCESSES
        assert server.ask("/health/ready").json()["refused"] is None
    took = sorted(load.took)
    record_property("requests", len(took))
    record_property("slowest ms", round(took[-1] * 1_000))
    record_property("p99 ms", round(took[len(took) * 99 // 100] * 1_000))
    record_property("longest until taken up, s", round(max(waited), 2))
    assert load.odd == []
    assert len(took) > 50 * PROMOTIONS
    assert took[-1] < SLOW
