"""Structured logs: one JSON object per line on standard error, without personal data.

What this program logs are names, numbers and moments, never a text, a path or a query. Messages of libraries are masked
as complaints are, and statements of the database come without their values (`api.storage.database`).
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import structlog
from pydantic_core import to_json

from classifier.masking import mask

REQUEST: Final[ContextVar[str]] = ContextVar("REQUEST")
"""Id of the request that is being answered: every line that is written meanwhile tells it."""


def configure_logs() -> None:
    """Set up logging of this process, libraries included; on a terminal in columns instead of JSON."""
    # The renderer for people writes long tracebacks with the values of variables: plain ones tell no secrets.
    people = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    render: Any = people if sys.stderr.isatty() else structlog.processors.JSONRenderer(_json)
    structlog.configure(
        processors=[_told, _masked_exception, render],
        logger_factory=lambda *_: _Lines(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_told, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _masked,
                render,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)


class _Lines:
    """Writes lines, and lets nobody's work fail because a log cannot be written.

    The library's logger does the same and more (where in the program, which thread) that takes longer than the rest.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._writing = threading.Lock()

    def msg(self, line: str) -> None:
        """Write a line."""
        with self._writing, suppress(OSError, ValueError):
            self._stream.write(f"{line}\n")  # standard error goes out with each line

    debug = info = warning = error = critical = exception = msg


def _told(_logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add when, how grave, and of which request. One step, since every request writes a line."""
    request_id = REQUEST.get(None)
    if request_id is not None:
        event.setdefault("request_id", request_id)
    event["level"] = "error" if method == "exception" else method
    event["timestamp"] = f"{datetime.now(UTC).isoformat()[:-6]}Z"
    return event


def _json(event: object, **_: object) -> str:
    try:
        return to_json(event, fallback=repr).decode()
    except ValueError:  # half a character, which is no UTF-8
        return json.dumps(event, default=repr)


def _masked(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        name: mask(value) if isinstance(value, str) and name != "timestamp" else value for name, value in event.items()
    }


def _masked_exception(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what a library may say in an exception; everything else in our own lines is ours."""
    if "exc_info" in event:
        structlog.processors.format_exc_info(logger, method, event)
    if "exception" in event:
        event["exception"] = mask(event["exception"])
    return event
