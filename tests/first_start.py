"""The first start, as a stranger makes it; its model then serves all tests, for to learn signals takes minutes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parent.parent
TEXT = "客戶(hù)反映信用卡年费乱收，要求退还年费"
CASE = {"text": TEXT, "received_at": "2026-11-24T09:30:00"}

BUILT = (ROOT / ".venv").is_dir()
"""Whether this is the environment that make builds."""


@dataclass(frozen=True)
class FirstStart:
    """What was answered and logged: by the first start, and by a second one on the same store."""

    first: dict[str, Any]
    model: str
    first_log: str
    second: dict[str, Any]
    second_log: str


def start_twice(folder: Path) -> FirstStart:
    """Run ``make serve`` on an empty store, `folder`/store, ask, and do so once more."""
    store, log = folder / "store", folder / "log"
    with _serving(store, log) as address:
        answer = httpx2.post(f"{address}/v1/classify", json=CASE)
        model = httpx2.get(f"{address}/v1/model").json()["version"]
    first = {"status": answer.status_code, "body": answer.json()}
    first_log = log.read_text()
    with _serving(store, log) as address:
        answer = httpx2.post(f"{address}/v1/classify", json=CASE)
    return FirstStart(first, model, first_log, {"status": answer.status_code, "body": answer.json()}, log.read_text())


@contextmanager
def _serving(store: Path, log: Path) -> Iterator[str]:
    """Run ``make serve``; give its address once it is ready."""
    port = _free_port()
    begun = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "--silent", "serve", f"PORT={port}"],
            cwd=ROOT,
            env={**os.environ, "COMPLAINTS_MODEL_STORE": str(store), "COMPLAINTS_DATA": str(store.with_name("data"))},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        while not _ready(address):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() - begun < 300, log.read_text()
            time.sleep(0.1)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ready(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/health/ready").status_code == 200
    except httpx2.TransportError:
        return False
