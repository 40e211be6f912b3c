"""Keys for the tests of the gate, made as ``complaints keys add`` makes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from api.access import ring
from api.storage import Database, Keys

Bearer = dict[str, str]
Make = Callable[..., Bearer]


@pytest.fixture
def key(database: Database, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Make a key that the service knows at once, and give the header that sends it."""
    monkeypatch.setattr(ring, "FRESH", 0.0)

    def make(owner: str, *scopes: str, rate: float = 1_000_000, expires: datetime | None = None) -> Bearer:
        return {"authorization": f"Bearer {Keys(database).add(owner, scopes, rate, expires, 'tests')}"}

    return make


def key_id(bearer: Bearer) -> str:
    """The part of a key that may be seen."""
    return bearer["authorization"].split("_")[1]
