"""Many who want the same done at once: each gets its own result, and few goes are made."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.together import MOST, Together

THREADS = 50


def together(do: Callable[[Sequence[int]], Sequence[int | Exception]]) -> Together[int, int]:
    return Together(do)


def at_once(ask: Callable[[int], int], number: int) -> list[int | Exception]:
    """What as many threads get as there are requests, started as nearly at once as can be."""
    start = threading.Barrier(number)

    def one(request: int) -> int | Exception:
        start.wait()
        try:
            return ask(request)
        except Exception as error:  # noqa: BLE001  # it is the result
            return error

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(one, range(number)))


def test_results_belong_to_their_requests() -> None:
    assert at_once(together(lambda numbers: [n * n for n in numbers]), THREADS) == [n * n for n in range(THREADS)]


def test_everything_is_done_exactly_once_and_in_fewer_goes_than_requests() -> None:
    goes: list[list[int]] = []
    doing = threading.Lock()

    def do(numbers: Sequence[int]) -> Sequence[int]:
        assert doing.acquire(blocking=False), "two goes at the same time"
        goes.append(list(numbers))
        time.sleep(0.05)
        doing.release()
        return numbers

    assert at_once(together(do), THREADS) == list(range(THREADS))
    assert sorted(n for go in goes for n in go) == list(range(THREADS))
    assert len(goes) < THREADS / 2


def test_no_go_is_larger_than_the_most() -> None:
    goes: list[int] = []
    many = 3 * MOST

    def do(numbers: Sequence[int]) -> Sequence[int]:
        goes.append(len(numbers))
        time.sleep(0.1)
        return numbers

    assert at_once(together(do), many) == list(range(many))
    assert sum(goes) == many
    assert 0 < min(goes) <= max(goes) <= MOST


def test_an_exception_among_the_results_belongs_to_one_request() -> None:
    def do(numbers: Sequence[int]) -> Sequence[int | Exception]:
        time.sleep(0.02)
        return [ValueError(n) if n % 7 == 0 else n for n in numbers]

    for n, result in enumerate(at_once(together(do), THREADS)):
        if n % 7 == 0:
            assert isinstance(result, ValueError)
            assert result.args == (n,)
        else:
            assert result == n


def test_an_exception_that_is_raised_belongs_to_all_of_that_go_and_to_no_other() -> None:
    goes: list[list[int]] = []

    def do(numbers: Sequence[int]) -> Sequence[int]:
        goes.append(list(numbers))
        time.sleep(0.02)
        if len(goes) == 2:
            raise OSError("the disk is full")
        return numbers

    results = at_once(together(do), THREADS)
    assert len(goes) > 1
    for n, result in enumerate(results):
        if n in goes[1]:
            assert isinstance(result, OSError)
        else:
            assert result == n


def test_it_goes_on_after_an_exception() -> None:
    def do(numbers: Sequence[int]) -> Sequence[int]:
        if 1 in numbers:
            raise LookupError
        return numbers

    ask = together(do)
    with pytest.raises(LookupError):
        ask(1)
    assert ask(2) == 2


def test_one_alone_waits_for_nobody() -> None:
    goes: list[list[int]] = []

    def do(numbers: Sequence[int]) -> Sequence[int]:
        goes.append(list(numbers))
        return numbers

    ask = together(do)
    assert [ask(n) for n in range(3)] == [0, 1, 2]
    assert goes == [[0], [1], [2]]


def test_requests_are_served_in_the_order_in_which_they_came() -> None:
    goes: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def do(numbers: Sequence[int]) -> Sequence[int]:
        goes.extend(numbers)
        begun.set()
        assert go_on.wait(10)
        return numbers

    ask = together(do)
    threads = [threading.Thread(target=ask, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
        assert begun.wait(10)
        time.sleep(0.05)  # it waits by now
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert goes == list(range(5))
