"""Telling that two texts are the same complaint, though not word for word.

A text is the set of its shingles: all runs of `SHINGLE` characters of its canonical form, without blanks, punctuation
and personal data. How alike two texts are is the share of shingles they have in common (Jaccard). A fingerprint finds
the likely ones among millions: MinHash in bands (Broder, 1997; Leskovec, Rajaraman and Ullman, *Mining of Massive
Datasets*, chapter 3). Texts of similarity s share at least one of `BANDS` bands of `ROWS` minima with probability
1 - (1 - s^ROWS)^BANDS: 0.99 at 0.8, 0.85 at 0.65, 0.0007 at 0.05.
"""

from __future__ import annotations

import re
from hashlib import sha256, shake_256
from typing import Final

import numpy as np

from classifier.text import normalize

SHINGLE: Final = 3
BANDS: Final = 6
ROWS: Final = 3

_NO_WORD: Final = re.compile(r"[\W_]+")
_PRIME: Final = np.uint64((1 << 31) - 1)
# Any fixed numbers do, if they never change: kept fingerprints are compared with new ones. So they come from a digest,
# not from a generator whose stream may change with its version.
_DRAW: Final = np.frombuffer(shake_256(b"minhash").digest(2 * BANDS * ROWS * 8), "<u8").reshape(2, -1, 1) % _PRIME
_MIX: Final = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)


def text_key(text: str) -> int:
    """What tells a text from every other one: the first 8 bytes of the SHA-256 of its canonical form.

    Examples
    --------
    >>> text_key("年费，太高！") == text_key("年費,太高!")
    True
    """
    return int.from_bytes(sha256(normalize(text).encode()).digest()[:8])


def shingles(text: str) -> frozenset[str]:
    """The runs of `SHINGLE` characters of a text's canonical form; empty for a text with fewer.

    Examples
    --------
    >>> sorted(shingles("年费，太高！"))
    ['年费太', '费太高']
    """
    words = _NO_WORD.sub("", normalize(text))
    return frozenset(words[i : i + SHINGLE] for i in range(len(words) - SHINGLE + 1))


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of all shingles of two texts that both have, 0 to 1; 0 if one has none.

    Examples
    --------
    >>> similarity(shingles("年费太高了"), shingles("年费太高"))
    0.6666666666666666
    """
    return len(one & other) / len(one | other) if one and other else 0.0


def fingerprint(text: frozenset[str]) -> tuple[int, ...]:
    """The bands of a text's shingles.

    Parameters
    ----------
    text : frozenset of str
        From `shingles`.

    Returns
    -------
    tuple of int
        `BANDS` numbers that fit a signed 64-bit column; empty for a text without shingles.

    Examples
    --------
    >>> len(fingerprint(shingles("年费太高")))
    6
    >>> fingerprint(shingles("年费"))
    ()
    """
    if not text:
        return ()
    # One number per shingle from its characters; UTF-32 is the same on every machine.
    letters = np.frombuffer("".join(text).encode("utf-32-le", "surrogatepass"), np.uint32).reshape(-1, SHINGLE)
    keys = (letters * _MIX).sum(axis=1, dtype=np.uint64) >> np.uint64(33)
    times, plus = _DRAW
    minima = ((times * keys + plus) % _PRIME).min(axis=1).reshape(BANDS, ROWS)
    bands = (minima * _MIX).sum(axis=1, dtype=np.uint64) >> np.uint64(1)
    return tuple(int(band) for band in bands)
