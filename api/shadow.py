"""A challenger that reads what the champion has read; nobody hears what it says, it is only counted."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import structlog

from api.telemetry.metrics import SHADOW
from classifier.model import ComplaintModel

_WAITING: Final = 1_000
"""Complaints that may wait for the challenger; more than that are dropped, and counted."""
_IDLE: Final = 0.2
"""Seconds between two looks whether to stop."""

_LOG = structlog.get_logger("shadow")


class Shadow:
    """Lets a challenger, if there is one, read complaints behind the answers, and counts how often it agrees."""

    def __init__(self) -> None:
        self._challenger: ComplaintModel | None = None
        self._waiting: queue.Queue[tuple[ComplaintModel, str, str]] = queue.Queue(_WAITING)
        self._failed = ""

    @property
    def version(self) -> str:
        """The challenger's; empty if there is none."""
        challenger = self._challenger
        return challenger.version if challenger else ""

    def take_up(self, challenger: ComplaintModel | None) -> None:
        """Let another one read, or none any more."""
        self._challenger = challenger

    def offer(self, text: str, category: str) -> None:
        """Give it a text that has been answered with a category, without waiting."""
        challenger = self._challenger
        if challenger is None:
            return
        try:
            self._waiting.put_nowait((challenger, text, category))
        except queue.Full:
            SHADOW.labels(challenger.version, "dropped").inc()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let it read, as long as this lasts."""
        stop = threading.Event()

        def read() -> None:
            while not stop.is_set():
                with suppress(queue.Empty):
                    self._read(*self._waiting.get(timeout=_IDLE))

        reading = threading.Thread(target=read, daemon=True)
        reading.start()
        try:
            yield
        finally:
            stop.set()
            reading.join()

    def _read(self, challenger: ComplaintModel, text: str, category: str) -> None:
        try:
            same = challenger.predict([text])[0].category == category
        except Exception as error:  # noqa: BLE001  # a challenger's defect is its own
            SHADOW.labels(challenger.version, "failed").inc()
            if self._failed != challenger.version:
                self._failed = challenger.version
                _LOG.error("challenger failed", version=challenger.version, problem=type(error).__name__)
            return
        SHADOW.labels(challenger.version, "same" if same else "different").inc()
