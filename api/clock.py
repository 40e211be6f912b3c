"""What time it is: asked here by all that keep or judge moments, so that they agree, also when it is another time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_stopped: datetime | None = None


def present() -> datetime:
    """The present moment, in UTC."""
    return _stopped or datetime.now(UTC)


@contextmanager
def stopped_at(moment: datetime) -> Iterator[None]:
    """Let it be that moment, for the whole process, as long as this lasts.

    What is told afterwards can be kept as if it had been told then; nothing that serves has a use for it.

    Examples
    --------
    >>> with stopped_at(datetime(2026, 11, 24, 9, 30, tzinfo=UTC)):
    ...     print(present())
    2026-11-24 09:30:00+00:00
    """
    global _stopped
    before, _stopped = _stopped, moment.astimezone(UTC)
    try:
        yield
    finally:
        _stopped = before
