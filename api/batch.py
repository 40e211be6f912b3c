"""Answering many complaints at once, piece by piece, so that whoever asks for one need not wait for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic import ValidationError

from api.problems import text_problem, validation_problem
from api.schemas import BatchItem, Classification, ClassifyRequest, Problem
from api.serving import Serving
from classifier.errors import TextError

PIECE: Final = 16
"""Complaints that are answered in one go."""


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
        answers: dict[int, Classification | Problem] = {}
        for index in indexes:
            try:
                good[index] = ClassifyRequest.model_validate(self._items[index])
            except ValidationError as error:
                answers[index] = validation_problem(error.errors(), self._place(index))
        for index, said in zip(good, self._serving.classify_all([*good.values()]), strict=True):
            answers[index] = text_problem(said, self._place(index)) if isinstance(said, TextError) else said
        read = []
        for index in indexes:
            answer = answers[index]
            if isinstance(answer, Problem):
                item = BatchItem(index=index, problem=answer)
            else:
                item = BatchItem(index=index, result=answer)
                read.append((good[index].text, answer.category.code))
            self._written.append(item.__pydantic_serializer__.to_json(item))
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
