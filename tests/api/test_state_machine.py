"""Intake over HTTP against a model of it in plain Python: whatever is done in whatever order, both say the same."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from api.app import create_app
from api.http_problems import MEDIA_TYPE
from api.service import Service
from api.settings import Settings
from api.storage import Database, open_database
from models import Bundle
from tests.api.intake_model import (
    AMOUNTS_REFUSED,
    FILTERS,
    IDS,
    KEYS,
    NOTES,
    TEXTS,
    WORDS,
    Known,
    bodies,
    corrections,
    filters,
    has,
    limits,
    same,
    some,
)
from tests.conftest import asking

EXAMPLES, STEPS = (200, 50) if os.environ.get("HYPOTHESIS_PROFILE") == "proof" else (15, 20)


def refused(answer: Any, kind: str, status: int) -> None:
    assert answer.headers["content-type"] == MEDIA_TYPE, answer.text
    assert (answer.json()["type"], answer.status_code) == (f"urn:complaints:{kind}", status)


class IntakeMachine(RuleBasedStateMachine):
    """What intake systems, reviewers and the bank's data protection do, one after the other."""

    fresh: ClassVar[Callable[[], Any]]
    """Gives a client of a service with an empty database, and the database."""

    def __init__(self) -> None:
        super().__init__()
        self._opened = self.fresh()
        self.client: TestClient
        self.database: Database
        self.client, self.database = self._opened.__enter__()
        self.cases: list[Known] = []
        self.customers: dict[str, str] = {}

    def teardown(self) -> None:
        try:
            for case in self.cases:
                self._is_as_known(case)
        finally:
            self._opened.__exit__(None, None, None)

    def _send(self, body: dict[str, Any], complaint_id: str | None, key: str | None) -> Any:
        named = body if complaint_id is None else {**body, "complaint_id": complaint_id}
        return self.client.post("/v1/complaints", json=named, headers={} if key is None else {"Idempotency-Key": key})

    def _pick(self, which: int) -> Known:
        return self.cases[which % len(self.cases)]

    # --- taking in

    @rule(body=bodies, complaint_id=st.none() | st.sampled_from(IDS), key=st.none() | st.sampled_from(KEYS))
    def register(self, body: dict[str, Any], complaint_id: str | None, key: str | None) -> None:
        """A complaint with an id, a key, both or neither, of which each may be new, or belong to a case."""
        theirs = [
            case for case in self.cases if case.complaint_id == complaint_id or (key is not None and case.key == key)
        ]
        answer = self._send(body, complaint_id, key)
        if not theirs:
            self._keep(answer, body, complaint_id, key)
        elif len(theirs) == 1 and complaint_id in (None, theirs[0].complaint_id) and same(theirs[0].body, body):
            assert (answer.status_code, answer.text) == (200, theirs[0].answer)
        else:
            refused(answer, "known-complaint", 409)

    @rule(body=bodies)
    def register_without_a_name(self, body: dict[str, Any]) -> None:
        self.register(body, None, None)

    def _keep(self, answer: Any, body: dict[str, Any], complaint_id: str | None, key: str | None) -> None:
        assert answer.status_code == 201, answer.text
        said = answer.json()
        assert complaint_id in (None, said["complaint_id"])
        earlier = {case.complaint_id for case in self.cases}
        assert said["complaint_id"] not in earlier
        assert {case["complaint_id"] for case in said["related"]} <= earlier
        assert said["standing"] == "new" or said["related"]
        self.cases.append(Known(said["complaint_id"], key, body, answer.text, said))

    @precondition(lambda self: self.cases)
    @rule(which=some)
    def repeat(self, which: int) -> None:
        case = self._pick(which)
        answer = self._send(case.body, case.complaint_id, case.key)
        assert (answer.status_code, answer.text) == (200, case.answer)

    @precondition(lambda self: self.cases)
    @rule(which=some)
    def repeat_in_other_words(self, which: int) -> None:
        """The same request, its fields in another order, what it lacks said to be null."""
        case = self._pick(which)
        nothing = dict.fromkeys(("branch", "region", "channel", "received_at"))
        body = {**nothing, **dict(reversed(case.body.items()))}
        body["metadata"] = {**dict.fromkeys(("segment", "referral_no", "amount")), **case.body.get("metadata", {})}
        answer = self._send(body, case.complaint_id, case.key)
        assert (answer.status_code, answer.text) == (200, case.answer)

    @precondition(lambda self: self.cases)
    @rule(which=some, branch=st.sampled_from(["园区支行", "观前支行 "]), by_key=st.booleans())
    def conflict(self, which: int, branch: str, by_key: bool) -> None:
        case = self._pick(which)
        key = case.key if by_key else None
        answer = self._send({**case.body, "branch": branch}, None if key else case.complaint_id, key)
        refused(answer, "known-complaint", 409)

    @rule(body=bodies, text=st.sampled_from(["", " \n\u200b", "长" * 20_001]), complaint_id=st.sampled_from(IDS))
    def register_what_cannot_be_read(self, body: dict[str, Any], text: str, complaint_id: str) -> None:
        answer = self._send({**body, "text": text}, complaint_id, None)
        refused(answer, "empty-text" if len(text) < 10 else "text-too-long", 422)

    @rule(body=bodies, amount=st.sampled_from(AMOUNTS_REFUSED), complaint_id=st.sampled_from(IDS))
    def register_an_amount_no_column_holds(self, body: dict[str, Any], amount: str, complaint_id: str) -> None:
        metadata = {**body.get("metadata", {}), "amount": amount}
        refused(self._send({**body, "metadata": metadata}, complaint_id, None), "invalid-field", 422)

    # --- working on it

    @precondition(lambda self: self.cases)
    @rule(which=some, correction=corrections)
    def correct(self, which: int, correction: dict[str, Any]) -> None:
        case = self._pick(which)
        answer = self.client.post(f"{case.path}/correction", json=correction)
        if case.erased:
            refused(answer, "erased-complaint", 409)
            return
        assert answer.status_code == 201, answer.text
        case.corrections.append(dict(correction))
        self._same(answer.json(), case)

    @precondition(lambda self: self.cases)
    @rule(which=some)
    def correct_to_no_category(self, which: int) -> None:
        answer = self.client.post(f"{self._pick(which).path}/correction", json={"category": "Card_fees", "by": "李"})
        refused(answer, "invalid-field", 422)

    @precondition(lambda self: self.cases)
    @rule(which=some)
    def erase(self, which: int) -> None:
        case = self._pick(which)
        answer = self.client.delete(case.path)
        assert (answer.status_code, answer.content) == (204, b"")
        case.erase()

    @precondition(lambda self: self.cases)
    @rule(which=some)
    def show(self, which: int) -> None:
        self._is_as_known(self._pick(which))

    @rule(complaint_id=st.sampled_from(IDS), correction=corrections)
    def ask_for_what_is_not_there(self, complaint_id: str, correction: dict[str, Any]) -> None:
        if complaint_id in {case.complaint_id for case in self.cases}:
            return
        nowhere = f"/v1/complaints/{quote(complaint_id, safe='')}"
        refused(self.client.get(nowhere), "no-such-complaint", 404)
        refused(self.client.delete(nowhere), "no-such-complaint", 404)
        refused(self.client.post(f"{nowhere}/correction", json=correction), "no-such-complaint", 404)

    @rule(wanted=filters, limit=limits)
    def list_with_filters(self, wanted: dict[str, str], limit: int) -> None:
        self._lists(wanted, limit)

    @precondition(lambda self: self.cases)
    @rule(which=some, names=st.sets(st.sampled_from(list(FILTERS)), min_size=1), limit=limits)
    def list_those_like_one(self, which: int, names: set[str], limit: int) -> None:
        case = self._pick(which).stands
        self._lists({name: value for name in names if (value := case[name]) is not None}, limit)

    @precondition(lambda self: self.cases)
    @rule(which=some, word=some, limit=limits)
    def find_words(self, which: int, word: int, limit: int) -> None:
        """Words, most of them of a case that was sent, in whatever case of letters."""
        likely = [words for words in WORDS if has(self._pick(which).body["text"], words)] or WORDS
        self._lists({"words": likely[word % len(likely)]}, limit)

    @precondition(lambda self: self.cases)
    @rule(since=st.none() | some, until=st.none() | some, limit=limits)
    def list_a_period(self, since: int | None, until: int | None, limit: int) -> None:
        period = {"since": since, "until": until}
        moments = {name: self._pick(one).said["registered_at"] for name, one in period.items() if one is not None}
        self._lists(moments, limit)

    def _lists(self, wanted: dict[str, str], limit: int) -> None:
        listed = [case["complaint_id"] for page in self._pages(wanted, limit) for case in page]
        assert listed == [case.complaint_id for case in reversed(self.cases) if case.fits(wanted)]

    def _pages(self, wanted: dict[str, str], limit: int) -> Iterator[list[dict[str, Any]]]:
        before: dict[str, int] = {}
        while True:
            answer = self.client.get("/v1/complaints", params={**wanted, **before, "limit": limit})
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert len(page["items"]) == limit or page["next"] is None
            yield page["items"]
            if page["next"] is None:
                return
            before = {"before": page["next"]}

    # --- what always holds

    @invariant()
    def the_list_has_every_case_as_it_stands_the_newest_first(self) -> None:
        listed = [case for page in self._pages({}, 200) for case in page]
        assert [case["complaint_id"] for case in listed] == [case.complaint_id for case in reversed(self.cases)]
        for shown, case in zip(listed, reversed(self.cases), strict=True):
            assert (shown["text"], shown["category"]) == (case.text, case.category)
            assert shown["registered_at"] == case.said["registered_at"]
            assert (shown["channel"], shown["region"]) == (case.body.get("channel"), case.body.get("region"))
            assert (shown["verdict"], shown["confidence"]) == (case.said["decision"], case.said["confidence"])
            assert shown["department"] == case.department
            assert case.corrections or shown["priority"] == case.said["priority"]

    @invariant()
    def every_case_has_one_prediction_its_corrections_and_where_they_sent_it(self) -> None:
        said = [(case.complaint_id, case.said) for case in self.cases]
        assert self._read("predictions", "category") == [(name, answer["category"]["code"]) for name, answer in said]
        decisions = self._read("decisions", "department")
        first = dict(reversed(decisions))
        assert first == {name: answer["department"]["code"] for name, answer in said}
        assert dict(decisions) == {case.complaint_id: case.department for case in self.cases}
        assert sorted(self._read("corrections", "category")) == sorted(
            (case.complaint_id, correction["category"]) for case in self.cases for correction in case.corrections
        )

    def _read(self, table: str, column: str) -> list[tuple[str, str]]:
        query = f"SELECT c.complaint_id, t.{column} FROM complaints c JOIN {table} t ON t.complaint = c.number"
        with self.database.connect() as connection:
            return [(row[0], row[1]) for row in connection.exec_driver_sql(f"{query} ORDER BY c.number, t.number")]

    @invariant()
    def of_the_erased_nothing_personal_is_kept(self) -> None:
        columns = "text, raw_text, customer_key, referral_no, amount, band_0"
        query = f"SELECT complaint_id, {columns} FROM complaints WHERE erased_at IS NOT NULL ORDER BY number"
        with self.database.connect() as connection:
            rows = [tuple(row) for row in connection.exec_driver_sql(query)]
        assert rows == [(case.complaint_id, "", *[None] * 5) for case in self.cases if case.erased]

    @invariant()
    def training_reads_the_last_correction_of_every_case_that_is_not_erased(self) -> None:
        query = "SELECT complaint_id, text, label, labelled_by, selection, channel FROM labelled_history"
        with self.database.connect() as connection:
            labelled = sorted(tuple(row) for row in connection.exec_driver_sql(query))
        assert labelled == sorted(
            (
                case.complaint_id,
                case.text,
                case.category,
                case.corrections[-1].get("by", "本机 this machine"),
                "uncertain" if case.said["decision"] == "review" and len(case.corrections) == 1 else "correction",
                case.body.get("channel"),
            )
            for case in self.cases
            if case.corrections and not case.erased
        )

    def _is_as_known(self, case: Known) -> None:
        answer = self.client.get(case.path)
        assert answer.status_code == 200, answer.text
        self._same(answer.json(), case)

    def _same(self, shown: dict[str, Any], case: Known) -> None:
        """Whether a record is that of the model's case."""
        sent, metadata = case.body, case.body.get("metadata", {})
        assert shown["complaint_id"] == case.complaint_id
        assert shown["registered_at"] == case.said["registered_at"]
        assert (shown["text"], shown["raw_text"]) == (case.text, None)
        assert [shown[name] for name in ("channel", "region", "branch")] == [
            sent.get(name) for name in ("channel", "region", "branch")
        ]
        assert (shown["received_at"] is None) == ("received_at" not in sent)
        assert shown["received_at"] in (None, "2026-11-24T01:30:00Z", "2000-02-29T00:00:00Z")
        assert (shown["erased_at"] is not None) == case.erased
        assert shown["product"] == {"13800138000": "*" * 11}.get(metadata.get("product"), metadata.get("product"))
        assert shown["referral_no"] == (None if case.erased else metadata.get("referral_no"))
        assert (shown["amount"] is None) == (case.erased or "amount" not in metadata)
        customer = None if case.erased else metadata.get("customer_key")
        assert (shown["customer_key"] is None) == (customer is None)
        if customer is not None:
            assert shown["customer_key"] == self.customers.setdefault(customer, shown["customer_key"])
            assert len(set(self.customers.values())) == len(self.customers)
        (prediction,) = shown["predictions"]
        decision, *again = shown["decisions"]
        assert {later["reason"] for later in again} <= {"corrected"}
        assert shown["decisions"][-1]["department"] == case.department
        said = case.said
        assert (prediction["model"], prediction["category"]) == (said["model"], said["category"]["code"])
        assert (prediction["verdict"], prediction["confidence"]) == (said["decision"], said["confidence"])
        assert (decision["department"], decision["trace"]) == (said["department"]["code"], said["trace"])
        assert (decision["standing"], decision["related"]) == (said["standing"], said["related"])
        assert [(c["category"], c["corrected_by"], c["note"]) for c in shown["corrections"]] == [
            (c["category"], c.get("by", "本机 this machine"), NOTES.get(c.get("note"))) for c in case.corrections
        ]


def sqlite(bundle: Bundle, folder: Path) -> Callable[[], Any]:
    """Services, each with a database file of its own."""
    empty = folder / "empty.db"
    open_database(f"sqlite:///{empty}").dispose()
    numbers = itertools.count()

    @contextmanager
    def fresh() -> Iterator[tuple[TestClient, Database]]:
        file = folder / f"{next(numbers)}.db"
        copyfile(empty, file)
        app = create_app(Service(bundle), Settings(data=folder, database_url=f"sqlite:///{file}", review_sample=0))
        with asking(app) as client:
            yield client, app.state.database
        for rest in folder.glob(f"{file.name}*"):
            rest.unlink()

    return fresh


def postgresql(client: TestClient, database: Database) -> Callable[[], Any]:
    """The one service, its database emptied each time."""

    @contextmanager
    def fresh() -> Iterator[tuple[TestClient, Database]]:
        with database.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # no triggers
            connection.exec_driver_sql("TRUNCATE complaints, jobs, acts RESTART IDENTITY CASCADE")
        yield client, database

    return fresh


@pytest.fixture
def fresh(database_url: str, bundle: Bundle, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Opens a service with an empty case database, as often as it is called."""
    if database_url.startswith("sqlite"):
        yield sqlite(bundle, tmp_path)
        return
    app = create_app(Service(bundle), Settings(data=tmp_path, database_url=database_url, review_sample=0))
    with asking(app) as client:
        yield postgresql(client, app.state.database)


def test_intake_does_what_its_model_does(fresh: Callable[[], Any]) -> None:
    machine = type("Machine", (IntakeMachine,), {"fresh": staticmethod(fresh)})
    run_state_machine_as_test(machine, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS))


def test_words_are_found_as_the_model_finds_them(fresh: Callable[[], Any]) -> None:
    kept = {sent: TEXTS[sent] or sent for sent in TEXTS}
    with fresh() as (client, _):
        for sent in kept:
            client.post("/v1/complaints", json={"text": sent})
        found = {
            words: {case["text"] for case in client.get("/v1/complaints", params={"words": words}).json()["items"]}
            for words in WORDS
        }
    assert found == {words: {text for text in kept.values() if has(text, words)} for words in WORDS}
