"""What routing a prediction costs, beside answering ``POST /v1/classify``: ``python -m benchmarks.routing``."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import structlog
from fastapi.testclient import TestClient

from api.app import create_app
from api.schemas import ClassifyRequest
from api.service import Service
from api.serving import facts_of
from api.settings import Settings
from models import Registry, store_path

TEXT = "信用卡年费说好刷满六次就免，现在又扣了我300元，打客服说系统自动扣的，要求退还。"
TIMES, ROUNDS = 200, 15


def micros(work: Callable[[], object]) -> float:
    """Microseconds that a piece of work takes: the median of rounds."""
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(TIMES):
            work()
        took.append((time.perf_counter() - begun) / TIMES * 1e6)
    return median(took)


def main() -> None:
    """Measure side by side, and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    service = Service(Registry(store_path()).load())
    request = ClassifyRequest(text=TEXT, channel="hotline")
    serving = service.serving
    prediction = serving.bundle.model.predict([TEXT])[0]
    with TestClient(create_app(service, Settings(data=Path(tempfile.mkdtemp()))), "http://127.0.0.1") as client:
        routing = micros(lambda: serving.router.route(facts_of(request, prediction)))
        reading = micros(lambda: serving.classify(request))
        asking = micros(lambda: client.post("/v1/classify", json={"text": TEXT}))
    print(f"routing {routing:.0f} µs; {routing / reading:.1%} of classifying in process ({reading:.0f} µs), ")
    print(f"{routing / asking:.1%} of POST /v1/classify through the application ({asking:.0f} µs)")


if __name__ == "__main__":
    main()
