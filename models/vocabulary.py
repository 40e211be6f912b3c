"""The terms of a kept model, read when somebody asks for one: predicting needs only their keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import overload

from classifier.errors import BundleError
from models.files import Files
from models.manifest import TRAIN_AGAIN


class Vocabulary(Sequence[str]):
    """The terms in row order.

    Parameters
    ----------
    files : Files
    name : str
        The file they are in, a JSON list.
    size : int, optional
        How many there are, where that is known already.

    Raises
    ------
    BundleError
        When it is read: if the file was changed, or holds anything else than so many terms.
    """

    def __init__(self, files: Files, name: str, size: int | None = None) -> None:
        self._files = files
        self._name = name
        self._size = size

    @cached_property
    def _terms(self) -> list[str]:
        terms = json.loads(self._files.text(self._name))
        if not isinstance(terms, list) or self._size not in (None, len(terms)):
            where = str(self._files.folder / self._name)
            raise BundleError("does not hold the terms of this model", where=where, remedy=TRAIN_AGAIN)
        return terms

    def __len__(self) -> int:
        return len(self._terms) if self._size is None else self._size

    def __iter__(self) -> Iterator[str]:
        return iter(self._terms)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        return self._terms[row]
