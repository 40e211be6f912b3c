"""``complaints keys``, typed as an administrator types it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.storage import Database, Keys, open_database
from cli.main import app

Typed = Callable[..., Result]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Run ``complaints keys …`` on an empty database."""
    monkeypatch.setenv("COMPLAINTS_DATA", str(tmp_path))
    monkeypatch.delenv("COMPLAINTS_DATABASE_URL", raising=False)
    return lambda *arguments: CliRunner().invoke(app, ["keys", *arguments])


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Keys]:
    """The keys of the same database."""
    database: Database = open_database(f"sqlite:///{tmp_path / 'cases.db'}")
    yield Keys(database)
    database.dispose()


def made(typed: Typed, *arguments: str) -> str:
    done = typed("add", *arguments)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def test_a_key_is_all_that_standard_output_gets(typed: Typed) -> None:
    done = typed("add", "热线系统", "--scope", "intake")
    assert done.exit_code == 0
    assert re.fullmatch(r"cpl_[0-9a-f]{8}_[\w-]{43}\n", done.stdout, re.ASCII)
    assert "Shown this once" in done.stderr
    assert done.stdout.strip() not in done.stderr


def test_every_key_is_another(typed: Typed) -> None:
    keys = {made(typed, "甲", "--scope", "intake") for _ in range(5)}
    assert len({key[13:] for key in keys}) == len({key[:12] for key in keys}) == 5


def test_a_key_is_what_was_asked_for(typed: Typed, kept: Keys) -> None:
    made(typed, " 复核员 李 ", *("--scope", "review"), *("--scope", "intake"), *("--scope", "review"))
    made(typed, "监控", "--scope", "analyst", "--days", "7", "--rate", "0.5")
    first, second = kept.all()
    assert (first["owner"], first["scopes"], first["rate"]) == ("复核员 李", ["intake", "review"], 100)
    assert (second["owner"], second["scopes"], second["rate"]) == ("监控", ["analyst"], 0.5)
    for row, days in ((first, 365), (second, 7)):
        assert abs(row["expires_at"] - row["created_at"] - timedelta(days=days)) < timedelta(minutes=1)


def test_only_its_hash_is_on_disk(typed: Typed, tmp_path: Path) -> None:
    key = made(typed, "甲", "--scope", "admin")
    typed("list")
    on_disk = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert key.encode() not in on_disk
    assert key[13:].encode() not in on_disk
    assert hashlib.sha256(key.encode()).hexdigest().encode() in on_disk


def test_the_list_tells_whose_and_what_for_and_never_the_key(typed: Typed, kept: Keys) -> None:
    key = made(typed, "热线系统", "--scope", "intake", "--scope", "review", "--rate", "2.5")
    made(typed, "李", "--scope", "admin")
    typed("revoke", kept.all()[1]["key_id"])
    kept.add("旧系统", ["analyst"], 1, datetime.now(UTC) - timedelta(days=1), "tests")
    done = typed("list")
    assert done.exit_code == 0
    (first, second, third) = done.stdout.splitlines()[-3:]
    assert all(words in first for words in (key[4:12], "热线系统", "intake, review", "有效 valid", "2.5"))
    assert all(words in second for words in ("李", "admin", "已吊销 revoked"))
    assert all(words in third for words in ("旧系统", "analyst", "已过期 expired"))
    assert re.search(r"20\d\d-\d\d-\d\d", first)
    for row in kept.all():
        assert row["secret_hash"] not in done.output
    assert key not in done.output
    assert key[13:] not in done.output


def test_an_empty_list_is_no_mistake(typed: Typed) -> None:
    assert typed("list").exit_code == 0


def test_revoking_is_told_and_may_be_repeated(typed: Typed, kept: Keys) -> None:
    made(typed, "甲", "--scope", "intake")
    made(typed, "乙", "--scope", "intake")
    key_id = kept.all()[0]["key_id"]
    done = typed("revoke", key_id)
    assert (done.exit_code, done.stdout) == (0, "")
    assert key_id in done.stderr
    at = kept.all()[0]["revoked_at"]
    assert typed("revoke", key_id).exit_code == 0
    assert [row["revoked_at"] for row in kept.all()] == [at, None]
    assert at is not None


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("add", "甲", "--scope", "root"), "Use intake, review, analyst, admin."),
        (("add", "甲", "--scope", "intake", "--scope", "Admin"), "Use intake, review, analyst, admin."),
        (("add", "  ", "--scope", "intake"), "Name the owner."),
        (("add", "甲" * 201, "--scope", "intake"), "Name the owner."),
        (("add", "甲"), "--scope"),
        (("add", "甲", "--scope", "intake", "--days", "0"), "--days"),
        (("add", "甲", "--scope", "intake", "--days", "4000"), "--days"),
        (("add", "甲", "--scope", "intake", "--rate", "0"), "--rate"),
        (("add", "甲", "--scope", "intake", "--rate", "nan"), "--rate"),
        (("add", "甲", "--scope", "intake", "--rate", "inf"), "--rate"),
        (("revoke", "deadbeef"), "See complaints keys list."),
        (("revoke", ""), "See complaints keys list."),
    ],
)
def test_a_mistake_names_its_remedy_and_makes_nothing(
    typed: Typed, kept: Keys, arguments: tuple[str, ...], remedy: str
) -> None:
    done = typed(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert remedy in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert kept.all() == []


@pytest.mark.parametrize("arguments", [("add", "甲", "--scope", "intake"), ("list",), ("revoke", "deadbeef")])
def test_a_database_that_cannot_be_opened_is_named(
    typed: Typed, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPLAINTS_DATABASE_URL", "sqlite:////proc/none/cases.db")
    done = typed(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "/proc/none/cases.db" in done.stderr


def test_an_owner_is_listed_as_it_was_typed(typed: Typed) -> None:
    typed("add", "x[/b] [red]y", "--scope", "intake")
    done = typed("list")
    assert done.exit_code == 0
    assert "x[/b] [red]y" in done.stdout
