"""The service against its own description: schemathesis asks every operation, as OpenAPI has it and otherwise.

Its pytest plugin does not know this pytest, so its tests are built here as the plugin builds them: from the examples of
the description, from the bounds of each field and parameter one by one, and at random, positive and negative.
"""

from __future__ import annotations

import copy
import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import settings
from schemathesis.checks import load_all_checks
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from api.app import create_app
from api.service import Service
from api.settings import Settings
from api.storage import Jobs, Keys, Lease, open_database
from models import Bundle
from tests.conftest import asking

FEW = 5
EXAMPLES = 300 if os.environ.get("HYPOTHESIS_PROFILE") == "proof" else FEW
HERE = "http://127.0.0.1"
KNOWN = "HL-20261124-000381"
"""The description's own example of a complaint's id."""

UNSURE = "你们这个事情到底怎么说，我很不满意"
"""It waits for a reviewer."""
ADMIN = "科技部"

OPERATIONS = [
    *("classify", "classify_batch", "list_categories", "show_model", "live", "ready", "metrics"),
    *("register_complaint", "list_complaints", "show_complaint", "correct_complaint", "erase_complaint"),
    *("return_complaint", "add_event", "list_reviews", "claim_review", "release_review", "show_precision"),
    *("show_rules", "switch_rules", "upload_file", "list_jobs", "show_job", "download_result"),
]
OPEN = {"live", "ready"}

load_all_checks()
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]

every_operation = pytest.mark.parametrize("name", OPERATIONS)


@dataclass(frozen=True)
class Common:
    """What is the same for all tests here."""

    bundle: Bundle
    schema: Path
    description: dict[str, Any]


@pytest.fixture(scope="module")
def common(bundle: Bundle, schema_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Common:
    app = create_app(Service(bundle), Settings(data=tmp_path_factory.mktemp("described")))
    return Common(bundle, schema_file, asking(app).get("/openapi.json").json())


class Asked:
    """An application of its own, with a complaint and two jobs, and what schemathesis has asked it."""

    def __init__(self, common: Common, data: Path, *, rate: float = 0) -> None:
        self.settings = Settings(data=data)
        self._description = common.description
        shutil.copy(common.schema, self.settings.data / "cases.db")
        app = create_app(Service(common.bundle), self.settings)
        self.jobs = self._fill(asking(app), ADMIN if rate else None)
        self.key = self._key(rate) if rate else ""
        # The application reads its keys when it begins.
        self.app = create_app(Service(common.bundle), self.settings) if rate else app
        self.statuses: Counter[int] = Counter()

    def _fill(self, client: TestClient, reviewer: str | None) -> list[str]:
        client.post("/v1/complaints", json={"complaint_id": KNOWN, "text": UNSURE, "channel": "app"})
        assert client.post("/v1/reviews/claim", json={"by": reviewer}).json()["complaint_id"] == KNOWN
        jobs = [client.post("/v1/jobs", content=f"投诉内容\n年费{i}").json()["job_id"] for i in range(2)]
        database = open_database(self.settings.cases)
        done = Jobs(database).find(jobs[0])
        lease = Lease("jobs")
        assert done is not None
        assert lease.take(database)
        Jobs(database).begin(done["number"], 0, {}, [], lease)
        Jobs(database).finish(done["number"], lease)
        database.dispose()
        return jobs

    def _key(self, rate: float) -> str:
        database = open_database(self.settings.cases)
        key = Keys(database).add(ADMIN, ["admin"], rate, None, "tests")
        database.dispose()
        return key

    def operation(self, name: str) -> APIOperation:
        schema = schemathesis.openapi.from_dict(copy.deepcopy(self._description))
        schema.app = self.app
        return next(o for o in every(schema) if o.definition.raw["operationId"] == name)

    def ask(self, case: schemathesis.Case, **kwargs: Any) -> schemathesis.Response:
        answer = case.call(HERE, **kwargs)
        self.statuses[answer.status_code] += 1
        return answer


def every(schema: Any) -> list[APIOperation]:
    return [found.ok() for found in schema.get_all_operations()]


def in_every_way(
    operation: APIOperation, examples: int, test: Callable[[schemathesis.Case], None], *, bounds: bool = True
) -> None:
    """Run a test with the requests that schemathesis makes up for an operation.

    Without `bounds`, those from the bounds of each field are for the proof alone: what is refused unread has no fields.
    """
    operation.schema.config.phases.coverage.enabled = bounds or EXAMPLES > FEW
    build_operation_test(
        config=operation.schema.config,
        operation=operation,
        test_func=settings(max_examples=examples)(test),
        given_kwargs={},
        feedback=FeedbackSources(),
    )()


def naming(case: schemathesis.Case, asked: Asked) -> list[schemathesis.Case]:
    """The request as it is; and if it names a complaint or a job, also with the names of those that are there."""
    cases = [case]
    for parameter, known in (("complaint_id", [KNOWN]), ("job_id", asked.jobs)):
        if parameter in case.path_parameters:
            for value in known:
                named = case.derive(keep_auth=True)
                named.path_parameters[parameter] = value
                cases.append(named)
    return cases


def test_nothing_in_the_description_is_left_out(common: Common) -> None:
    described = every(schemathesis.openapi.from_dict(common.description))
    assert sorted(OPERATIONS) == sorted(o.definition.raw["operationId"] for o in described)


@every_operation
def test_every_answer_is_one_that_the_description_knows(name: str, common: Common, tmp_path: Path) -> None:
    asked = Asked(common, tmp_path)

    def check(case: schemathesis.Case) -> None:
        for one in naming(case, asked):
            one.validate_response(asked.ask(one), checks=CHECKS)

    in_every_way(asked.operation(name), EXAMPLES, check)
    assert any(status < 300 for status in asked.statuses)
    assert not name.endswith("_complaint") or 422 in asked.statuses


@every_operation
def test_so_it_is_with_a_key(name: str, common: Common, tmp_path: Path) -> None:
    asked = Asked(common, tmp_path, rate=1e6)
    headers = {"authorization": f"Bearer {asked.key}"}

    def check(case: schemathesis.Case) -> None:
        for one in naming(case, asked):
            one.validate_response(asked.ask(one, headers=headers), checks=CHECKS)

    in_every_way(asked.operation(name), EXAMPLES // 2, check)
    assert any(status < 300 for status in asked.statuses)


@every_operation
def test_without_the_key_every_answer_is_the_401_that_the_description_knows(
    name: str, common: Common, tmp_path: Path
) -> None:
    asked = Asked(common, tmp_path, rate=1e6)

    def check(case: schemathesis.Case) -> None:
        for one in naming(case, asked):
            answer = asked.ask(one)
            if name in OPEN:
                assert answer.status_code != 401
            else:
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == ["Bearer"]
            if one.method == one.operation.method.upper():
                one.validate_response(answer, checks=CHECKS)

    in_every_way(asked.operation(name), EXAMPLES // 4, check, bounds=False)


@every_operation
def test_who_asks_too_often_gets_the_429_that_the_description_knows(name: str, common: Common, tmp_path: Path) -> None:
    asked = Asked(common, tmp_path, rate=0.001)  # one request, which is the first here
    headers = {"authorization": f"Bearer {asked.key}"}
    assert asking(asked.app).get("/v1/model", headers=headers).status_code == 200

    def check(case: schemathesis.Case) -> None:
        answer = asked.ask(case, headers=headers)
        case.validate_response(answer, checks=CHECKS)
        assert name in OPEN or answer.status_code in (401, 429)

    in_every_way(asked.operation(name), 5, check, bounds=False)
    assert (429 in asked.statuses) != (name in OPEN)


@every_operation
def test_a_method_that_is_not_there_is_answered_so(name: str, common: Common, tmp_path: Path) -> None:
    asked = Asked(common, tmp_path)

    def check(case: schemathesis.Case) -> None:
        wanted = [checks.unsupported_method, checks.allow_header_conformance]
        case.validate_response(asked.ask(case), checks=wanted)

    in_every_way(asked.operation(name), 1, check)


@pytest.mark.parametrize("moment", [0, 20_261_124, 1_795_483_800, 0.5, "0", "20261124", "1795483800"])
def test_a_moment_is_iso_8601_as_described_and_never_a_count_of_seconds(
    moment: Any, bundle: Bundle, tmp_path: Path
) -> None:
    iso = moment == "20261124"  # the basic format, without hyphens
    with asking(create_app(Service(bundle), Settings(data=tmp_path))) as client:
        answer = client.post("/v1/complaints", json={"complaint_id": "m", "text": "年费", "received_at": moment})
        kept = client.get("/v1/complaints/m").json().get("received_at")
        listed = client.get("/v1/complaints", params={"since": str(moment)})
    assert answer.status_code == 422 or (iso and kept == "2026-11-23T16:00:00Z"), kept
    assert listed.status_code == 422 or iso
