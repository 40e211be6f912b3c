"""Telling departments: what is in the outbox, each case's messages in order, again and again until it is taken."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

import h11
import structlog

from api.clock import present
from api.handover.messages import message, signed
from api.handover.targets import Answer, Network, TargetError, post
from api.storage import UNAVAILABLE, Act, Database, Outbox, Parcel, cause, now

_WAITS: Final = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800)
"""Seconds between attempts: fifteen hours in all. After the last one it is dead."""
_AT_ONCE: Final = 8
_LONGEST: Final = 3_600.0
"""A receiver may put off as many seconds."""
_GONE: Final = 410

_LOG = structlog.get_logger("courier")


class Courier:
    """Tells departments what is in the outbox of a database.

    Parameters
    ----------
    database : Database
    key : bytes
        The service's; secrets are derived from it.
    networks : sequence of network
        Private networks that may be told.
    """

    def __init__(self, database: Database, key: bytes, networks: Sequence[Network]) -> None:
        self._outbox = Outbox(database)
        self._key = key
        self._networks = networks
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="courier")
        self._carried: set[int] = set()
        self._lock = threading.Lock()

    def tick(self) -> None:
        """Begin to tell what may be told now; a receiver that hangs holds up no other."""
        with self._lock:
            free, carried = _AT_ONCE - len(self._carried), set(self._carried)
        if free <= 0:
            return
        for parcel in self._outbox.due(free, carried):
            with self._lock:
                self._carried.add(parcel.outbox["number"])
            self._pool.submit(self._carry, parcel)

    def close(self) -> None:
        """Wait for what is being told."""
        self._pool.shutdown()

    def _carry(self, parcel: Parcel) -> None:
        number = parcel.outbox["number"]
        try:
            self._tell(parcel)
        except UNAVAILABLE as error:  # it stays in the outbox and is told once more
            _LOG.error("case database", cause=cause(error))
        finally:
            with self._lock:
                self._carried.discard(number)

    def _tell(self, parcel: Parcel) -> None:
        number, webhook = parcel.outbox["number"], parcel.webhook
        identifier, body = message(parcel)
        headers = signed(self._key, webhook, identifier, body, present())
        try:
            answer = post(webhook["url"], self._networks, body, headers)
        except (OSError, h11.RemoteProtocolError, TargetError) as error:
            self._fail(parcel, f"{type(error).__name__}: {error}", None)
            return
        if 200 <= answer.status < 300:
            self._outbox.told(number)
        elif answer.status == _GONE:
            _LOG.warning("webhook gone", webhook=webhook["webhook_id"])
            self._outbox.end(webhook["webhook_id"], Act("410 Gone", "end webhook", webhook["webhook_id"]))
        else:
            self._fail(parcel, f"HTTP {answer.status}", answer)

    def _fail(self, parcel: Parcel, problem: str, answer: Answer | None) -> None:
        attempts = parcel.outbox["attempts"]
        next_at = None
        if attempts < len(_WAITS):
            # Spread by a fifth: what failed together need not come again together.
            wait = _WAITS[attempts] * random.uniform(0.8, 1.2)  # noqa: S311
            if answer is not None and answer.retry_after is not None:
                wait = min(max(wait, answer.retry_after), max(wait, _LONGEST))
            next_at = now() + timedelta(seconds=wait)
        _LOG.warning(
            "not told",
            webhook=parcel.webhook["webhook_id"],
            problem=problem,
            again=str(next_at) if next_at else "never",
        )
        self._outbox.failed(parcel.outbox["number"], problem, next_at)
