"""The service over HTTP beside the bare web framework, by wrk: ``python -m benchmarks.http``.

Three servers, each one process, loaded in turn by 16 connections: FastAPI that sends a body back; the service as it is
shipped, asked with a key; its routes alone, without key, limits, metrics and log. Then batches of 100; and single
requests at a steady rate, alone and while batches of 1,000 run. The bodies are texts of the bundled corpus of about 100
characters, the model is the store's champion. Takes about four minutes.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from api.storage import Keys, open_database
from benchmarks.load import CONNECTIONS, Load, server
from benchmarks.rounds import Goal, Record, interleaved, ratios
from classifier import Taxonomy
from training import read_bundled_corpus

SECONDS: Final = 4
LENGTH: Final = range(85, 116)
BATCHES: Final = 2
"""Connections that send batches of 1,000 while single requests are timed."""

_UVICORN: Final = ["uvicorn", "--factory", "--no-access-log", "--log-level", "warning", "--ws", "none"]


def p99(took: list[float]) -> float:
    """What one in a hundred exceeds, in milliseconds."""
    return sorted(took)[len(took) * 99 // 100] * 1_000


def held(process: int) -> float:
    """Memory that a process holds, and its share of what others hold too, in MiB."""
    try:
        told = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
    except OSError as error:
        raise SystemExit(f"/proc tells no memory ({error}). This benchmark needs Linux.") from error
    found = re.search(r"^Pss:\s+(\d+)", told, re.MULTILINE)
    return int(found[1]) / 1_024 if found else 0.0


def main() -> None:
    """Measure, print, and write it down."""
    texts = [row.text for row in read_bundled_corpus(Taxonomy.bundled()) if len(row.text) in LENGTH]
    texts = [texts[k % len(texts)] for k in range(10_000)]
    singles: list[object] = [{"text": text} for text in texts]
    hundreds, thousands = (
        [{"items": singles[k : k + size]} for k in range(0, len(singles), size)] for size in (100, 1_000)
    )
    with tempfile.TemporaryDirectory() as data, ExitStack() as running:
        folder = Path(data)
        database = open_database(f"sqlite:///{data}/cases.db")
        key = Keys(database).add("benchmark", ["intake"], 1_000_000, None, "benchmark")
        database.dispose()
        settings = {"COMPLAINTS_DATA": data, "COMPLAINTS_DATABASE_URL": "", "COMPLAINTS_WORKERS": "1"}

        def start(*command: str, ready: str = "/openapi.json") -> tuple[int, int]:
            return running.enter_context(server(command, folder, ready, settings))

        shipped, process = start("cli", "serve", "--port", ready="/health/ready")
        echo, _ = start(*_UVICORN, "benchmarks.echo:echo", "--port")
        bare, _ = start(*_UVICORN, "benchmarks.echo:bare", "--port")

        ask_echo, ask_bare = (Load(port, "/v1/classify", singles, folder) for port in (echo, bare))
        ask = Load(shipped, "/v1/classify", singles, folder, key)
        batch = Load(shipped, "/v1/classify/batch", hundreds, folder, key)
        large = Load(shipped, "/v1/classify/batch", thousands, folder, key)
        ask.latencies(0.1)
        memory = held(process)

        def amid_batches() -> float:
            with large.beside(SECONDS, BATCHES):
                return p99(ask.latencies(SECONDS))

        found = interleaved(
            {
                "echo": lambda: ask_echo.rate(SECONDS),
                "shipped": lambda: ask.rate(SECONDS),
                "bare": lambda: ask_bare.rate(SECONDS),
                "batch": lambda: batch.rate(SECONDS) * 100,
                "alone": lambda: p99(ask.latencies(SECONDS)),
                "amid batches": amid_batches,
            }
        )
    record = Record("http")
    record.take(
        f"texts over {CONNECTIONS} connections", "1/s", {w: found[w] for w in ("echo", "shipped", "bare", "batch")}
    )
    record.take("p99 of single requests", "ms", {who: found[who] for who in ("alone", "amid batches")})
    record.goals += [
        Goal("POST /v1/classify ÷ echo, as shipped", ratios(found["shipped"], found["echo"]), 0.40),
        Goal("POST /v1/classify ÷ echo, bare", ratios(found["bare"], found["echo"]), 0.55),
        Goal("batches of 100: texts/s ÷ single requests'", ratios(found["batch"], found["shipped"]), 5),
        Goal("p99 amid batches of 1,000 ÷ alone", ratios(found["amid batches"], found["alone"]), 3, "less"),
        Goal("memory of an idle server process", [memory], 220, "less", "MiB"),
    ]
    print(record.write())


if __name__ == "__main__":
    main()
