"""Several processes at work: everything once, in order, and no silence when one is gone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from classifier.cores import spread
from classifier.errors import ComplaintsError

# The tests' own process may have threads, which do nothing that the copies wait for.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


def test_results_come_in_the_order_of_the_pieces_whoever_is_slow() -> None:
    def work(piece: int) -> tuple[int, int]:
        time.sleep(0.05 if piece % 7 == 0 else 0)
        return piece, os.getpid()

    with spread(work, 2) as each:
        found = list(each(range(50)))
    assert [piece for piece, _ in found] == list(range(50))
    workers = {process for _, process in found}
    assert os.getpid() not in workers
    assert len(workers) == 2


def test_one_process_is_this_one() -> None:
    with spread(lambda piece: (piece, os.getpid()), 1) as each:
        assert list(each(range(3))) == [(0, os.getpid()), (1, os.getpid()), (2, os.getpid())]


@pytest.mark.parametrize("processes", [1, 3])
def test_few_pieces_are_in_memory_at_a_time(processes: int) -> None:
    taken: list[int] = []

    def pieces() -> Iterator[int]:
        for piece in range(100):
            taken.append(piece)
            yield piece

    with spread(lambda piece: piece, processes) as each:
        assert all(len(taken) - done <= 3 * processes for done in each(pieces()))
    assert len(taken) == 100


def test_what_the_work_raises_is_raised() -> None:
    def work(piece: int) -> int:
        raise LookupError(piece)

    with pytest.raises(LookupError, match="0"), spread(work, 2) as each:
        list(each(range(5)))


def test_a_process_that_dies_is_told_and_the_others_end() -> None:
    def work(piece: int) -> int:
        if piece == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()

    workers: set[int] = set()
    with pytest.raises(ComplaintsError, match=r"one of the processes that read rows: died"), spread(work, 2) as each:
        workers.update(each(range(100)))
    assert workers
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
