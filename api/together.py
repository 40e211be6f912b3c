"""Many who want the same done at once, served together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

MOST: Final = 50


class Together(Generic[T, R]):
    """Does in one go what several threads ask for: a transaction, and its flush to disk, then cost them little each.

    Who comes first does it for all who wait by then; who comes meanwhile waits for the next go.

    Parameters
    ----------
    do : callable
        Takes up to `MOST` requests and gives their results in the same order; an exception among them is raised for its
        own request, one that is raised is raised for all.

    Examples
    --------
    >>> Together(lambda numbers: [number * 2 for number in numbers])(21)
    42
    """

    def __init__(self, do: Callable[[Sequence[T]], Sequence[R | Exception]]) -> None:
        self._do = do
        self._waiting: list[tuple[T, Future[R]]] = []
        self._adding = threading.Lock()
        self._doing = threading.Lock()

    def __call__(self, request: T) -> R:
        """Have it done, and give its result."""
        future: Future[R] = Future()
        with self._adding:
            self._waiting.append((request, future))
        with self._doing:
            while not future.done():
                with self._adding:
                    batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                self._go(batch)
        return future.result()

    def _go(self, batch: Sequence[tuple[T, Future[R]]]) -> None:
        try:
            results = self._do([request for request, _ in batch])
        except BaseException as error:  # noqa: BLE001  # handed on to everyone
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
