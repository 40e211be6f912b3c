"""One server that all of it is sent to, and a source of chance whose seed a failure shows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from tests.api.hostile.target import Target

SEED: Final = os.environ.get("HOSTILE_SEED") or os.urandom(8).hex()


@pytest.fixture(scope="package")
def only_target(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    target = Target(tmp_path_factory.mktemp("hostile"), store)
    yield target
    target.stop()


@pytest.fixture
def target(only_target: Target, record_property: Any) -> Iterator[Target]:
    """The server; how much memory each of its processes took is a property of the test (`pytest --junit-xml`)."""
    only_target.watch.begin_anew()
    yield only_target
    for name, peak in only_target.watch.peaks.items():
        record_property(f"{name.split()[0]} MiB", peak >> 20)


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> Random:
    request.node.add_report_section("call", "seed", f"HOSTILE_SEED={SEED}")
    return Random(f"{SEED} {request.node.name}")
