"""``python -m cli``: the same as ``complaints``."""

from cli.main import app

app()
