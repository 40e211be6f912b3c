"""A split that does not lie: what belongs together stays on one side, and the same rows always fall on the same side.

Together belong near duplicates (`classifier.fingerprint`), the complaints of one customer, and the rows of one group
where the user names a column of groups. A row's side follows from the texts it belongs with, not from its place in a
file or from what other rows there are: next month's history, longer by some rows, is split the same.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from classifier.errors import CorpusError
from classifier.fingerprint import fingerprint, shingles, similarity
from training.labelled import Labelled

How = Literal["random", "time"]
Told = Callable[[int, int], None]

NEARLY: Final = 0.6
"""Share of common shingles from which two texts are near duplicates: as of cases (`api.matters`)."""

_UNIT: Final = 1 << 64


def near_duplicates(rows: Sequence[Labelled], told: Told = lambda *_: None) -> list[tuple[int, int]]:
    """Pairs of rows with nearly the same text.

    Parameters
    ----------
    rows : sequence of Labelled, length N
    told : callable
        Told (rows done, rows in all).

    Returns
    -------
    list of (int, int)
        A row, and one before it.
    """
    pairs: list[tuple[int, int]] = []
    first: dict[int, int] = {}
    for number, row in enumerate(rows):
        own = shingles(row.text)
        others = {first.setdefault(band, number) for band in fingerprint(own)} - {number}
        pairs += [(number, other) for other in sorted(others) if similarity(own, shingles(rows[other].text)) >= NEARLY]
        if number % 1_000 == 0:
            told(number, len(rows))
    told(len(rows), len(rows))
    return pairs


def together(rows: Sequence[Labelled], alike: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
    """Number what belongs together.

    Parameters
    ----------
    rows : sequence of Labelled, length N
    alike : sequence of (int, int)
        From `near_duplicates`.

    Returns
    -------
    ndarray of int, shape (N,)
        Equal for rows that belong together, directly or through others.
    """
    pairs = list(alike)
    first: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows):
        known = [(kind, value) for kind in ("customer", "group") if (value := getattr(row, kind))]
        pairs += [(number, first.setdefault(key, number)) for key in known]
    ends = np.array(pairs, np.intp).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(pairs), np.int8), (ends[0], ends[1])), shape=(len(rows), len(rows)))
    numbers: NDArray[np.intp] = connected_components(graph, directed=False)[1]
    return numbers


def part_for_test(
    rows: Sequence[Labelled], groups: NDArray[np.intp], how: How, share: float, seed: int
) -> NDArray[np.bool_]:
    """Which rows are for judging only.

    Parameters
    ----------
    rows : sequence of Labelled, length N
    groups : ndarray of int, shape (N,)
        From `together`.
    how : {'random', 'time'}
        By the seed, or the latest; a group is as old as its oldest row.
    share : float
        About so much of the rows.
    seed : int
        Decides the random split.

    Returns
    -------
    ndarray of bool, shape (N,)

    Raises
    ------
    CorpusError
        If rows have no moment, for a split by time.
    """
    if how == "time":
        undated = [row for row in rows if row.at is None]
        if undated:
            raise CorpusError(
                f"{len(undated):,} of {len(rows):,} rows have no moment",
                where=undated[0].place,
                remedy="Name the column with --at, or split at random.",
            )
        moments = np.array([np.datetime64(row.at) for row in rows])
        oldest = np.full(groups.max() + 1, moments.max())
        np.minimum.at(oldest, groups, moments)
        border = np.sort(moments)[int(len(rows) * (1 - share))]
        latest: NDArray[np.bool_] = oldest[groups] >= border
        return latest
    drawn = draw(rows, groups, seed)
    chosen: NDArray[np.bool_] = drawn < share
    return chosen


def draw(rows: Sequence[Labelled], groups: NDArray[np.intp], seed: int) -> NDArray[np.float64]:
    """A number in [0, 1) for every row, the same for a group: a hash of the seed and its texts, shape (N,)."""
    least: dict[int, int] = {}
    for row, group in zip(rows, groups.tolist(), strict=True):
        digest = hashlib.sha256(f"{seed}\x1f{row.text}".encode()).digest()
        key = int.from_bytes(digest[:8], "big")
        least[group] = min(least.get(group, key), key)
    # The least of many numbers is small: hashed again, it is as good as any.
    again = {
        group: int.from_bytes(hashlib.sha256(key.to_bytes(8, "big")).digest()[:8], "big") / _UNIT
        for group, key in least.items()
    }
    return np.array([again[group] for group in groups.tolist()])


def fold_numbers(rows: Sequence[Labelled], groups: NDArray[np.intp], folds: int, seed: int) -> NDArray[np.intp]:
    """Folds for cross-validation: groups stay whole, and each fold has its share of every category.

    Returns
    -------
    ndarray of int, shape (N,)
        From 0 to `folds` - 1.
    """
    drawn = draw(rows, groups, seed)
    members: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(groups.tolist()):
        members[group].append(number)
    # Large groups first, so that small ones can even them out.
    order = sorted(members.values(), key=lambda m: (rows[m[0]].category, -len(m), drawn[m[0]]))
    numbers = np.empty(len(rows), np.intp)
    filled: dict[str, list[int]] = {}
    for group_rows in order:
        sizes = filled.setdefault(rows[group_rows[0]].category, [0] * folds)
        fold = sizes.index(min(sizes))
        sizes[fold] += len(group_rows)
        numbers[group_rows] = fold
    return numbers
