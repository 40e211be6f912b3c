"""What comes as an exported model and is none: refused, and nothing of it stays."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import joblib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import BundleError
from models import Registry
from models.manifest import MANIFEST
from models.transfer import SIGNATURE, export_bundle, import_bundle
from models.writing import write_bundle
from tests.models.conftest import SECRET, by_key, refused, state
from tests.models.small import small_manifest, small_parts

Members = list[tuple[zipfile.ZipInfo, bytes]]


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
