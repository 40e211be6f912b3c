"""The key that hashes customers."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from api.privacy import load_key
from classifier.errors import StorageError


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"
    key = load_key(path)
    assert load_key(path) == key
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret.key"]
    assert load_key(tmp_path / "other.key") != key


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32])
def test_a_damaged_key_is_never_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret.key"
    path.write_text(content)
    with pytest.raises(StorageError, match=r"secret\.key.*Restore"):
        load_key(path)
    assert path.read_text() == content
