"""The hot path of reading in machine code.

`machine` is the compiled module, or None where the program was installed without a C compiler: then it reads, and
answers, the same, some ten times as slowly.
"""

from __future__ import annotations

try:
    from classifier.kernel import machine
except ModuleNotFoundError:  # one that is there and broken is an error
    machine = None  # type: ignore[assignment]

__all__ = ["machine"]
