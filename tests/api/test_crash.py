"""All its processes are killed at random moments under load: what was acknowledged is there, once and whole."""

from __future__ import annotations

import csv
import io
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
from typing import Any
from urllib.error import HTTPError

from api.storage import Cases, open_database

KILLS = 50 if os.environ.get("HYPOTHESIS_PROFILE") == "proof" else 3
SENDERS = 4
ROWS = 300


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
        start_new_session=True,
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


def kill(server: subprocess.Popen[bytes]) -> None:
    """Server, worker and the process of a job, as when the power fails."""
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def ask(port: int, path: str, body: bytes | None = None, kind: str = "application/json") -> tuple[int, str] | None:
    """Status and answer, or None if the server was gone."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"content-type": kind})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
    except (OSError, HTTPException):
        return None


def send(port: int, complaint_id: str, more: str = "") -> tuple[int, str] | None:
    body = {"complaint_id": complaint_id, "text": f"信用卡年费扣错了，第{complaint_id}件{more}"}
    return ask(port, "/v1/complaints", json.dumps(body).encode())


def upload(port: int, name: str) -> tuple[int, str] | None:
    """Send a file of `ROWS` rows; every tenth is empty."""
    rows = [f"{name}-{n},{'' if n % 10 == 9 else f'转账没有到账，已经第{n}次打电话来问了'}" for n in range(ROWS)]
    return ask(port, f"/v1/jobs?name={name}.csv", "\n".join(["complaint_id,text", *rows]).encode(), "text/csv")


def test_acknowledged_complaints_and_files_survive_being_killed(
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
    uploaded: dict[str, str] = {}
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
        senders = [threading.Thread(target=load, args=(round_, sender, stop)) for sender in range(SENDERS)]
        for thread in senders:
            thread.start()
        with_file = round_ % 3 == 0
        if with_file:
            name = f"file-{round_}"
            sent.update(f"{name}-{n}" for n in range(ROWS))
            answer = upload(port, name)
            if answer is not None and answer[0] == 202:
                uploaded[json.loads(answer[1])["job_id"]] = name
            elif answer is not None:
                odd.append(answer)
        # A job's process needs some seconds to begin: let some be killed in the midst of its rows.
        time.sleep(draw.uniform(2.0, 6.0) if with_file else draw.uniform(0.05, 1.0))
        kill(server)
        stop.set()
        for thread in senders:
            thread.join()
    assert odd == []
    assert len(acknowledged) > KILLS
    assert len(uploaded) == len(range(0, KILLS, 3))

    server = start(port, environment)
    try:
        for name in list(acknowledged)[:20]:
            assert send(port, name) == (200, acknowledged[name])
        for job_id, name in uploaded.items():
            job = ended(port, job_id)
            assert (job["status"], job["rows_total"], job["rows_done"]) == ("done", ROWS, ROWS)
            assert (job["rows_failed"], job["rows_known"]) == (ROWS // 10, 0)
            result = ask(port, f"/v1/jobs/{job_id}/result")
            assert result is not None
            rows = list(csv.DictReader(io.StringIO(result[1].removeprefix("\ufeff"))))
            assert [row["line"] for row in rows] == [str(line) for line in range(2, ROWS + 2)]
            ids = ["" if n % 10 == 9 else f"{name}-{n}" for n in range(ROWS)]
            assert [row["complaint_id"] for row in rows] == ids
            assert [bool(row["error"]) for row in rows] == [not complaint_id for complaint_id in ids]
    finally:
        kill(server)
    database = open_database(database_url)
    cases = Cases(database)
    with database.connect() as connection:
        kept = connection.exec_driver_sql("SELECT complaint_id FROM complaints").scalars().all()
    assert len(kept) == len(set(kept))
    from_files = {f"{name}-{n}" for name in uploaded.values() for n in range(ROWS) if n % 10 != 9}
    assert acknowledged.keys() | from_files <= set(kept) <= sent
    for name in kept:
        case = cases.find(name)
        assert case is not None
        assert len(case.predictions) == len(case.decisions) == 1
    database.dispose()


def ended(port: int, job_id: str) -> dict[str, Any]:
    """A job, when it is done or failed."""
    for _ in range(1_200):
        answer = ask(port, f"/v1/jobs/{job_id}")
        assert answer is not None
        job: dict[str, Any] = json.loads(answer[1])
        if job["status"] in ("done", "failed"):
            return job
        time.sleep(0.5)
    raise AssertionError(f"job {job_id} does not end")
