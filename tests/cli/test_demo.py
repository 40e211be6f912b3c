"""A quarter of a bank that does not exist: alive, whole, the same each time, and never in place of real data."""

from __future__ import annotations

import os
import random
import resource
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import RowMapping, select
from typer.testing import CliRunner

from api.app import create_app
from api.cases import CaseOut
from api.clock import stopped_at
from api.life import Life
from api.service import Service
from api.settings import Settings
from api.storage import Cases, Database, Jobs, Reviews, Rulebooks, open_database, utc
from api.storage.schema import COMPLAINTS, CORRECTIONS, DECISIONS, EVENTS, STATES
from classifier.deadlines import CHINA
from classifier.errors import StorageError
from cli.demo import quarter
from cli.demo.arrivals import first_day, outage
from cli.demo.bank import EAST
from cli.demo.folder import MARK, new_folder
from cli.demo.quarter import CHIEF, REVIEWERS, TAKER, Person, fill
from cli.main import app
from models import Bundle, Registry
from tests.conftest import asking

UNTIL = datetime(2026, 11, 24, 10, 30, tzinfo=CHINA)
SIZE = 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "data"
    new_folder(folder, 1)
    return folder


@pytest.fixture(scope="module")
def keys(folder: Path, store: Path) -> dict[Person, str]:
    return fill(folder, Registry(store), UNTIL, size=SIZE, seed=1)


@pytest.fixture(scope="module")
def database(folder: Path, keys: dict[Person, str]) -> Database:
    return open_database(Settings(data=folder).cases)


def rows(database: Database, table: object) -> Sequence[RowMapping]:
    with database.connect() as connection:
        return connection.execute(select(table)).mappings().all()  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def records(database: Database) -> list[CaseOut]:
    """The whole record of every case, as of the quarter's last moment."""
    cases = Cases(database)
    with stopped_at(UNTIL):
        found = [cases.find(row["complaint_id"]) for row in rows(database, COMPLAINTS)]
        return [CaseOut.of(case) for case in found if case]


def test_it_has_as_many_cases_as_asked_for_all_of_the_quarter(records: list[CaseOut]) -> None:
    assert SIZE * 0.95 < len(records) <= SIZE
    begin = datetime.combine(first_day(UNTIL), datetime.min.time(), CHINA)
    assert all(begin <= record.registered_at <= UNTIL for record in records)
    assert len({record.registered_at.astimezone(CHINA).date() for record in records}) > 75
    assert {"hotline", "app", "web", "branch"} <= {record.channel for record in records}
    assert Counter(record.text for record in records).most_common()[0][1] <= 3


def test_offices_are_shut_at_night_and_on_sundays(records: list[CaseOut]) -> None:
    there = [record.registered_at.astimezone(CHINA) for record in records if record.channel == "branch"]
    assert all(
        moment.isoweekday() < 7 or moment.month in (9, 10) for moment in there
    )  # Sundays were worked for holidays
    assert all(9 <= moment.hour < 18 for moment in there)


def test_one_morning_the_app_failed(records: list[CaseOut]) -> None:
    begun = outage(UNTIL)

    def faults(morning: datetime) -> int:
        return sum(
            record.predictions[0].category in ("mobile_banking", "online_banking")
            and record.region in EAST
            and morning <= record.registered_at < morning + timedelta(hours=3)
            for record in records
        )

    assert faults(begun) >= SIZE * 0.02
    assert max(faults(begun + timedelta(days=days)) for days in range(-40, 40) if days) < faults(begun) / 2


def test_in_the_middle_the_rules_were_switched_and_cases_went_another_way(
    database: Database, records: list[CaseOut]
) -> None:
    new, old = Rulebooks(database).all()
    assert (new["taken_by"], new["version"] != old["version"]) == (CHIEF.name, True)
    assert "手机银行故障" in new["reason"]
    for record in records:
        first = record.decisions[0]
        assert first.rules == (new if utc(record.registered_at) >= new["taken_at"] else old)["version"]
    queues = {(decision["rules"], decision["queue"]) for decision in rows(database, DECISIONS)}
    assert (new["version"], "incident") in queues
    assert (old["version"], "incident") not in queues


def test_nothing_happens_before_its_time_or_out_of_order(records: list[CaseOut]) -> None:
    for record in records:
        events = [event.model_dump() for event in record.events]
        Life.of(events)  # raises where one cannot follow the other
        for event in record.events:
            assert record.registered_at <= event.happened_at <= event.recorded_at <= UNTIL
        first = {event.event: event.happened_at for event in reversed(record.events)}
        if "first_response" in first:
            assert first["accepted"] <= first["first_response"]
        for said in (*record.decisions[1:], *record.corrections):
            at = said.decided_at if hasattr(said, "decided_at") else said.corrected_at
            assert record.registered_at <= at <= UNTIL


def test_deadlines_are_mostly_met_and_some_missed(records: list[CaseOut]) -> None:
    first = Counter(record.first_response.state for record in records if record.first_response)
    last = Counter(record.resolution.state for record in records if record.resolution)
    for states in (first, last):
        assert states["met"] > 10 * states["missed"] > 0
    assert last["running"] >= 5
    assert {record.status for record in records} >= {"accepted", "answered", "resolved", "withdrawn"}


def test_all_that_can_happen_does(database: Database) -> None:
    happened = {row["event"] for row in rows(database, EVENTS)}
    assert happened >= {"accepted", "first_response", "extended", "resolved", "withdrawn", "reopened", "followed_up"}
    assert happened >= {"first_response_near", "first_response_breached", "resolution_near", "resolution_breached"}
    assert "returned" in happened


def test_the_model_is_as_sure_and_as_right_as_its_training_says(database: Database, bundle: Bundle) -> None:
    sure = sum(row["verdict"] == "auto" for row in rows(database, STATES)) / SIZE
    assert 0.6 < sure < 0.9
    said = {row["complaint"]: row["category"] for row in rows(database, CORRECTIONS)}
    assert len(said) > 30


def test_two_reviewers_have_worked_and_left_some_cases_to_look_at(database: Database, records: list[CaseOut]) -> None:
    by = Counter(
        said.corrected_by for record in records for said in record.corrections if said.selection == "uncertain"
    )
    assert all(by[reviewer.name] > 10 for reviewer in REVIEWERS)
    assert {said.selection for record in records for said in record.corrections} >= {"uncertain", "sample"}
    waiting = Reviews(database).waiting(100)
    assert 1 <= len(waiting) < SIZE / 10
    assert all(row["registered_at"] > utc(UNTIL - timedelta(days=4)) for row in waiting)


def test_some_files_were_read_and_one_could_not_be(database: Database) -> None:
    jobs = list(reversed(Jobs(database).newest(TAKER.name, 10)))
    assert [job["status"] for job in jobs] == ["done", "done", "done", "failed"]
    assert all(job["rows_done"] == job["rows_total"] > 0 for job in jobs[:3])


def test_the_keys_open_what_their_owners_may_do(folder: Path, keys: dict[Person, str], bundle: Bundle) -> None:
    with stopped_at(UNTIL), asking(create_app(Service(bundle), Settings(data=folder))) as client:
        for person, key in keys.items():
            answer = client.get("/v1/complaints", headers={"authorization": f"Bearer {key}"})
            assert answer.status_code == (403 if person.scope == "intake" else 200), person


def test_the_same_quarter_comes_again_and_leaves_its_process_as_it_was(store: Path, tmp_path: Path) -> None:
    before = random.getstate(), resource.getrlimit(resource.RLIMIT_DATA), datetime.now(UTC)

    def told(name: str) -> list[object]:
        folder = tmp_path / name
        new_folder(folder, 7)
        fill(folder, Registry(store), UNTIL, size=80, seed=7)
        again = open_database(Settings(data=folder).cases)
        said = [[dict(row) for row in rows(again, table)] for table in (COMPLAINTS, DECISIONS, CORRECTIONS, EVENTS)]
        again.dispose()
        return said

    assert told("one") == told("two")
    assert (random.getstate(), resource.getrlimit(resource.RLIMIT_DATA)) == before[:2]


def test_a_folder_that_is_no_demo_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "cases.db").write_text("the bank's own")
    with pytest.raises(StorageError, match="no demo"):
        new_folder(tmp_path, 1)
    assert (tmp_path / "cases.db").read_text() == "the bank's own"


def test_a_demo_is_made_anew(tmp_path: Path) -> None:
    new_folder(tmp_path / "demo", 1)
    (tmp_path / "demo" / "cases.db").write_text("of yesterday")
    new_folder(tmp_path / "demo", 1)
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {MARK, "secret.key"}


@pytest.fixture
def typed(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Typed beside a real service, whose settings are in the environment."""
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", str(store))
    monkeypatch.setenv("COMPLAINTS_DATA", str(tmp_path / "real"))
    monkeypatch.setenv("COMPLAINTS_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/real")
    monkeypatch.setenv("COMPLAINTS_HOST", "0.0.0.0")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return CliRunner()


def test_the_command_fills_a_folder_names_the_keys_and_serves(
    typed: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[list[str]] = []
    monkeypatch.setattr(quarter, "fill", partial(fill, size=40))
    monkeypatch.setattr(os, "execv", lambda _, arguments: served.append(arguments))
    done = typed.invoke(app, ["demo", "--port", "8139", "--folder", str(tmp_path / "demo")])
    assert done.exit_code == 0, done.output
    assert "http://127.0.0.1:8139/console/" in done.output
    assert done.output.count("cpl_") == 5
    assert all(reviewer.name in done.output for reviewer in REVIEWERS)
    assert served[0][-4:] == ["cli", "serve", "--port", "8139"]
    assert {name: value for name, value in os.environ.items() if name.startswith("COMPLAINTS_")} == {
        "COMPLAINTS_MODEL_STORE": os.environ["COMPLAINTS_MODEL_STORE"],
        "COMPLAINTS_DATA": str(tmp_path / "demo"),
    }
    assert (tmp_path / "demo" / "cases.db").exists()
    assert not (tmp_path / "real").exists()


def test_the_command_keeps_off_a_folder_of_somebody_else(typed: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = typed.invoke(app, ["demo", "--folder", str(tmp_path)])
    assert done.exit_code == 2
    assert "no demo" in done.output
    assert (tmp_path / "notes.txt").read_text() == "mine"
