"""All its processes are killed at random moments under load: what was acknowledged is there, once and whole."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import threading
import time
from http.client import HTTPException
from pathlib import Path

from api.storage import Cases, open_database
from tests.api.serving import Answer, Server, ended, environment, start

KILLS = 50 if os.environ.get("HYPOTHESIS_PROFILE") == "proof" else 3
SENDERS = 4
ROWS = 300


def ask(server: Server, path: str, body: bytes | None = None, **headers: str) -> Answer | None:
    """The answer, or None if the server was gone."""
    try:
        return server.ask(path, body=body, **headers)
    except (OSError, HTTPException):
        return None


def send(server: Server, complaint_id: str) -> Answer | None:
    body = {"complaint_id": complaint_id, "text": f"信用卡年费扣错了，第{complaint_id}件"}
    return ask(server, "/v1/complaints", json.dumps(body).encode())


def upload(server: Server, name: str) -> Answer | None:
    """Send a file of `ROWS` rows; every tenth is empty."""
    rows = [f"{name}-{n},{'' if n % 10 == 9 else f'转账没有到账，已经第{n}次打电话来问了'}" for n in range(ROWS)]
    file = "\n".join(["complaint_id,text", *rows])
    return ask(server, f"/v1/jobs?name={name}.csv", file.encode(), content_type="text/csv")


def test_acknowledged_complaints_and_files_survive_being_killed(database_url: str, store: Path, tmp_path: Path) -> None:
    env = environment(tmp_path, store, database_url=database_url)
    draw = random.Random(os.urandom(8))
    acknowledged: dict[str, bytes] = {}
    sent: set[str] = set()
    uploaded: dict[str, str] = {}
    odd: list[object] = []

    def load(server: Server, round_: int, sender: int, stop: threading.Event) -> None:
        n = 0
        while not stop.is_set():
            name = f"{round_}-{sender}-{n}"
            sent.add(name)
            answer = send(server, name)
            if answer is None:
                return  # killed
            if answer.status == 201:
                acknowledged[name] = answer.body
            else:
                odd.append(answer)
            n += 1

    for round_ in range(KILLS):
        server = start(tmp_path, env)
        stop = threading.Event()
        senders = [threading.Thread(target=load, args=(server, round_, sender, stop)) for sender in range(SENDERS)]
        for thread in senders:
            thread.start()
        with_file = round_ % 3 == 0
        if with_file:
            name = f"file-{round_}"
            sent.update(f"{name}-{n}" for n in range(ROWS))
            answer = upload(server, name)
            if answer is not None and answer.status == 202:
                uploaded[answer.json()["job_id"]] = name
            elif answer is not None:
                odd.append(answer)
        # A job's process needs some seconds to begin: let some be killed in the midst of its rows.
        time.sleep(draw.uniform(2.0, 6.0) if with_file else draw.uniform(0.05, 1.0))
        server.kill()
        stop.set()
        for thread in senders:
            thread.join()
    assert odd == []
    assert len(acknowledged) > KILLS
    assert len(uploaded) == len(range(0, KILLS, 3))

    server = start(tmp_path, env)
    try:
        for name in list(acknowledged)[:20]:
            answer = send(server, name)
            assert answer is not None
            assert (answer.status, answer.body) == (200, acknowledged[name])
        for job_id, name in uploaded.items():
            job = ended(server, job_id)
            assert (job["status"], job["rows_total"], job["rows_done"]) == ("done", ROWS, ROWS)
            assert (job["rows_failed"], job["rows_known"]) == (ROWS // 10, 0)
            result = server.ask(f"/v1/jobs/{job_id}/result").body.decode("utf-8-sig")
            rows = list(csv.DictReader(io.StringIO(result)))
            assert [row["line"] for row in rows] == [str(line) for line in range(2, ROWS + 2)]
            ids = [f"{name}-{n}" for n in range(ROWS)]
            assert [row["complaint_id"] for row in rows] == ids
            assert [bool(row["error"]) for row in rows] == [n % 10 == 9 for n in range(ROWS)]
    finally:
        server.kill()
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
