"""Metrics for Prometheus. Labels are codes of the taxonomy, versions and routes: never an id.

With several server processes each counts for itself, in files of the folder that ``PROMETHEUS_MULTIPROC_DIR`` names
(`complaints serve` sets it); whichever is asked adds them up.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from api.schemas import Classification
from api.storage import Jobs

REQUESTS = Counter("complaints_http_requests", "HTTP requests", ["method", "route", "status"])
SECONDS = Histogram(
    "complaints_http_request_duration_seconds",
    "Time to the whole answer",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
CASES = Counter("complaints_registered", "Complaints kept", ["category", "decision", "department", "model"])
TAKEN_UP = Counter("complaints_models_taken_up", "Models taken up without a restart, by processes", ["model"])
SHADOW = Counter(
    "complaints_shadow", "Complaints by what the challenger says of them, unheard", ["challenger", "agreement"]
)


class Tally:
    """Counts requests a moment after they were answered, many at once, which costs each of them less."""

    _LATE: Final = 0.2
    """Seconds."""
    _MOST: Final = 1_000

    def __init__(self) -> None:
        self._waiting: list[tuple[str, str, int, float]] = []

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request to a route that took so long. Called in an event loop."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(self._LATE, self.count)
        self._waiting.append((method, route, status, seconds))
        if len(self._waiting) >= self._MOST:
            self.count()

    def count(self) -> None:
        """Count all that wait."""
        waiting, self._waiting = self._waiting, []
        for method, route, status, seconds in waiting:
            count, duration = _measures(method, route, status)
            count.inc()
            duration.observe(seconds)


TALLY: Final = Tally()


@cache
def _measures(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """What counts such requests."""
    return REQUESTS.labels(method, route, str(status)), SECONDS.labels(method, route)


def count_case(said: Classification) -> None:
    """Count a complaint that has just been kept."""
    CASES.labels(said.category.code, said.decision, said.department.code, said.model).inc()


def exposition(jobs: Jobs) -> bytes:
    """All metrics in Prometheus's text format."""
    TALLY.count()
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY) + generate_latest(_only(_Queue(jobs)))
    return generate_latest(_only(_Queue(jobs), MultiProcessCollector(None)))  # type: ignore[no-untyped-call]


def _only(*collectors: Collector) -> CollectorRegistry:
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return registry


class _Queue(Collector):
    """The queue as it is now, from the database that all processes share."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def collect(self) -> Iterator[Any]:
        answers = GaugeMetricFamily("complaints_storage_up", "Whether the case database answers")
        try:
            by_status, rows = self._jobs.count()
        except SQLAlchemyError:
            answers.add_metric([], 0)
            yield answers
            return
        answers.add_metric([], 1)
        yield answers
        jobs = GaugeMetricFamily("complaints_jobs", "Jobs", labels=["status"])
        for status in ("queued", "running", "done", "failed"):
            jobs.add_metric([status], by_status.get(status, 0))
        yield jobs
        yield GaugeMetricFamily("complaints_job_rows_waiting", "Rows of unfinished jobs still to be read", value=rows)
