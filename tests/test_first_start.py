"""The two-command start, really done: ``make serve`` trains, serves, and the second time only serves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from cli.main import app

ROOT = Path(__file__).parent.parent
TEXT = "客戶(hù)反映信用卡年费乱收，要求退还年费"
CASE = {"text": TEXT, "received_at": "2026-11-24T09:30:00"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(store: Path, log: Path) -> Iterator[str]:
    """Run ``make serve``; give its address once it is ready."""
    port = free_port()
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
        while not ready(address):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() - begun < 300, log.read_text()
            time.sleep(0.1)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def ready(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/health/ready").status_code == 200
    except httpx2.TransportError:
        return False


@pytest.mark.skipif(not (ROOT / ".venv").is_dir(), reason="runs only in the environment that make builds")
def test_a_stranger_types_one_command_and_sends_a_complaint(tmp_path: Path) -> None:
    store, log = tmp_path / "store", tmp_path / "log"
    with serving(store, log) as address:
        answer = httpx2.post(f"{address}/v1/classify", json=CASE)
        assert answer.status_code == 200
        body = answer.json()
        assert body["category"]["code"] == "card_fees"
        assert body["department"]["code"] in ("credit_card_center", "triage")
        assert httpx2.get(f"{address}/v1/model").json()["version"] == body["model"]
    assert "No model yet" in log.read_text()

    with serving(store, log) as address:
        assert httpx2.post(f"{address}/v1/classify", json=CASE).json() == body
    assert "No model yet" not in log.read_text()
    assert TEXT not in log.read_text()


def test_the_server_listens_to_this_machine_only() -> None:
    """Until keys exist there is no way to name another host."""
    serve = next(command for command in app.registered_commands if command.name == "serve")
    assert serve.callback is not None
    assert "host" not in serve.callback.__annotations__
