"""Models on the way from one machine to another."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

import pytest

from classifier.errors import BundleError
from models import Registry
from models.transfer import export_bundle, import_bundle
from tests.models.small import small_store

SECRET = b"sixteen bytes at least"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """The machine that exports."""
    return small_store(tmp_path_factory.mktemp("home") / "store", "m1")


@pytest.fixture(scope="session")
def signed(home: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("signed") / "m1.zip"
    export_bundle(home, "m1", target, SECRET)
    return target


@pytest.fixture(scope="session")
def unsigned(home: Registry, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The file, and the hash that the export gave."""
    target = tmp_path_factory.mktemp("unsigned") / "m1.zip"
    return target, export_bundle(home, "m1", target, None)


@pytest.fixture(scope="session")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_store(tmp_path_factory.mktemp("abroad") / "store", "own").store


@pytest.fixture
def bank(abroad: Path, tmp_path: Path) -> Registry:
    """The machine that imports, with a model of its own."""
    return Registry(Path(shutil.copytree(abroad, tmp_path / "bank")))


by_key = functools.partial(import_bundle, key=SECRET, manifest_sha256=None, reason="tests")


def state(registry: Registry) -> list[str]:
    return sorted(path.name for path in registry.store.iterdir())


def refused(registry: Registry, source: Path, *, says: str, **proof: object) -> None:
    """It is refused with a remedy, and the store is what it was."""
    before, history = state(registry), registry.history()
    with pytest.raises(BundleError, match=says) as caught:
        import_bundle(registry, source, **{"key": SECRET, "manifest_sha256": None, "reason": "tests", **proof})  # type: ignore[arg-type]
    assert caught.value.remedy
    assert (state(registry), registry.history()) == (before, history)
