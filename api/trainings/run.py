"""A process that looks at a history or trains on it, and what it has told so far."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from api.trainings.histories import LOG
from classifier.masking import mask

_NICE: Final = 10
"""Answers go before training."""
_GIVEN_UP_FIRST: Final = 500
"""Added to what the kernel ends processes by when memory is short: of all that runs here, it is to be this one."""
_TAIL: Final = 4_000
"""Bytes of its log that are kept."""


@dataclass(slots=True)
class Told:
    """What the lines of JSON said (`complaints train --progress-json`, `complaints compare --json`).

    Attributes
    ----------
    stages : dict
        The last line of each stage, in the order in which they began.
    found : dict
        What the look at the data found: sources, unknown labels, data; each once it is there.
    result : dict or None
    error : str or None
    """

    stages: dict[str, dict[str, Any]] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    error: str | None = None


class Run:
    """A process with all it starts, which end together.

    Parameters
    ----------
    command : sequence of str
        It ends when its standard input does, and tells how far it is on standard output.
    folder : Path
        Its standard error goes into a file there; the folder's own name is left out of what it tells.
    """

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self.told = Told()
        self._folder = folder
        with (folder / LOG).open("wb") as log:
            # A session of its own: helpers that outlive the process are ended with it.
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
        with suppress(OSError):  # it has ended already
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICE)
            Path(f"/proc/{self._process.pid}/oom_score_adj").write_text(str(_GIVEN_UP_FIRST), encoding="ascii")
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def status(self) -> int | None:
        """Its exit status once it has ended, and all it told is known; None before."""
        if self._process.poll() is None:
            return None
        self.end()
        return self._process.returncode

    def end(self) -> None:
        """End it, if it runs, and whatever it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._listening.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    def log(self) -> str:
        """The end of what it wrote to standard error, personal data masked."""
        with suppress(FileNotFoundError):  # it has just been discarded
            said = (self._folder / LOG).read_bytes()[-_TAIL:].decode("utf-8", "replace").replace("\x00", "")
            return mask(said.replace(f"{self._folder}/", "").strip())
        return ""

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  # it was asked for
        for line in self._process.stdout:
            with suppress(ValueError):  # a library's own words
                self._take(json.loads(line.decode("utf-8", "replace").replace(f"{self._folder}/", "")))

    def _take(self, said: Any) -> None:
        match said:
            case {"stage": str(stage)}:
                self.told.stages = {**self.told.stages, stage: said}
            case {"error": str(error)}:
                self.told.error = error
            case {"version": str(_)}:
                self.told.result = said
            case {"verdict": str(_), "new": str(new)}:  # of a comparison
                self.told.result = {"version": new, "metrics": {}, "comparison": said}
            case {"sources": _} | {"unknown": _} | {"data": _}:
                self.told.found = {**self.told.found, **said}
