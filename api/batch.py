"""Answering many complaints at once, piece by piece, so that whoever asks for one need not wait for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import to_json

from api.answers import Answer
from api.problems import text_problem, validation_problem
from api.schemas import ClassifyRequest, Problem
from api.serving import Serving
from classifier.errors import TextError

PIECE: Final = 16
"""Complaints that are answered in one go."""

_read: Final = ClassifyRequest.__pydantic_validator__.validate_python


class Batch:
    """The answers to many complaints, as they come to be.

    Parameters
    ----------
    serving : Serving
        Answers all of them.
    items : sequence
        As they were sent.
    instance : str
        The path that was asked.
    """

    def __init__(self, serving: Serving, items: Sequence[Any], instance: str) -> None:
        self._serving = serving
        self._items = items
        self._instance = instance
        self._written: list[bytes] = []
        self._succeeded = 0

    def pieces(self) -> Iterator[range]:
        """The indexes of what is to be answered in one go."""
        for first in range(0, len(self._items), PIECE):
            yield range(first, min(first + PIECE, len(self._items)))

    def answer(self, indexes: range) -> list[tuple[str, str]]:
        """Answer some items, in their order; a bad one gets a problem. Texts and categories of the others come back."""
        good: dict[int, ClassifyRequest] = {}
        bad: dict[int, Problem] = {}
        for index in indexes:
            try:
                good[index] = _read(self._items[index])
            except ValidationError as error:
                bad[index] = validation_problem(error.errors(), self._place(index))
        read = []
        results: dict[int, Answer] = {}
        for (index, request), answer in zip(good.items(), self._serving.answer_all([*good.values()]), strict=True):
            if isinstance(answer, TextError):
                bad[index] = text_problem(answer, self._place(index))
            else:
                results[index] = answer
                read.append((request.text, answer["category"]["code"]))
        self._written += [
            to_json({"index": index, "result": results.get(index), "problem": bad.get(index)}) for index in indexes
        ]
        self._succeeded += len(read)
        return read

    def _place(self, index: int) -> str:
        return f"{self._instance}#/items/{index}"

    def written(self) -> bytes:
        """A `BatchAnswer` as JSON, once all is answered."""
        return b'{"model":"%s","items":[%s],"succeeded":%d,"failed":%d}' % (
            self._serving.version.encode(),
            b",".join(self._written),
            self._succeeded,
            len(self._items) - self._succeeded,
        )
