"""A new model, live: a running process takes up what is promoted, whole or not at all."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.live import Live
from api.rules import Rules
from api.service import Service
from api.settings import Settings
from api.storage import Act, open_database
from classifier import Tokenizer
from classifier.routing import BUNDLED as RULES
from classifier.taxonomy import BUNDLED as TAXONOMY
from models import Bundle, Registry
from tests.api.copies import PREFIX, damage, keep, renamed
from tests.conftest import asking

TEXT = "信用卡年费说好刷满六次就免，现在又扣了我300元，要求退还年费。"
BOOK = RULES.read_text(encoding="utf-8")
ALL_TO_OPERATIONS = BOOK.replace('then.department = "@category"', 'then.department = "operations"')
OTHER_ONLY = f"""format = 1
one_level_up = {{ "*" = "triage" }}

[[rule]]
name = "其他"
why = "不急"
when.category = ["{PREFIX}other"]
then.priority = "P4"

[[rule]]
name = "全部"
why = "先由投诉受理中心分拣"
then.department = "triage"
then.queue = "standard"
then.priority = "P3"
then.first_response = {{ minutes = 1440 }}
then.resolution = {{ working_days = 15 }}
then.conflict_of_interest = "one_level_up"
"""
SOON = 5.0
"""Seconds within which a process has to take up what is promoted."""


@pytest.fixture
def registry(bundle: Bundle, store: Path, tmp_path: Path) -> Registry:
    """Two kept models, of which the first serves."""
    registry = Registry(tmp_path / "store")
    for name in ("m1", "m2"):
        keep(registry, store / bundle.manifest.version, name)
    return registry


@pytest.fixture
def foreign(registry: Registry) -> Registry:
    """The same, and a model with other categories."""
    keep(registry, registry.store / "m1", "foreign", renamed)
    return registry


@contextmanager
def serving(registry: Registry, version: str | None = None, **settings: Any) -> Iterator[TestClient]:
    """A service that follows a store; by default it begins with the champion."""
    set_ = Settings(data=registry.store.parent, review_sample=0, **settings)
    with asking(create_app(Service(registry.load(version), set_.taxonomy), set_, registry)) as client:
        yield client


def model(client: TestClient) -> str:
    return str(client.get("/v1/model").json()["version"])


def refused(client: TestClient) -> Any:
    """The model that is not taken up, of a service that is ready nevertheless."""
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    return answer.json()["refused"]


def soon(what: Callable[[], object]) -> None:
    """Wait until it is so."""
    until = time.monotonic() + SOON
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


# --- taken up


def test_a_promoted_model_answers_soon_and_after_a_rollback_the_one_before(registry: Registry) -> None:
    with serving(registry) as client:
        assert model(client) == "m1"
        registry.promote("m2", reason="better", force=True)
        soon(lambda: model(client) == "m2")
        said = client.post("/v1/complaints", json={"text": TEXT, "complaint_id": "c1"}).json()
        assert said["model"] == client.get("/health/ready").json()["model"] == "m2"
        assert registry.rollback(reason="疑似误分") == "m1"
        soon(lambda: model(client) == "m1")
        assert client.post("/v1/classify", json={"text": TEXT}).json()["model"] == "m1"
        assert client.get("/v1/complaints/c1").json()["predictions"][0]["model"] == "m2"
        assert 'complaints_models_taken_up_total{model="m2"}' in client.get("/metrics").text


def test_what_was_promoted_while_a_process_started_is_taken_up(registry: Registry) -> None:
    registry.promote("m2", reason="better", force=True)
    with serving(registry, "m1") as client:
        soon(lambda: model(client) == "m2")


def test_the_banks_own_names_stay_and_the_rules_in_force_too(registry: Registry, tmp_path: Path) -> None:
    own = tmp_path / "bank.toml"
    own.write_text(TAXONOMY.read_text(encoding="utf-8").replace("运营管理部", "运营部"), encoding="utf-8")
    with serving(registry, taxonomy=own) as client:
        client.post("/v1/rules", json={"text": ALL_TO_OPERATIONS, "reason": "试行"})
        before = client.post("/v1/classify", json={"text": TEXT}).json()
        registry.promote("m2", reason="better", force=True)
        soon(lambda: model(client) == "m2")
        after = client.post("/v1/classify", json={"text": TEXT}).json()
    assert after["department"] == before["department"]
    assert after["department"]["code"] == "operations"
    assert after["rules"] == before["rules"]


def test_a_model_with_other_categories_brings_its_taxonomy(foreign: Registry) -> None:
    with serving(foreign) as client:
        foreign.promote("foreign", reason="our own categories", force=True)
        soon(lambda: model(client) == "foreign")
        assert client.post("/v1/classify", json={"text": TEXT}).json()["category"]["code"] == f"{PREFIX}card_fees"
        assert all(one["code"].startswith(PREFIX) for one in client.get("/v1/categories").json()["categories"])


def test_a_case_of_a_category_that_is_no_more_can_still_be_worked_on(foreign: Registry) -> None:
    with serving(foreign) as client:
        for name in ("reopened", "corrected", "returned"):
            client.post("/v1/complaints", json={"text": f"{TEXT}{name}", "complaint_id": name})
        foreign.promote("foreign", reason="our own categories", force=True)
        soon(lambda: model(client) == "foreign")
        path = "/v1/complaints"
        assert client.post(f"{path}/reopened/events", json={"event": "resolved"}).status_code == 201
        reopened = client.post(f"{path}/reopened/events", json={"event": "reopened"})
        corrected = client.post(f"{path}/corrected/correction", json={"category": f"{PREFIX}card_limit"})
        returned = client.post(f"{path}/returned/return", json={"note": "不归我们"})
        for answer in (reopened, corrected, returned):
            assert answer.status_code == 201, answer.text
        assert [answer.json()["decisions"][-1]["department"] for answer in (corrected, returned)] == [
            "credit_card_center",
            "triage",
        ]


def test_no_answer_is_of_two_models(foreign: Registry) -> None:
    """While models of different categories take turns, every answer is of one of them alone."""
    bundles = [foreign.load("m1"), foreign.load("foreign")]
    service = Service(bundles[0])
    stop = threading.Event()

    def take_turns() -> None:
        turn = 0
        while not stop.wait(0.01):
            turn += 1
            service.take_up(bundles[turn % 2])

    seen = set()
    turning = threading.Thread(target=take_turns)
    with asking(create_app(service, Settings(data=foreign.store.parent, review_sample=0))) as client:
        turning.start()
        for n in range(20):
            batch = client.post("/v1/classify/batch", json={"items": [{"text": f"{TEXT}{n}"}] * 30}).json()
            kept = client.post("/v1/complaints", json={"text": f"{TEXT}{n}"}).json()
            known = client.get("/v1/categories").json()
            answers = [(batch["model"], item["result"]["model"], item["result"]["category"]) for item in batch["items"]]
            answers.append((kept["model"], kept["model"], kept["category"]))
            answers += [(known["model"], known["model"], category) for category in known["categories"]]
            for whole, one, category in answers:
                assert whole == one
                assert category["code"].startswith(PREFIX) == (one == "foreign")
                seen.add(one)
        stop.set()
        turning.join()
    assert seen == {"m1", "foreign"}


# --- not taken up


def lose(registry: Registry, version: str) -> None:
    (registry.store / version / "vocabulary.json").unlink()


def rewrite(registry: Registry, version: str) -> None:
    path = registry.store / version / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"auto', '"otto'), encoding="utf-8")


def remove(registry: Registry, version: str) -> None:
    shutil.rmtree(registry.store / version)


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (damage, "m2/weights.npy: was changed: its SHA-256 is not the manifest's."),
        (lose, "m2/vocabulary.json: is missing."),
        (rewrite, "m2/manifest.json: was changed after it was kept."),
        (remove, "m2/manifest.json: there is no such model."),
    ],
)
def test_a_model_that_fails_a_check_is_not_taken_up_and_said_once(
    registry: Registry, spoil: Callable[[Registry, str], None], problem: str
) -> None:
    registry.promote("m2", reason="better", force=True)
    spoil(registry, "m2")
    with capture_logs() as logs, serving(registry, "m1") as client:
        soon(lambda: refused(client))
        assert refused(client)["version"] == "m2"
        assert refused(client)["problem"].startswith(problem)
        assert client.post("/v1/classify", json={"text": TEXT}).json()["model"] == "m1"
        registry.compared("m1", "m2", verdict="not_worse", reason="the history has one more line: tried again")
        time.sleep(2.5)
        assert (model(client), refused(client)["version"]) == ("m1", "m2")
    (line,) = [line for line in logs if line["event"] == "model not taken up"]
    assert (line["log_level"], line["version"]) == ("error", "m2")
    assert line["problem"].startswith(problem)


def test_a_mended_one_is_taken_up_with_the_next_line_of_the_history(registry: Registry) -> None:
    registry.promote("m2", reason="better", force=True)
    damage(registry, "m2")
    with serving(registry, "m1") as client:
        soon(lambda: refused(client))
        damage(registry, "m2")  # once more: as it was
        registry.promote("m2", reason="brought back from a backup", force=True)
        soon(lambda: model(client) == "m2")
        assert refused(client) is None


def test_once_the_model_that_serves_is_the_champion_again_nothing_is_refused(registry: Registry) -> None:
    registry.promote("m2", reason="better", force=True)
    damage(registry, "m2")
    with serving(registry, "m1") as client:
        soon(lambda: refused(client))
        registry.rollback(reason="m2 is broken")
        soon(lambda: refused(client) is None)
        assert model(client) == "m1"


def test_a_machine_that_cuts_words_otherwise_does_not_take_it_up(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.promote("m2", reason="better", force=True)
    with serving(registry, "m1") as client:
        monkeypatch.setattr(Tokenizer, "identity", lambda _: {"engine": "another"})
        soon(lambda: refused(client))
        assert "was trained with tokenizer" in refused(client)["problem"]


def test_a_history_that_cannot_be_read_changes_nothing(registry: Registry) -> None:
    with serving(registry) as client:
        (registry.store / "history.jsonl").write_text("no JSON\n", encoding="utf-8")
        soon(lambda: refused(client))
        assert refused(client)["version"] == ""
        assert refused(client)["problem"].startswith("history.jsonl, line 1: is not a history event")
        (registry.store / "history.jsonl").unlink()
        soon(lambda: "there is no model yet" in refused(client)["problem"])
        assert model(client) == "m1"


def test_a_banks_taxonomy_without_its_categories_keeps_it_out(foreign: Registry) -> None:
    with serving(foreign, taxonomy=TAXONOMY) as client:
        foreign.promote("foreign", reason="our own categories", force=True)
        soon(lambda: refused(client))
        assert f"has no category {PREFIX}" in refused(client)["problem"]
        assert client.post("/v1/classify", json={"text": TEXT}).json()["category"]["code"] == "card_fees"


def test_rules_that_do_not_suit_its_taxonomy_keep_it_out(foreign: Registry) -> None:
    """Their categories are others: somebody has to say first how these are routed."""
    with serving(foreign) as client:
        client.post("/v1/rules", json={"text": BOOK, "reason": "as they are, but now the bank's own"})
        foreign.promote("foreign", reason="our own categories", force=True)
        soon(lambda: refused(client))
        assert refused(client)["problem"].startswith("rules ")
        assert client.post("/v1/classify", json={"text": TEXT}).json()["model"] == "m1"


# --- beside the rules


def test_models_and_rules_that_change_at_once_both_arrive(registry: Registry) -> None:
    bundles = {name: registry.load(name) for name in ("m1", "m2")}
    service = Service(bundles["m1"])
    database = open_database(f"sqlite:///{registry.store.parent / 'cases.db'}")
    rules = Rules(database, service, None)
    mixed = []
    stop = threading.Event()

    def take_turns() -> None:
        for turn in range(40):
            service.take_up(bundles[("m2", "m1")[turn % 2]])

    def watch() -> None:
        while not stop.is_set():
            serving = service.serving
            if serving.router.taxonomy is not serving.taxonomy:
                mixed.append(serving)

    threads = [threading.Thread(target=take_turns), threading.Thread(target=watch)]
    for thread in threads:
        thread.start()
    for turn in range(40):
        book = rules.switch((ALL_TO_OPERATIONS, BOOK)[turn % 2], "text", "试行", Act("测试", "switch rules"))
        assert service.serving.router.book.version == book.version
    threads[0].join()
    stop.set()
    threads[1].join()
    assert mixed == []
    assert (service.serving.version, service.serving.router.book.text) == ("m1", BOOK)
    database.dispose()


def test_rules_for_a_models_categories_are_taken_up_behind_it(foreign: Registry) -> None:
    """Another process has the model a moment earlier, and there the rules are switched."""
    database = open_database(f"sqlite:///{foreign.store.parent / 'cases.db'}")
    early, late = Service(foreign.load("foreign")), Service(foreign.load("m1"))
    there, here = Rules(database, early, None), Rules(database, late, None)
    book = there.switch(OTHER_ONLY, "text", "our own", Act("测试", "switch rules"))
    here.refresh()
    assert late.serving.router.book.version != book.version
    late.take_up(foreign.load("foreign"))
    here.refresh()
    assert late.serving.router.book.version == book.version
    database.dispose()


def test_deadlines_are_computed_by_the_model_of_now(foreign: Registry) -> None:
    """As the worker does, which asks rarely and lives long."""
    database = open_database(f"sqlite:///{foreign.store.parent / 'cases.db'}")
    service = Service(foreign.load())
    live, rules = Live(foreign, service), Rules(database, service, None)
    old = rules.router("never heard of").taxonomy
    foreign.promote("foreign", reason="our own categories", force=True)
    live.look()
    new = rules.router("never heard of").taxonomy
    assert ("card_fees" in old, "card_fees" in new, f"{PREFIX}card_fees" in new) == (True, False, True)
    database.dispose()
