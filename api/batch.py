"""Answering many complaints at once, in processes of their own: whoever asks for one need not wait for them."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing import get_context
from typing import Any, Final, NamedTuple

import structlog
from pydantic import ValidationError
from pydantic_core import to_json

from api.ending import end_with_parent
from api.http_problems import bad_body
from api.problems import text_problem, validation_problem
from api.schemas import BatchRequest, ClassifyRequest, Problem
from api.serving import Serving
from api.shadow import Shadow
from api.telemetry.logs import configure_logs
from classifier.cores import cores
from classifier.errors import TextError

_LOG = structlog.get_logger("batch")

_read: Final = ClassifyRequest.__pydantic_validator__.validate_python


class Answered(NamedTuple):
    """The answers to a batch.

    Attributes
    ----------
    body : bytes
        A `BatchAnswer` as JSON.
    said : list of (str, str)
        The texts that could be read, and their categories.
    """

    body: bytes
    said: list[tuple[str, str]]


class Batches:
    """Has batches answered by processes, as many at once as there are cores.

    They are made when the first batch comes, and load the model themselves: its arrays are mapped files that all
    processes share, the rest takes some 100 MiB each.

    Parameters
    ----------
    processes : int, optional
        How many; by default one for each core.
    """

    def __init__(self, processes: int | None = None) -> None:
        self._processes = processes or cores()
        self._pool: ProcessPoolExecutor | None = None

    async def answer(self, body: bytes, instance: str, serving: Serving, shadow: Shadow) -> bytes:
        """A `BatchAnswer` as JSON.

        Parameters
        ----------
        body : bytes
            A `BatchRequest` as it was sent: to read a thousand texts here would keep others waiting.
        instance : str
            The path that was asked.
        serving : Serving
            Answers all of them.
        shadow : Shadow
            Is offered what could be read.

        Raises
        ------
        RequestValidationError
            If the body is no `BatchRequest`.
        """
        try:
            answered = await self._answer(body, instance, serving, bool(shadow.version))
        except BrokenProcessPool:  # one was killed; whoever sent this is not to blame
            _LOG.error("a process that answers batches has died; others are made")
            self.close()
            answered = await self._answer(body, instance, serving, bool(shadow.version))
        for text, category in answered.said:
            shadow.offer(text, category)
        return answered.body

    async def _answer(self, body: bytes, instance: str, serving: Serving, shadowed: bool) -> Answered:
        if self._pool is None:
            # Not copies of this process: it has threads, which might hold anything at the moment of the copy.
            self._pool = ProcessPoolExecutor(self._processes, get_context("spawn"), _begin)
        asked = serving.pickled, body, instance, shadowed
        return await asyncio.get_running_loop().run_in_executor(self._pool, _work, *asked)

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _begin() -> None:
    """Begin a process."""
    configure_logs()
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides
    _give_way()


def _give_way() -> None:
    """Single requests go first where cores are short."""
    if sys.platform == "linux":
        # A nicer process alone would still end its turn of some milliseconds when the server has something to do.
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(19)


def _work(pickled: bytes, body: bytes, instance: str, shadowed: bool) -> Answered:
    try:
        asked = BatchRequest.model_validate_json(body)
    except ValidationError as error:
        raise bad_body(error) from None  # it goes back with its traceback, where the cause would repeat the body
    answered = answer(asked.items, instance, _serving(pickled))
    return answered if shadowed else Answered(answered.body, [])  # to send texts back takes time too


@lru_cache(maxsize=1)
def _serving(pickled: bytes) -> Serving:
    serving: Serving = pickle.loads(pickled)  # noqa: S301  # the server's own, over a pipe
    return serving.prepared()


def answer(items: Sequence[Any], instance: str, serving: Serving) -> Answered:
    """Answer the items of a batch here and now; other parameters as of `Batches.answer`."""
    written: list[bytes] = []
    said: list[tuple[str, str]] = []
    for index, item in enumerate(items):
        result = problem = None
        try:
            request = _read(item)
            result = serving.answer(request)
            said.append((request.text, result["category"]["code"]))
        except (ValidationError, TextError) as error:
            problem = _problem(error, f"{instance}#/items/{index}")
        written.append(to_json({"index": index, "result": result, "problem": problem}))
    body = b'{"model":%s,"items":[%s],"succeeded":%d,"failed":%d}' % (
        to_json(serving.version),
        b",".join(written),
        len(said),
        len(items) - len(said),
    )
    return Answered(body, said)


def _problem(error: ValidationError | TextError, place: str) -> Problem:
    return text_problem(error, place) if isinstance(error, TextError) else validation_problem(error.errors(), place)
