"""``complaints serve`` as processes: counted and limited as one, shut to strangers, and gone when it is ended."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.api.serving import Server, command, environment, made_key, serving

RATE = 10.0
SECONDS = 2.0
SENDERS = 8


@pytest.fixture
def env(store: Path, tmp_path: Path) -> Callable[..., dict[str, str]]:
    """The environment of a server in an empty folder, with settings."""
    return lambda **settings: environment(tmp_path, store, **settings)


Env = Callable[..., dict[str, str]]


def hammer(server: Server, key: str) -> tuple[Counter[int], float]:
    """Send complaints from many threads, each over a new connection; statuses of the answers, and how long it took."""
    answers: list[int] = []
    begun = time.monotonic()

    def send(sender: int) -> None:
        n = 0
        while time.monotonic() - begun < SECONDS:
            body = json.dumps({"complaint_id": f"{sender}-{n}", "text": "信用卡年费扣错了"}).encode()
            answers.append(server.ask("/v1/complaints", key, body=body).status)
            n += 1

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(answers), time.monotonic() - begun


def totals(server: Server, key: str) -> tuple[Counter[int], int]:
    """Answers by status, but for those of this very question, and complaints kept, as /metrics has them."""
    statuses: Counter[int] = Counter()
    kept = 0
    for family in text_string_to_metric_families(server.ask("/metrics", key).body.decode()):
        for sample in family.samples:
            if sample.name == "complaints_http_requests_total" and sample.labels["method"] == "POST":
                statuses[int(sample.labels["status"])] += int(sample.value)
            elif sample.name == "complaints_registered_total":
                kept += int(sample.value)
    return statuses, kept


def test_two_processes_limit_and_count_as_one(env: Env, tmp_path: Path) -> None:
    settings = env(workers="2")
    key, admin = made_key(settings, "热线系统", "intake", RATE), made_key(settings, "管", "admin")
    with serving(tmp_path, settings) as server:
        answers, seconds = hammer(server, key)
        assert set(answers) == {201, 429}
        assert RATE * seconds * 0.8 <= answers[201] <= RATE * seconds + RATE + 1

        until = time.monotonic() + 10
        while totals(server, admin) != (answers, answers[201]) and time.monotonic() < until:
            time.sleep(0.1)  # the last answers are counted once they have been sent
        assert [totals(server, admin) for _ in range(20)] == [(answers, answers[201])] * 20

        served = {int(file.stem.split("_")[1]) for file in (tmp_path / "tmp").glob("complaints-*/counter_*.db")}
        assert len(served) == 2
        assert served <= server.members().keys()

        assert command("keys", "revoke", key.split("_")[1], env=settings).returncode == 0
        time.sleep(2.5)
        assert {server.ask("/v1/model", key).status for _ in range(20)} == {401}
    assert list((tmp_path / "tmp").iterdir()) == []


def test_nothing_outlives_a_server_that_is_killed_amid_a_file(env: Env, tmp_path: Path) -> None:
    with serving(tmp_path, env(workers="2")) as server:
        file = "投诉内容\n" + "".join(f"信用卡年费扣错了，第{n}次\n" for n in range(20_000))
        job = server.ask("/v1/jobs", body=file.encode(), content_type="text/csv").json()
        while job["rows_done"] == 0:
            assert job["status"] in ("queued", "running")
            job = server.ask(f"/v1/jobs/{job['job_id']}").json()
        assert len(server.members()) >= 3, "server, worker, and the reader of the file"
        server.process.kill()
        server.process.wait(10)
        assert server.left() == {}
        with pytest.raises(OSError, match="refused"):
            server.ask("/health/live")


def test_a_strangers_body_is_not_waited_for(env: Env, tmp_path: Path) -> None:
    settings = env()
    key = made_key(settings, "甲", "intake", 0.05)
    with serving(tmp_path, settings) as server:
        assert server.ask("/v1/model", key).status == 200
        place = urlsplit(server.address)
        for sent, status in (("", "401"), (f"Authorization: Bearer {key}\r\n", "429")):
            with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
                head = f"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n{sent}Content-Length: 100000000\r\n\r\n"
                connection.sendall(head.encode())
                assert connection.recv(65_536).startswith(f"HTTP/1.1 {status} ".encode())


# --- open to others


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 and its key."""
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", chain),
        ],
        check=True,
        capture_output=True,
    )
    return chain, key


def test_it_does_not_start_open_to_others_without_a_key(env: Env) -> None:
    done = command("serve", "--port", "0", env=env(host="0.0.0.0"))
    assert done.returncode == 2
    assert "COMPLAINTS_HOST 0.0.0.0: other machines could ask, and there is no API key" in done.stderr
    assert "complaints keys add" in done.stderr


def test_with_a_certificate_it_answers_over_https(env: Env, tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    chain, key = map(str, certificate)
    settings = env(workers="2", tls_certificate=chain, tls_key=key)
    bearer = made_key(settings, "甲", "intake")
    with serving(tmp_path, settings, ssl.create_default_context(cafile=chain)) as server:
        answer = server.ask("/v1/complaints", bearer, body=json.dumps({"text": "年费"}).encode())
        assert answer.status == 201
        assert "max-age" in answer.headers["strict-transport-security"]
        stranger = server.ask("/v1/model")
        assert (stranger.status, "strict-transport-security" in stranger.headers) == (401, True)


def test_behind_a_proxy_it_takes_what_came_by_https(env: Env, tmp_path: Path) -> None:
    settings = env(proxy="127.0.0.1")
    key = made_key(settings, "甲", "intake")
    with serving(tmp_path, settings) as server:
        assert server.ask("/v1/model", key).status == 403
        assert server.ask("/v1/model", key, X_Forwarded_Proto="http").status == 403
        answer = server.ask("/v1/model", key, X_Forwarded_Proto="https")
        assert (answer.status, "strict-transport-security" in answer.headers) == (200, True)
        assert server.ask("/health/live").status == 200
