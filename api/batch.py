"""Answering many complaints at once, turn by turn, so that whoever asks for one need not wait for all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from api.problems import text_problem, validation_problem
from api.schemas import ClassifyRequest, Problem
from api.serving import Serving
from api.shadow import Shadow
from classifier.errors import TextError

_TURN: Final = 0.003
"""Seconds of work after which the next batch has its turn."""

_read: Final = ClassifyRequest.__pydantic_validator__.validate_python


class Turns:
    """Lets one batch at a time work, each for a turn.

    They work off the event loop, so that single requests need not wait for them; and never two at once, since each
    thread that computes makes the loop wait longer for the interpreter's lock.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def answer(self, items: Sequence[Any], instance: str, serving: Serving, shadow: Shadow) -> bytes:
        """A `BatchAnswer` as JSON.

        Parameters
        ----------
        items : sequence
            As they were sent.
        instance : str
            The path that was asked.
        serving : Serving
            Answers all of them.
        shadow : Shadow
            Is offered what could be read.
        """
        batch = _Batch(items, instance, serving, shadow)
        while not batch.done:
            async with self._turn:
                await run_in_threadpool(batch.work, _TURN)
        return batch.answer()


class _Batch:
    """The answers to many complaints, as they come to be."""

    def __init__(self, items: Sequence[Any], instance: str, serving: Serving, shadow: Shadow) -> None:
        self._items = items
        self._instance = instance
        self._serving = serving
        self._shadow = shadow
        self._written: list[bytes] = []
        self._failed = 0

    @property
    def done(self) -> bool:
        return len(self._written) == len(self._items)

    def work(self, seconds: float) -> None:
        """Answer items for so long."""
        until = time.perf_counter() + seconds
        while not self.done and time.perf_counter() < until:
            self._written.append(self._answer(len(self._written)))

    def _answer(self, index: int) -> bytes:
        result = problem = None
        try:
            request = _read(self._items[index])
            result = self._serving.answer(request)
            self._shadow.offer(request.text, result["category"]["code"])
        except (ValidationError, TextError) as error:
            problem = _problem(error, f"{self._instance}#/items/{index}")
            self._failed += 1
        return to_json({"index": index, "result": result, "problem": problem})

    def answer(self) -> bytes:
        return b'{"model":%s,"items":[%s],"succeeded":%d,"failed":%d}' % (
            to_json(self._serving.version),
            b",".join(self._written),
            len(self._items) - self._failed,
            self._failed,
        )


def _problem(error: ValidationError | TextError, place: str) -> Problem:
    return text_problem(error, place) if isinstance(error, TextError) else validation_problem(error.errors(), place)
