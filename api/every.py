"""Something done again and again beside the requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def every(seconds: float, do: Callable[[], object]) -> Iterator[None]:
    """Do something on a thread of its own, at such intervals, as long as this lasts.

    Examples
    --------
    >>> done = threading.Event()
    >>> with every(0.001, done.set):
    ...     done.wait()
    True
    """
    stop = threading.Event()

    def again() -> None:
        while not stop.wait(seconds):
            do()

    doing = threading.Thread(target=again, daemon=True)
    doing.start()
    try:
        yield
    finally:
        stop.set()
        doing.join()
