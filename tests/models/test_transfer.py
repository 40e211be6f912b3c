"""A model from one machine to another: the same, or not at all."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import ComplaintModel, normalize
from classifier.errors import BundleError
from models import Registry
from models.manifest import MANIFEST
from models.transfer import KEY, SIGNATURE, bundle_key, export_bundle, import_bundle
from tests.models.conftest import SECRET, by_key, refused


def test_imported_by_key_it_is_kept_and_nothing_else_changes(home: Registry, signed: Path, bank: Registry) -> None:
    assert by_key(bank, signed) == "m1"
    kept = bank.history()[-1]
    assert (kept.act, kept.version, kept.reason) == ("kept", "m1", "imported: tests")
    assert kept.manifest_sha256 == home.history()[0].manifest_sha256
    assert bank.champion == "own"


@pytest.fixture(scope="module")
def both(home: Registry, signed: Path, tmp_path_factory: pytest.TempPathFactory) -> list[ComplaintModel]:
    """The model where it was made, and where it was imported."""
    there = Registry(tmp_path_factory.mktemp("there") / "store")
    by_key(there, signed)
    return [home.load("m1").model, there.load("m1").model]


@given(st.text("信用卡年费取款机现金房贷利率起诉投诉,。 a1", min_size=1, max_size=40).filter(normalize))
def test_it_says_the_same_of_any_text(both: list[ComplaintModel], text: str) -> None:
    made, imported = both
    assert imported.predict([text]) == made.predict([text])


def test_imported_by_hash_without_any_key(unsigned: tuple[Path, str], bank: Registry) -> None:
    source, sha256 = unsigned
    assert import_bundle(bank, source, key=None, manifest_sha256=f" {sha256.upper()}\n", reason="") == "m1"


def test_a_told_hash_decides_whatever_the_signature(signed: Path, unsigned: tuple[Path, str], bank: Registry) -> None:
    other = b"the key of another house"
    assert import_bundle(bank, signed, key=other, manifest_sha256=unsigned[1], reason="") == "m1"


def test_in_an_empty_store_it_serves(signed: Path, tmp_path: Path) -> None:
    registry = Registry(tmp_path / "new")
    by_key(registry, signed)
    assert registry.champion == "m1"


def test_the_same_model_gives_the_same_bytes(home: Registry, signed: Path, bank: Registry, tmp_path: Path) -> None:
    by_key(bank, signed)
    os.utime(bank.store / "m1" / MANIFEST, (0, 0))
    (bank.store / "m1" / MANIFEST).chmod(0o600)
    export_bundle(bank, "m1", tmp_path / "again.zip", SECRET)
    assert (tmp_path / "again.zip").read_bytes() == signed.read_bytes()


def test_any_zip_program_reads_it(home: Registry, signed: Path) -> None:
    with zipfile.ZipFile(signed) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[:2] == [MANIFEST, SIGNATURE]
        assert set(archive.namelist()) - {SIGNATURE} == {path.name for path in (home.store / "m1").iterdir()}


@pytest.mark.parametrize("name", ["idf.npy", "pipeline.joblib"])
def test_a_damaged_model_is_not_exported(bank: Registry, tmp_path: Path, name: str) -> None:
    (bank.store / "own" / name).write_bytes(b"")
    with pytest.raises(BundleError, match="was changed"):
        export_bundle(bank, "own", tmp_path / "own.zip", None)
    assert not (tmp_path / "own.zip").exists()


@pytest.mark.parametrize("target", ["none/m1.zip", "folder", "file/m1.zip"])
def test_where_nothing_can_be_written_nothing_is(home: Registry, tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(BundleError, match=r"cannot be written .*Name another place"):
        export_bundle(home, "m1", tmp_path / target, None)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


@pytest.mark.parametrize(
    ("proof", "says"),
    [
        ({"key": None}, rf"nothing says that it is genuine\. Give --sha256 .* or set {KEY}"),
        ({"key": b"another key of 22 bytes"}, "was not signed with"),
        ({"manifest_sha256": "0" * 64}, "has another manifest"),
        ({"manifest_sha256": "abc"}, "is no SHA-256"),
        ({"manifest_sha256": "٣" * 64}, "is no SHA-256"),
        ({"manifest_sha256": ""}, "is no SHA-256"),
    ],
)
def test_without_proof_it_is_refused(signed: Path, bank: Registry, proof: dict[str, object], says: str) -> None:
    refused(bank, signed, says=says, **proof)


def test_an_unsigned_one_needs_its_hash(unsigned: tuple[Path, str], bank: Registry) -> None:
    refused(bank, unsigned[0], says=r"is not signed\. Give --sha256")


def test_a_refusal_does_not_give_the_hash_away(unsigned: tuple[Path, str], bank: Registry) -> None:
    """Else people would copy it from there."""
    with pytest.raises(BundleError) as caught:
        import_bundle(bank, unsigned[0], key=None, manifest_sha256="0" * 64, reason="")
    assert unsigned[1] not in str(caught.value)


def test_one_that_is_here_already_is_refused(home: Registry, signed: Path) -> None:
    refused(home, signed, says="m1: is here already")


def test_a_key_must_be_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    assert bundle_key() is None
    monkeypatch.setenv(KEY, "密钥密钥密")
    with pytest.raises(BundleError, match=rf"{KEY}: has 15 bytes, 16 at least are needed\. Make one with"):
        bundle_key()
    monkeypatch.setenv(KEY, "密钥密钥密钥")
    assert bundle_key() == "密钥密钥密钥".encode()
