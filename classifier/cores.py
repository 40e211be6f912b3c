"""Work for all cores: pieces go out to processes, and what became of them comes back in order."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from classifier.errors import ComplaintsError

T = TypeVar("T")
R = TypeVar("R")

_WAITING: Final = 2
"""Pieces on their way for each process, so that none waits for the next."""


def cores() -> int:
    """How many cores this process may use; 1 where a process cannot be copied safely (outside Linux)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


@contextmanager
def spread(work: Callable[[T], R], processes: int) -> Iterator[Callable[[Iterable[T]], Iterator[R]]]:
    """Make a `map` that keeps the order and works in several processes; few pieces are in memory at a time.

    The processes are copies of this one: what `work` holds is shared and costs neither time nor memory. So they must be
    made before this process has threads. Pieces and results are pickled.

    Parameters
    ----------
    work : callable
    processes : int
        With 1, the work is done here.

    Raises
    ------
    ComplaintsError
        If one of the processes dies; the others are ended.
    """
    if processes == 1:
        yield lambda pieces: map(work, pieces)
        return
    gc.freeze()  # the collector would write to each object that the copies share, and each would get its own
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _begin, (work,))
    try:
        pool.submit(int).result()  # makes them all, now
        yield lambda pieces: _in_order(pool, pieces, _WAITING * processes)
    except BrokenProcessPool as error:
        raise ComplaintsError(
            "died before its work was done",
            where="one of the processes that read rows",
            remedy="Memory may be short: free some, and give the file again.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
        gc.unfreeze()


def _in_order(pool: ProcessPoolExecutor, pieces: Iterable[T], most: int) -> Iterator[Any]:
    waiting: deque[Future[Any]] = deque()
    for piece in pieces:
        waiting.append(pool.submit(_do, piece))
        if len(waiting) > most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


_work: Callable[[Any], Any]
"""What this process has been made for."""


def _begin(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches all processes: only the first has something to say
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """However the first process went, nobody is left behind."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(piece: Any) -> Any:
    return _work(piece)
