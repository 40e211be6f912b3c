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
        self._waiting_since: float | None = None
        self._look: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._waiting_since = self.loop.time()
        self._look_in(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        if self._look is not None:
            self._look.cancel()
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
        if self._waiting_since is None:
            self._waiting_since = self.loop.time()

    def on_headers_complete(self) -> None:
        """Pass the request on."""
        self._waiting_since = None
        self._headless = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass a piece of the body on."""
        self._headless = 0
        super().on_body(body)

    def _look_in(self, seconds: float) -> None:
        self._look = self.loop.call_later(seconds, self._look_after)

    def _look_after(self) -> None:
        """Cut off a head that is late. One timer a connection goes on all the time: one a request would cost more."""
        begun = self._waiting_since
        left = self.head_seconds if begun is None else begun + self.head_seconds - self.loop.time()
        if left > 0:
            self._look_in(left)
        else:
            self.transport.close()
