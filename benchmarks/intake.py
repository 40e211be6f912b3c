"""What keeping costs: POST /v1/complaints against POST /v1/classify, requests per second, in one run.

    python -m benchmarks.intake [URL ...]

Each URL is a case database (by default a SQLite file in a scratch folder); the model is the store's champion. Corpus
texts in random order, `CLIENTS` connections, `SECONDS` each, the two in turn `ROUNDS` times after one to warm up: what
disturbs the machine disturbs both.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from api.storage import shown
from classifier import Taxonomy
from training import read_bundled_corpus

CLIENTS, SECONDS, ROUNDS = 8, 1.0, 15


def start(url: str, data: str) -> tuple[subprocess.Popen[bytes], int]:
    """A server on that database, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = subprocess.Popen(
        [Path(sys.executable).with_name("complaints"), "serve", "--port", str(port)],
        env=os.environ | {"COMPLAINTS_DATA": data, "COMPLAINTS_DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while server.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return server, port
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"the server does not start with {shown(url)}")


def rate(port: int, path: str, texts: Iterator[str]) -> float:
    """Requests per second."""
    counts = [0] * CLIENTS
    end = time.monotonic() + SECONDS

    def client(k: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.monotonic() < end:
            body: dict[str, str] = {"text": next(texts)}
            if path.endswith("complaints"):
                body["complaint_id"] = uuid.uuid4().hex
            connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 201):
                raise RuntimeError(f"{path} answered {answer.status}")
            counts[k] += 1

    threads = [threading.Thread(target=client, args=(k,)) for k in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def main() -> None:
    """Measure and print."""
    rows = read_bundled_corpus(Taxonomy.bundled())
    random.Random(4).shuffle(rows)
    texts = itertools.cycle(row.text for row in rows)
    table = Table(box=None, header_style="dim")
    for header in ("case database", "classify /s", "complaints /s", "ratio"):
        table.add_column(header, justify="left" if header == "case database" else "right")
    with tempfile.TemporaryDirectory() as data:
        for url in sys.argv[1:] or [f"sqlite:///{data}/cases.db"]:
            server, port = start(url, data)
            try:
                rounds = [
                    (rate(port, "/v1/classify", texts), rate(port, "/v1/complaints", texts)) for _ in range(ROUNDS + 1)
                ]
            finally:
                server.terminate()
                server.wait()
            without, kept = (sum(column) / ROUNDS for column in zip(*rounds[1:], strict=True))
            table.add_row(shown(url), f"{without:,.0f}", f"{kept:,.0f}", f"{kept / without:.2f}")
    Console(width=100, highlight=False).print(table)


if __name__ == "__main__":
    main()
