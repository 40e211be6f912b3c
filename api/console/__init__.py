"""The console: pages for people, served by the same process under ``/console``."""

from typing import Final

CONSOLE: Final = "/console"
HOME: Final = f"{CONSOLE}/"
SIGN_IN: Final = f"{CONSOLE}/sign-in"
SIGN_OUT: Final = f"{CONSOLE}/sign-out"
STATIC: Final = f"{CONSOLE}/static/"


def is_console(path: str) -> bool:
    """Whether a path is one of the console's."""
    return path.startswith(HOME) or path == CONSOLE
