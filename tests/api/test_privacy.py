"""The key that hashes customers."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from api.app import create_app
from api.privacy import load_key
from api.service import Service
from api.settings import Settings
from classifier.errors import StorageError
from models import Bundle
from tests.conftest import asking


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"
    key = load_key(path, make=True)
    assert load_key(path, make=True) == key
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret.key"]
    assert load_key(tmp_path / "other.key", make=True) != key


def test_a_key_that_is_missing_beside_kept_cases_is_not_made_anew(bundle: Bundle, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with asking(create_app(Service(bundle), settings)) as client:
        assert client.post("/v1/complaints", json={"text": "年费"}).status_code == 201
    (tmp_path / "secret.key").rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match=r"secret\.key: is missing, and the case database holds cases\. Restore"):
        create_app(Service(bundle), settings)
    assert not (tmp_path / "secret.key").exists()
    (tmp_path / "elsewhere").rename(tmp_path / "secret.key")
    with asking(create_app(Service(bundle), settings)) as client:
        assert len(client.get("/v1/complaints").json()["items"]) == 1


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32])
def test_a_damaged_key_is_never_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret.key"
    path.write_text(content)
    with pytest.raises(StorageError, match=r"secret\.key.*Restore"):
        load_key(path, make=True)
    assert path.read_text() == content
