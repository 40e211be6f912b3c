"""Hostile JSON: every answer is one that the description knows, none a failure, and nobody else waits."""

from __future__ import annotations

import os
import threading
import time
from random import Random
from typing import Final

import pytest

from tests.api.hostile.bodies import LARGE, body
from tests.api.hostile.target import WAIT_SECONDS, Target, documented

WHOLE: Final = os.environ.get("HYPOTHESIS_PROFILE") == "proof"
BODIES: Final = 10_000 if WHOLE else 300
LARGEST: Final = LARGE if WHOLE else ["deep_objects", "a_million_unknown_fields", "one_long_number", "brackets"]


def test_whatever_a_body_is_the_answer_is_one_that_the_description_knows(target: Target, draw: Random) -> None:
    for number in range(BODIES):
        sent = body(draw)
        answer = target.post(sent.path.format(complaint_id="x"), sent.headers, sent.content)
        foreign = answer[0] in (400, 403) and not sent.headers.keys().isdisjoint({"host", "origin"})
        try:
            if not foreign:
                documented(target, sent.path, *answer)
        except AssertionError as error:
            error.add_note(f"body {number}, {sent.about}: {sent.path} {sent.headers} {sent.content[:500]!r}")
            raise
        if number % 50 == 0:
            target.fine()
    target.fine()


@pytest.mark.parametrize("name", LARGEST)
def test_a_body_as_large_as_may_be_keeps_nobody_waiting_and_takes_no_room(name: str, target: Target) -> None:
    path, make = LARGE[name]
    content = make()
    waits: list[float] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            begun = time.monotonic()
            assert target.server.ask("/health/live").status == 200
            waits.append(time.monotonic() - begun)
            time.sleep(0.05)

    other = threading.Thread(target=ask)
    other.start()
    try:
        answer = target.post(path, {"content-type": "application/json"}, content)
    finally:
        done.set()
        other.join()
    documented(target, path, *answer)
    assert max(waits) < WAIT_SECONDS
    target.fine()
