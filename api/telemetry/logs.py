"""Structured logs: one JSON object per line on standard error, without personal data.

What this program logs are names, numbers and moments, never a text, a path or a query. Messages of libraries are masked
as complaints are, and statements of the database come without their values (`api.storage.database`).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

from classifier.masking import mask

_STAMP: Final = structlog.processors.TimeStamper(fmt="iso", utc=True)


def configure_logs() -> None:
    """Set up logging of this process, libraries included; on a terminal in columns instead of JSON."""
    # The renderer for people writes long tracebacks with the values of variables: plain ones tell no secrets.
    people = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    render: Any = people if sys.stderr.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False)
    own: list[Any] = [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, _STAMP]
    # Through the library's handler, which lets nobody's work fail because a log cannot be written.
    ours = logging.getLogger("complaints")
    ours.handlers, ours.propagate = [logging.StreamHandler(sys.stderr)], False
    structlog.configure(
        processors=[*own, structlog.processors.format_exc_info, _masked_exception, render],
        logger_factory=lambda *_: ours,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*own, structlog.stdlib.add_logger_name],
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


def _masked(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        name: mask(value) if isinstance(value, str) and name != "timestamp" else value for name, value in event.items()
    }


def _masked_exception(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what a library may say in an exception; everything else in our own lines is ours."""
    if "exception" in event:
        event["exception"] = mask(event["exception"])
    return event
