"""The server is killed at random moments under load: what it acknowledged is there, once and whole."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

from api.storage import Cases, open_database

KILLS = 50 if os.environ.get("HYPOTHESIS_PROFILE") == "proof" else 3
SENDERS = 4


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def start(port: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A server that answers."""
    server = subprocess.Popen(
        [Path(sys.executable).with_name("complaints"), "serve", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5):
                return server
        except OSError:
            assert server.poll() is None, "the server does not start again"
            time.sleep(0.05)
    server.kill()
    raise AssertionError("the server does not answer")


def send(port: int, complaint_id: str) -> tuple[int, str] | None:
    """Status and answer, or None if the server was gone."""
    body = json.dumps({"complaint_id": complaint_id, "text": f"信用卡年费扣错了，第{complaint_id}件"}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/complaints", body, {"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, ""
    except (OSError, HTTPException):
        return None


def test_acknowledged_complaints_survive_being_killed(
    database_url: str, store: Path, run: object, tmp_path: Path
) -> None:
    environment = os.environ | {
        "COMPLAINTS_MODEL_STORE": str(store),
        "COMPLAINTS_DATA": str(tmp_path),
        "COMPLAINTS_DATABASE_URL": database_url,
    }
    draw = random.Random(os.urandom(8))
    acknowledged: dict[str, str] = {}
    sent: set[str] = set()
    odd: list[object] = []
    port = free_port()

    def load(round_: int, sender: int, stop: threading.Event) -> None:
        n = 0
        while not stop.is_set():
            name = f"{round_}-{sender}-{n}"
            sent.add(name)
            answer = send(port, name)
            if answer is None:
                return  # killed
            if answer[0] == 201:
                acknowledged[name] = answer[1]
            else:
                odd.append(answer)
            n += 1

    for round_ in range(KILLS):
        server = start(port, environment)
        stop = threading.Event()
        threads = [threading.Thread(target=load, args=(round_, sender, stop)) for sender in range(SENDERS)]
        for thread in threads:
            thread.start()
        time.sleep(draw.uniform(0.05, 1.0))
        server.send_signal(signal.SIGKILL)
        server.wait()
        stop.set()
        for thread in threads:
            thread.join()
    assert odd == []
    assert len(acknowledged) > KILLS

    server = start(port, environment)
    try:
        for name in list(acknowledged)[:20]:
            assert send(port, name) == (200, acknowledged[name])
    finally:
        server.kill()
        server.wait()
    database = open_database(database_url)
    cases = Cases(database)
    with database.connect() as connection:
        kept = connection.exec_driver_sql("SELECT complaint_id FROM complaints").scalars().all()
    assert len(kept) == len(set(kept))
    assert acknowledged.keys() <= set(kept) <= sent
    for name in kept:
        case = cases.find(name)
        assert case is not None
        assert len(case.predictions) == len(case.decisions) == 1
    database.dispose()
