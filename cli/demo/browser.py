"""Opens an address in the browser once a server answers there: ``python -m cli.demo.browser ADDRESS``."""

from __future__ import annotations

import socket
import sys
import time
import webbrowser
from typing import Final
from urllib.parse import urlsplit

_PATIENCE: Final = 60.0
"""Seconds that the server may take to begin."""


def open_when_served(address: str) -> bool:
    """Show an address in the browser; False if nobody has begun to serve it."""
    parts = urlsplit(address)
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        try:
            socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1).close()
        except OSError:
            time.sleep(0.3)
        else:
            return webbrowser.open(address)
    return False


if __name__ == "__main__":
    open_when_served(sys.argv[1])
