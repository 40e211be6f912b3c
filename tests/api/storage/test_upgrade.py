"""The schema of every earlier program, with a case in it, brought up to date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from api.app import create_app
from api.privacy import load_key
from api.service import Service
from api.settings import Settings
from api.storage.database import _engine, open_database
from api.storage.upgrade import _config, newest_revision, revision
from classifier.fingerprint import fingerprint, shingles
from models import Bundle
from tests.api.conftest import Cluster
from tests.conftest import asking

TEXT = "信用卡年费说好刷满六次就免，现在又扣了我三百元年费，打客服说系统自动扣的，要求退还年费。"
OLD = [r.revision for r in ScriptDirectory.from_config(_config()).walk_revisions()][::-1][:-1]

# Statements as the program of that revision left them; what a later revision adds is not in them.
CASE = {
    "0001": [
        "INSERT INTO complaints (number, complaint_id, body_hash, registered_at, text, channel, answer) "
        "VALUES (1, 'old', 'h', :now, :text, 'hotline', :answer)",
        "INSERT INTO predictions (number, complaint, predicted_at, model, category, confidence, verdict, secondary, "
        "candidates) VALUES (1, 1, :now, 'm', 'card_fees', 0.9, 'auto', '[]', '[[\"card_fees\", 0.9]]')",
        "INSERT INTO decisions (number, complaint, decided_at, rules, department, priority, trace) "
        "VALUES (1, 1, :now, 'r', 'credit_card_center', 'P3', '[]')",
        "INSERT INTO corrections (number, complaint, corrected_at, corrected_by, category, selection) "
        "VALUES (1, 1, :now, '李', 'card_limit', 'correction')",
    ],
    "0002": [
        "UPDATE complaints SET registered_by = '热线系统', request_id = 'r', band_0 = :b0, band_1 = :b1, "
        "band_2 = :b2, band_3 = :b3, band_4 = :b4, band_5 = :b5"
    ],
    "0003": [
        "INSERT INTO jobs (number, job_id, created_at, owner, file_hash, bytes, status, deaths, rows_done, rows_known, "
        "rows_failed) "
        "VALUES (1, '0123456789abcdef0123456789abcdef', :now, '本机 this machine', 'f', 9, 'done', 0, 1, 0, 0)",
        "INSERT INTO job_rows (job, row, line, complaint) VALUES (1, 0, 2, 1)",
    ],
    "0004": [
        "INSERT INTO acts (at, owner, act, subject) VALUES (:now, '李', 'correct', 'old')",
    ],
    "0005": [
        "INSERT INTO events (complaint, event, happened_at, recorded_at, actor, mark) "
        "VALUES (1, 'accepted', :now, :now, '张', 'm')",
    ],
    "0006": ["UPDATE open_cases SET review = 'sample'"],
    "0007": [
        "INSERT INTO webhooks (webhook_id, department, url, generation, created_at) "
        "VALUES ('w', 'credit_card_center', 'https://desk.bank.example/', 1, :now)",
    ],
    "0008": [],  # a session has a key, and once there is one these tests would need it
    "0009": [],
    "0010": [],
    "0011": [],
    "0012": [],
    "0013": ["UPDATE job_rows SET sent_id = '流水-1'"],
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module", params=OLD)
def old_database(request: pytest.FixtureRequest, kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database as the program of an earlier revision left it."""
    cluster: Cluster | None = None
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('old') / 'cases.db'}"
    else:
        cluster = request.getfixturevalue("postgres_cluster")
        url = cluster.new_database()
    engine = _engine(url)
    config = _config()
    values = {"now": datetime.now(UTC).replace(tzinfo=None), "text": TEXT, "answer": json.dumps({"first": "answer"})}
    values |= {f"b{number}": band for number, band in enumerate(fingerprint(shingles(TEXT)))}
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        for name in (name for name in OLD if name <= request.param):
            command.upgrade(config, name)
            for statement in CASE[name]:
                connection.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
        if engine.dialect.name == "postgresql":  # numbers were given here, not drawn
            for table in ("complaints", "predictions", "decisions", "corrections"):
                connection.execute(text(f"SELECT setval('{table}_number_seq', 1)"))
    engine.dispose()
    yield url
    if cluster:
        cluster.drop(url)


@pytest.fixture(scope="module")
def upgraded(old_database: str, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    data = tmp_path_factory.mktemp("data")
    settings = Settings(data=data, database_url=old_database)
    load_key(data / "secret.key", make=True)  # it was there
    with asking(create_app(Service(bundle), settings)) as client:
        yield client


def test_a_revision_is_a_file_named_after_its_number() -> None:
    """By the names alone it is told whether a schema is current."""
    revisions = list(ScriptDirectory.from_config(_config()).walk_revisions())[::-1]
    assert [Path(one.path).name.partition("_")[0] for one in revisions] == sorted(one.revision for one in revisions)


def test_every_earlier_revision_has_a_case_here() -> None:
    assert list(CASE) == OLD


def test_an_old_case_keeps_all_that_was_said_of_it(upgraded: TestClient, old_database: str) -> None:
    database = open_database(old_database)
    assert revision(database) == newest_revision()
    database.dispose()
    case = upgraded.get("/v1/complaints/old").json()
    assert (case["text"], case["channel"]) == (TEXT, "hotline")
    assert [p["category"] for p in case["predictions"]] == ["card_fees"]
    assert [d["department"] for d in case["decisions"]] == ["credit_card_center"]
    assert [c["category"] for c in case["corrections"]] == ["card_limit"]


def test_a_new_case_finds_the_old_one_of_its_matter(upgraded: TestClient) -> None:
    answer = upgraded.post("/v1/complaints", json={"text": TEXT + "快点处理"})
    assert answer.status_code == 201
    assert answer.json()["standing"] == "repeat"
    assert [case["complaint_id"] for case in answer.json()["related"]] == ["old"]


def test_what_was_said_before_cannot_be_changed_after(upgraded: TestClient, old_database: str) -> None:
    engine = create_engine(old_database.replace("postgresql:", "postgresql+psycopg:"))
    for table in ("predictions", "decisions", "corrections"):
        with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
            connection.execute(text(f"UPDATE {table} SET number = number + 1"))
    engine.dispose()


def test_an_old_case_is_counted_as_it_stands(upgraded: TestClient, old_database: str) -> None:
    database = open_database(old_database)
    with database.connect() as connection:
        asked = "SELECT * FROM {} ORDER BY complaint"
        facts, defined = (
            [dict(row) for row in connection.execute(text(asked.format(name))).mappings()]
            for name in ("case_facts", "case_facts_defined")
        )
    database.dispose()
    assert facts == defined
    fact = facts[0]
    assert (fact["predicted"], fact["category"], bool(fact["looked_at"])) == ("card_fees", "card_limit", True)
