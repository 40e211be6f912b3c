"""The case database itself: schema, append-only tables, clear errors."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from api.storage import Act, Cases, Database, Kept, NewCase, Rulebooks, open_database, utc, working
from api.storage.schema import APPEND_ONLY, METADATA
from api.storage.upgrade import newest_revision, revision
from classifier.errors import StorageError


def case(complaint_id: str = "c1", body_hash: str = "h") -> NewCase:
    at = utc(datetime(2026, 11, 24, tzinfo=UTC))
    return NewCase(
        {
            "complaint_id": complaint_id,
            "idempotency_key": None,
            "body_hash": body_hash,
            "registered_at": at,
            "text": "年费",
            "answer": {"n": complaint_id},
        },
        {"predicted_at": at, "model": "m", "category": "card_fees", "confidence": 0.9, "verdict": "auto"}
        | {"secondary": [], "candidates": []},
        {"decided_at": at, "rules": "r", "department": "d", "priority": "P3", "trace": []},
        {"department": "d", "priority": "P3", "confidence": 0.9, "resolution_due": at},
    )


def keep(cases: Cases, new: NewCase) -> Kept:
    with cases.writing() as writing:
        return writing.keep(new)


def work_on(database: Database) -> None:
    """Let a row be in every table."""
    at = utc(datetime(2026, 11, 24, tzinfo=UTC))
    with working(database, "c1") as work:
        said = {"corrected_at": at, "corrected_by": "李", "category": "card_limit", "selection": "correction"}
        number = work.correct({**said, "note": "核实过", "kind": "complaint"})
        work.look({"at": at, "reviewer": "李", "act": "judged", "why": "uncertain", "correction": number})
        told = {"event": "accepted", "happened_at": at, "recorded_at": at, "actor": "张"}
        work.happen({**told, "note": "已受理", "mark": "m"})
        work.log(Act("李", "correct", "c1"))
    Rulebooks(database).take("v", "format = 1", "试行", Act("管", "switch rules"))


def test_migrations_make_the_tables_the_program_uses(database: Database) -> None:
    assert revision(database) == newest_revision()
    there = inspect(database)
    assert set(there.get_table_names()) == {*METADATA.tables, "alembic_version"}
    for name, table in METADATA.tables.items():
        columns = {column["name"]: column["nullable"] for column in there.get_columns(name)}
        assert columns == {column.name: bool(column.nullable) for column in table.columns}


def test_a_current_database_is_opened_without_what_upgrades_it(database_url: str) -> None:
    """Each command and each process would wait for it."""
    said = f"import sys; from api.storage import open_database; open_database({database_url!r}).dispose(); "
    subprocess.run([sys.executable, "-c", said + "sys.exit('alembic' in sys.modules)"], check=True)


def test_opening_again_changes_nothing(database_url: str, cases: Cases) -> None:
    keep(cases, case())
    again = open_database(database_url)
    assert Cases(again).find("c1") is not None
    again.dispose()


@pytest.mark.parametrize("change", ["UPDATE {} SET number = number + 1", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", [table.name for table in APPEND_ONLY])
def test_what_was_said_cannot_be_changed(database: Database, cases: Cases, table: str, change: str) -> None:
    keep(cases, case())
    work_on(database)
    if database.dialect.name == "sqlite":
        change = change.replace("TRUNCATE", "DELETE FROM")
    with pytest.raises(DBAPIError, match=r"append-only|foreign key"), database.begin() as connection:
        connection.exec_driver_sql(change.format(table))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE complaints SET text = 'another'",
        "DELETE FROM complaints",
        "UPDATE corrections SET note = 'another'",
        "UPDATE corrections SET note = NULL, category = 'card_fees'",
        "UPDATE corrections SET note = NULL, kind = 'praise'",
        "UPDATE events SET note = 'another'",
        "UPDATE events SET note = NULL, satisfaction = 5",
        "INSERT OR REPLACE INTO events SELECT * FROM events",
        "INSERT OR REPLACE INTO rulebooks SELECT * FROM rulebooks",
        "INSERT OR REPLACE INTO predictions SELECT * FROM predictions",
        "INSERT OR REPLACE INTO acts SELECT * FROM acts",
        "INSERT OR REPLACE INTO looks SELECT * FROM looks",
        "INSERT OR REPLACE INTO complaints SELECT * FROM complaints",
    ],
)
def test_what_was_sent_changes_only_when_its_person_is_erased(database: Database, cases: Cases, change: str) -> None:
    keep(cases, case())
    work_on(database)
    if database.dialect.name == "postgresql":
        change = change.replace("INSERT OR REPLACE INTO", "TRUNCATE").partition(" SELECT")[0]
    with pytest.raises(DBAPIError, match=r"append-only|foreign key"), database.begin() as connection:
        connection.exec_driver_sql(change)
    assert cases.erase("c1", Act("管", "erase", "c1"))
    kept = cases.find("c1")
    assert kept is not None
    assert kept.complaint["text"] == ""
    assert [(row["note"], row["category"]) for row in kept.corrections] == [(None, "card_limit")]
    assert [(row["note"], row["event"]) for row in kept.events] == [(None, "accepted")]


def test_half_a_case_is_never_kept(cases: Cases) -> None:
    whole = case()
    with pytest.raises(DBAPIError):
        keep(cases, replace(whole, decision={**whole.decision, "department": None}))
    assert cases.find("c1") is None


def test_a_newer_schema_is_left_alone(database: Database, database_url: str) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="newer program"):
        open_database(database_url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://localhost/x", "mysql"),
        ("nonsense", "COMPLAINTS_DATABASE_URL"),
        ("postgresql://bank:secret@127.0.0.1:1/cases", r"bank:\*\*\*@127.0.0.1:1/cases: cannot be opened"),
    ],
)
def test_a_bad_url_is_named_without_its_password(url: str, said: str) -> None:
    with pytest.raises(StorageError, match=said) as caught:
        open_database(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "cases.db").write_text("nothing of the kind" * 100)
    with pytest.raises(StorageError, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path / 'cases.db'}")
