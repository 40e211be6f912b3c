from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

def category_keys(
    keys: Keys, vocabulary: Sequence[str], expressions: Sequence[tuple[str, str]], marks: tuple[str, str]
) -> None: ...
def signal_keys(keys: Keys, vocabulary: Sequence[str], operators: Mapping[str, str], mark: str) -> None: ...

class Words:
    def __init__(self, dictionary: str, lexicon: Mapping[str, int]) -> None: ...
    def cut(self, text: str) -> list[str]: ...

class KnownTerms: ...

class CategoryKernel:
    def __init__(
        self,
        keys: Keys,
        idf: NDArray[np.float32],
        weights: NDArray[np.float32],
        intercepts: NDArray[np.float32],
        expressions: Sequence[tuple[str, str]],
        courtesies: Collection[str],
        words: Words,
        known: KnownTerms,
    ) -> None: ...
    def read(self, canonical: str, least: float) -> tuple[bytes, float, float, float, list[tuple[int, float]]]: ...

class SignalKernel:
    def __init__(
        self,
        keys: Keys,
        idf: NDArray[np.float32],
        weights: NDArray[np.float32],
        intercepts: NDArray[np.float32],
        operators: Mapping[str, str],
        ends_denial: Collection[str],
        denial: str,
        speakers: Collection[str],
        few: float,
        words: Words,
        known: KnownTerms,
    ) -> None: ...
    def find(self, canonical: str) -> list[tuple[int, int, int]]: ...
    def scores(self, canonical: str) -> list[float]: ...

class PlainText:
    def __init__(
        self,
        kinds: bytes,
        forms: NDArray[np.uint16],
        cues: Sequence[tuple[str, str]],
        passed_over: str,
        simplified: Callable[[str], tuple[str, list[tuple[int, int, str]]]],
        personal: Callable[[str], bool],
    ) -> None: ...
    def read(self, text: str) -> str | None: ...
    def align(self, text: str) -> tuple[str, tuple[tuple[int, int], ...]] | None: ...
    def locate(self, text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]] | None: ...
