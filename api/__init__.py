"""The HTTP service. `create_app` makes it; `api.settings.Settings` says how."""

from api.app import create_app
from api.settings import Settings

__all__ = ["Settings", "create_app"]
