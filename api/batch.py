"""Answering many complaints at once, turn by turn, so that whoever asks for one need not wait for all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import to_json

from api.problems import text_problem, validation_problem
from api.schemas import ClassifyRequest, Problem
from api.serving import Serving
from api.shadow import Shadow
from classifier.errors import TextError

_TURN: Final = 0.0004
"""Seconds of work after which others come first."""

_read: Final = ClassifyRequest.__pydantic_validator__.validate_python


class Turns:
    """Lets one batch at a time work, each for a turn; between two turns come the requests that have arrived.

    On the event loop, not beside it: reading holds the interpreter's lock, so that a thread would not read sooner, and
    the loop would wait for the lock at every step of every request, not once.
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
        written: list[bytes] = []
        failed = 0
        while len(written) < len(items):
            async with self._turn:
                until = time.perf_counter() + _TURN
                while len(written) < len(items) and time.perf_counter() < until:
                    index = len(written)
                    result = problem = None
                    try:
                        request = _read(items[index])
                        result = serving.answer(request)
                        shadow.offer(request.text, result["category"]["code"])
                    except (ValidationError, TextError) as error:
                        problem = _problem(error, f"{instance}#/items/{index}")
                        failed += 1
                    written.append(to_json({"index": index, "result": result, "problem": problem}))
                await asyncio.sleep(0)
        head = b'{"model":%s,"items":[' % to_json(serving.version)
        return head + b",".join(written) + b'],"succeeded":%d,"failed":%d}' % (len(items) - failed, failed)


def _problem(error: ValidationError | TextError, place: str) -> Problem:
    return text_problem(error, place) if isinstance(error, TextError) else validation_problem(error.errors(), place)
