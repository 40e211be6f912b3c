"""A model from one machine to another: the same, or not at all."""

from __future__ import annotations

import functools
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import joblib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import ComplaintModel, normalize
from classifier.errors import BundleError
from models import Registry
from models.manifest import MANIFEST
from models.transfer import KEY, SIGNATURE, bundle_key, export_bundle, import_bundle
from models.writing import write_bundle
from tests.models.small import small_manifest, small_parts, small_store

SECRET = b"sixteen bytes at least"

Members = list[tuple[zipfile.ZipInfo, bytes]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """The machine that exports."""
    return small_store(tmp_path_factory.mktemp("home") / "store", "m1")


@pytest.fixture(scope="module")
def signed(home: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("signed") / "m1.zip"
    export_bundle(home, "m1", target, SECRET)
    return target


@pytest.fixture(scope="module")
def unsigned(home: Registry, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The file, and the hash that the export gave."""
    target = tmp_path_factory.mktemp("unsigned") / "m1.zip"
    return target, export_bundle(home, "m1", target, None)


@pytest.fixture(scope="module")
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


def test_a_damaged_model_is_not_exported(bank: Registry, tmp_path: Path) -> None:
    (bank.store / "own" / "idf.npy").write_bytes(b"")
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


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"\x80\x04]" * 99, "投诉".encode() * 99])
def test_what_is_no_export_is_refused(bank: Registry, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file.zip").write_bytes(content)
    refused(bank, tmp_path / "file.zip", says="is not an exported model, or is damaged")


def test_a_file_that_is_not_there_is_refused(bank: Registry, tmp_path: Path) -> None:
    refused(bank, tmp_path / "none.zip", says="cannot be opened")


def repacked(source: Path, target: Path, change: Callable[[Members], Members]) -> Path:
    """The same archive with other members, as any ZIP program writes it."""
    with zipfile.ZipFile(source) as archive:
        members = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(target, "w") as archive:
        for info, content in change(members):
            archive.writestr(info, content)
    return target


def named(name: str, content: bytes = b"x", attributes: int = 0o100644 << 16) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.external_attr = attributes
    return info, content


def instead(members: Members, name: str, *others: tuple[zipfile.ZipInfo, bytes]) -> Members:
    return [other for info, content in members for other in (others if info.filename == name else [(info, content)])]


HOSTILE: dict[str, tuple[Callable[[Members], Members], str]] = {
    "upward": (lambda m: instead(m, "idf.npy", named("../idf.npy")), r"'\.\./idf\.npy' where idf\.npy belongs"),
    "absolute": (lambda m: instead(m, "idf.npy", named("/etc/passwd")), "'/etc/passwd' where"),
    "a folder": (lambda m: instead(m, "idf.npy", named("idf.npy/", b"")), "'idf.npy/' where"),
    "unknown": (lambda m: [*m, named("zz.pkl")], "something was added"),
    "unknown among them": (lambda m: [*m[:5], named("aa.pkl"), *m[5:]], "'aa.pkl' where"),
    "twice": (lambda m: [*m[:3], m[2], *m[3:]], "where .* belongs"),
    "twice at the end": (lambda m: [*m, m[-1]], "something was added"),
    "missing": (lambda m: instead(m, "idf.npy"), r"where idf\.npy belongs"),
    "the last one missing": (lambda m: m[:-1], "'nothing' where"),
    "no manifest": (lambda m: m[1:], r"where manifest\.json belongs"),
    "a long name": (lambda m: instead(m, "idf.npy", named("i" * 9_999)), "is not what an export writes"),
    "a symbolic link of the right content": (
        lambda m: instead(m, "idf.npy", named("idf.npy", dict_of(m)["idf.npy"], 0o120777 << 16)),
        "something was added or changed",
    ),
    "other contents": (
        lambda m: instead(m, "idf.npy", named("idf.npy", b"")),
        r"another idf\.npy than its manifest names",
    ),
    "other rights": (
        lambda m: instead(m, "card.md", named("card.md", dict_of(m)["card.md"], 0o100755 << 16)),
        "changed",
    ),
    "a large signature": (lambda m: instead(m, SIGNATURE, named(SIGNATURE, b"0" * 65)), "has 65 bytes, at most 64"),
}


def dict_of(members: Members) -> dict[str, bytes]:
    return {info.filename: content for info, content in members}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused(signed: Path, bank: Registry, tmp_path: Path, name: str) -> None:
    change, says = HOSTILE[name]
    refused(bank, repacked(signed, tmp_path / "hostile.zip", change), says=says)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bank", "hostile.zip"]


def test_a_bomb_is_not_unfolded(signed: Path, bank: Registry, tmp_path: Path) -> None:
    """Nothing is ever unfolded: what is compressed is shorter than its header says."""
    bomb = named("idf.npy", bytes(200 << 20))
    bomb[0].compress_type = zipfile.ZIP_DEFLATED
    repacked(signed, tmp_path / "bomb.zip", lambda m: instead(m, "idf.npy", bomb))
    assert (tmp_path / "bomb.zip").stat().st_size < 10 << 20
    refused(bank, tmp_path / "bomb.zip", says=r"ends within idf\.npy")


def test_a_manifest_of_any_size_is_not_read(bank: Registry, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "large.zip", "w") as archive:
        archive.writestr(*named(MANIFEST, bytes((16 << 20) + 1)))
    refused(bank, tmp_path / "large.zip", says=r"manifest\.json has 16,777,217 bytes, at most 16,777,216 are read")


@pytest.mark.parametrize("where", ["before", "behind"])
def test_nothing_may_stand_around_it(signed: Path, bank: Registry, tmp_path: Path, where: str) -> None:
    data = signed.read_bytes()
    (tmp_path / "more.zip").write_bytes(b"#!" + data if where == "before" else data + b"\n")
    refused(bank, tmp_path / "more.zip", says="is not an exported model|something was added")


def test_its_pickle_is_not_opened(bank: Registry, tmp_path: Path) -> None:
    """Even of a model with a valid signature."""

    class Trap:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    home = Registry(tmp_path / "home")
    home.keep(
        "trap",
        lambda folder: write_bundle(folder, small_manifest("trap"), replace(small_parts(), pipeline=Trap())),
        reason="",
    )
    export_bundle(home, "trap", tmp_path / "trap.zip", SECRET)
    assert by_key(bank, tmp_path / "trap.zip") == "trap"
    assert not (tmp_path / "sprung").exists()
    joblib.load(bank.store / "trap" / "pipeline.joblib")
    assert (tmp_path / "sprung").exists()


@pytest.mark.parametrize("version", ["../m1", "a/b", ".incoming-x", "", "a\nb", "a" * 201])
def test_a_name_that_is_no_folder_is_refused(bank: Registry, tmp_path: Path, version: str) -> None:
    home = Registry(tmp_path / "home")
    home.keep("fair", lambda folder: write_bundle(folder, small_manifest(version), small_parts()), reason="")
    export_bundle(home, "fair", tmp_path / "file.zip", SECRET)
    refused(bank, tmp_path / "file.zip", says="cannot be a model's name")


def test_a_key_must_be_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    assert bundle_key() is None
    monkeypatch.setenv(KEY, "密钥密钥密")
    with pytest.raises(BundleError, match=rf"{KEY}: has 15 bytes, 16 at least are needed\. Make one with"):
        bundle_key()
    monkeypatch.setenv(KEY, "密钥密钥密钥")
    assert bundle_key() == "密钥密钥密钥".encode()


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """One store for many tries: nothing of them may stay."""
    return Registry(tmp_path_factory.mktemp("other") / "store")


@given(data=st.data())
@pytest.mark.parametrize("proof", ["key", "hash"])
def test_any_changed_byte_is_refused(
    data: st.DataObject, proof: str, signed: Path, unsigned: tuple[Path, str], other: Registry
) -> None:
    source = signed if proof == "key" else unsigned[0]
    content = bytearray(source.read_bytes())
    # Half of the tries in the headers and the directory, which are the smaller part.
    edges = st.one_of(st.integers(0, 4_999), st.integers(len(content) - 3_000, len(content) - 1))
    at = data.draw(st.one_of(edges, st.integers(0, len(content) - 1)))
    content[at] ^= data.draw(st.integers(1, 255))
    changed = other.store.parent / "changed.zip"
    changed.write_bytes(content)
    with pytest.raises(BundleError):
        import_bundle(
            other,
            changed,
            key=SECRET if proof == "key" else None,
            manifest_sha256=None if proof == "key" else unsigned[1],
            reason="",
        )
    assert other.versions() == []
    assert not other.store.exists() or state(other) == []


@given(data=st.data())
def test_any_beginning_of_it_is_refused(data: st.DataObject, signed: Path, other: Registry) -> None:
    content = signed.read_bytes()
    cut = other.store.parent / "cut.zip"
    cut.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(BundleError):
        by_key(other, cut)
    assert other.versions() == []
