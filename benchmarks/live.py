"""What those who ask notice of a new model: latency of POST /v1/classify as it is, amid promotions, with a challenger.

    python -m benchmarks.live

Two server processes, two copies of the store's champion, corpus texts in random order over `CLIENTS` connections with
`PAUSE` between an answer and the next request; the three in turn, `ROUNDS` times for `SECONDS` each after one to warm
up: what disturbs the machine disturbs all. Models are promoted by a process of its own, every `EVERY` seconds.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import json
import os
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.intake import start
from classifier import Taxonomy
from models import Registry, store_path
from training import read_bundled_corpus

CLIENTS, PAUSE, SECONDS, ROUNDS, EVERY = 4, 0.03, 8.0, 5, 2.0
NAMES = ("one", "other")


def latencies(port: int, texts: Iterator[str], meanwhile: Callable[[], object]) -> list[float]:
    """Seconds that each answer took while something is done every so often."""
    took: list[float] = []
    end = time.monotonic() + SECONDS

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.monotonic() < end:
            body = json.dumps({"text": next(texts)})
            begun = time.perf_counter()
            connection.request("POST", "/v1/classify", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            took.append(time.perf_counter() - begun)
            if answer.status != 200:
                raise RuntimeError(f"answered {answer.status}")
            time.sleep(PAUSE)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    while time.monotonic() < end - EVERY / 2:
        meanwhile()
        time.sleep(EVERY)
    for thread in threads:
        thread.join()
    return took


def copies(folder: Path) -> Registry:
    """A store with the champion of ours under two names."""
    ours, registry = Registry(store_path()), Registry(folder / "store")
    source = ours.store / str(ours.champion)

    def write(into: Path) -> str:
        shutil.copytree(source, into, dirs_exist_ok=True)
        return hashlib.sha256((into / "manifest.json").read_bytes()).hexdigest()

    for name in NAMES:
        registry.keep(name, write, reason="benchmark")
    return registry


def main() -> None:
    """Measure and print."""
    rows = read_bundled_corpus(Taxonomy.bundled())
    random.Random(4).shuffle(rows)
    texts, turns = itertools.cycle(row.text for row in rows), itertools.cycle(reversed(NAMES))
    found: dict[str, list[float]] = {"as it is": [], f"a promotion every {EVERY:.0f} s": [], "beside a challenger": []}
    plain, swapping, beside = found
    with (
        tempfile.TemporaryDirectory() as data,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere,
    ):
        registry = copies(Path(data))
        os.environ |= {"COMPLAINTS_MODEL_STORE": str(registry.store), "COMPLAINTS_WORKERS": "2"}
        server, port = start(f"sqlite:///{data}/cases.db", data)
        try:
            for round_ in range(ROUNDS + 1):
                measured = {
                    plain: latencies(port, texts, lambda: None),
                    swapping: latencies(
                        port, texts, lambda: elsewhere.submit(registry.promote, next(turns), reason="benchmark")
                    ),
                }
                registry.shadow(next(name for name in NAMES if name != registry.champion), reason="benchmark")
                time.sleep(EVERY)
                measured[beside] = latencies(port, texts, lambda: None)
                registry.shadow(None, reason="benchmark")
                time.sleep(EVERY)
                for kind in found if round_ else ():
                    found[kind] += measured[kind]
        finally:
            server.terminate()
            server.wait()
    table = Table(box=None, header_style="dim")
    for header in ("", "requests", "p50 ms", "p99 ms", "slowest ms"):
        table.add_column(header, justify="right" if header else "left")
    for kind, took in found.items():
        took.sort()
        shown = (took[len(took) // 2], took[len(took) * 99 // 100], took[-1])
        table.add_row(kind, f"{len(took):,}", *(f"{seconds * 1_000:.1f}" for seconds in shown))
    Console(width=100, highlight=False).print(table)


if __name__ == "__main__":
    main()
