"""Rate limits that hold over all server processes of a machine.

The generic cell rate algorithm (ITU-T I.371): a key's state is one moment, the one by which all it has asked so far
would have been due at its rate. A request is let through if that moment is at most a burst ahead. The moments lie in a
file that the processes map; the system's clock since boot is the same to all of them.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import time
from pathlib import Path
from typing import Final

BURST: Final = 1.0
"""Seconds' worth of requests that may come at once."""

_MOMENT: Final = struct.Struct("=d")
_SLOTS: Final = 1 << 16


class Rates:
    """Rates of keys.

    Parameters
    ----------
    path : Path, optional
        The file the processes share; without it, this process counts for itself, on one thread.

    Examples
    --------
    >>> rates = Rates()
    >>> [rates.wait(1, 2.0, at) for at in (100.0, 100.0, 100.0, 100.5)]
    [0.0, 0.0, 0.5, 0.0]
    """

    def __init__(self, path: Path | None = None) -> None:
        self._file: int | None = None
        if path is not None:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.ftruncate(self._file, _SLOTS * _MOMENT.size)
        self._moments = mmap.mmap(-1 if self._file is None else self._file, _SLOTS * _MOMENT.size)

    def wait(self, key: int, rate: float, at: float | None = None) -> float:
        """Seconds until the key may ask again; 0 if it may now, and then it has.

        Parameters
        ----------
        key : int
            Number of the key.
        rate : float
            Requests per second.
        at : float, optional
            The present moment, in seconds since boot.
        """
        if self._file is None:  # a lock would let other threads have their turn before the answer
            return self._wait(key, rate, at)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            return self._wait(key, rate, at)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _wait(self, key: int, rate: float, at: float | None) -> float:
        place = key % _SLOTS * _MOMENT.size
        moment = time.monotonic() if at is None else at
        (due,) = _MOMENT.unpack_from(self._moments, place)
        due = max(due, moment) + 1 / rate
        ahead: float = due - moment - max(BURST, 1 / rate)
        if ahead > 1e-9:
            return ahead
        _MOMENT.pack_into(self._moments, place, due)
        return 0.0

    def close(self) -> None:
        """Let go of the file."""
        self._moments.close()
        if self._file is not None:
            os.close(self._file)
