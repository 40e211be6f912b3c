"""What is counted: a row for each case that always says what the view that defines it says."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text

from api.storage import Act, Cases, Database, NewCase, open_database, utc, working
from api.storage.schema import PREDICTIONS

NOON = utc(datetime(2026, 11, 24, 4, tzinfo=UTC))
NUMBERS = itertools.count()
CODES = ["card_fees", "mobile_banking", "other"]
DEPARTMENTS = ["credit_card_center", "digital_banking", "triage"]
EVENTS = ["accepted", "first_response_breached", "resolution_breached", "reopened", "resolved", "first_response"]


def new(complaint_id: str, at: datetime, code: str, department: str, **known: Any) -> NewCase:
    complaint = {"complaint_id": complaint_id, "idempotency_key": None, "body_hash": "h", "registered_at": at}
    return NewCase(
        {**complaint, "text": "年费", "answer": {}, **known},
        {"predicted_at": at, "model": "m", "category": code, "confidence": 0.9, "verdict": "auto"}
        | {"secondary": [], "candidates": []},
        {"decided_at": at, "rules": "r", "department": department, "priority": "P3", "trace": []},
        {"department": department, "priority": "P3", "confidence": 0.9, "resolution_due": at},
    )


def both(database: Database) -> tuple[list[Any], list[Any]]:
    """The table, and the view."""
    with database.connect() as connection:
        return tuple(  # type: ignore[return-value]
            [dict(row) for row in connection.execute(text(f"SELECT * FROM {name} ORDER BY complaint")).mappings()]
            for name in ("case_facts", "case_facts_defined")
        )


acts = st.lists(
    st.tuples(
        st.sampled_from(["keep", "correct", "decide", "happen", "predict", "erase"]),
        st.sampled_from(CODES),
        st.sampled_from(DEPARTMENTS),
        st.sampled_from(EVENTS),
        st.sampled_from([None, "贷款", "praise"]),
        st.integers(0, 60 * 24 * 40),
    ),
    max_size=14,
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
@given(acts=acts)
def test_whatever_happens_to_cases_their_facts_are_as_defined(
    shared: dict[str, Database], kind: str, acts: list[Any]
) -> None:
    database = shared[kind]
    known: list[str] = []
    first = ("keep", "card_fees", "triage", "", None, 0)
    for number, (act, code, department, event, facet, minutes) in enumerate([first, *acts]):
        at = NOON + timedelta(minutes=minutes)
        complaint_id = f"c-{next(NUMBERS)}-{number}"
        if act == "keep":
            with Cases(database).writing() as writing:
                received = at - timedelta(hours=5) if facet else None
                writing.keep(new(complaint_id, at, code, department, region=facet, received_at=received))
            known.append(complaint_id)
        elif act == "erase" and known:
            Cases(database).erase(known.pop(), Act("管", "erase"))
        elif act == "predict":
            with database.begin() as connection:
                last = connection.execute(text("SELECT MAX(number) FROM complaints")).scalar_one()
                row = {"complaint": last, "predicted_at": at, "model": "n", "category": code, "confidence": 0.5}
                connection.execute(insert(PREDICTIONS), row | {"verdict": "review", "secondary": [], "candidates": []})
        elif known:
            with working(database, known[-1]) as work:
                if act == "correct":
                    said = {"corrected_at": at, "corrected_by": "李", "category": code, "selection": "sample"}
                    work.correct({**said, "kind": facet, "business": facet, "business_channel": facet})
                elif act == "decide":
                    where = {"department": department, "priority": "P1"}
                    work.decide({"decided_at": at, "rules": "r", "trace": [], **where})
                elif act == "happen":
                    told = {"event": event, "happened_at": at, "recorded_at": at, "actor": "张"}
                    work.happen({**told, "mark": f"{complaint_id}-{event}-{minutes}"})
        facts, defined = both(database)
        assert facts == defined


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Any:
    """A database of each kind, which all examples share; PostgreSQL's is made when it is asked for."""
    return _Shared(tmp_path_factory, request)


class _Shared(dict[str, Database]):
    def __init__(self, folders: pytest.TempPathFactory, request: pytest.FixtureRequest) -> None:
        super().__init__()
        self._folders, self._request = folders, request

    def __missing__(self, kind: str) -> Database:
        if kind == "sqlite":
            url = f"sqlite:///{self._folders.mktemp('facts') / 'cases.db'}"
        else:
            url = self._request.getfixturevalue("postgres_cluster").new_database()
        database = self[kind] = open_database(url)
        self._request.addfinalizer(database.dispose)
        return database


def test_a_day_and_an_hour_are_chinas(database: Database) -> None:
    with Cases(database).writing() as writing:
        writing.keep(new("c1", utc(datetime(2026, 11, 24, 16, 30, tzinfo=UTC)), "other", "triage"))
    ((fact,), _) = both(database)
    assert (str(fact["day"]), fact["hour"]) == ("2026-11-25", 0)
