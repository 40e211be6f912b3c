"""What comes before a body: uvicorn's HTTP, with a limit to the size and slowness of what is no body."""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES: Final = 64 << 10
"""Of request line and headers, and of what stands between two pieces of a body."""
HEAD_SECONDS: Final = 20.0
"""A head has so long to arrive; bodies have a setting."""


class LimitedProtocol(HttpToolsProtocol):
    """Cuts off who never ends a head: uvicorn would collect it, and wait, for ever.

    Its parser knows no limit (h11, the other one that uvicorn has, does, and takes a fifth of the requests per second).
    """

    head_seconds = HEAD_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._headless = 0
        self._patience: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless all that has come for long is no body."""
        self._headless += len(data)
        super().data_received(data)
        if self._headless > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"The request's line and headers are over {HEAD_BYTES:,} bytes.")

    def on_message_begin(self) -> None:
        """Wait for the rest of a head."""
        super().on_message_begin()
        if self._patience is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """Pass the request on."""
        self._stop_waiting()
        self._headless = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass a piece of the body on."""
        self._headless = 0
        super().on_body(body)

    def _expect_head(self) -> None:
        self._patience = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        self.transport.close()
