"""Metrics, as Prometheus reads them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.jobs.worker import LEASE
from api.storage import JobRow, Jobs, Lease, open_database, record
from tests.api.telemetry.conftest import ASKED, KNOWN, SECRETS, TEXT, send


def samples(client: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample: its name and labels, and its value."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def test_metrics_have_these_names_and_labels_and_no_ids(guarded: TestClient) -> None:
    for asked in ASKED:
        send(guarded, asked)
    text = guarded.get("/metrics").text
    for secret in SECRETS:
        assert secret not in text
    labels: dict[str, set[str]] = {}
    for name, pairs in samples(guarded):
        labels.setdefault(name, set()).update(label for label, _ in pairs)
    ours = {name: of for name, of in labels.items() if name.startswith("complaints_") and "created" not in name}
    rare = {  # there are none of these before the first
        "complaints_models_taken_up_total": {"model"},
        "complaints_shadow_total": {"challenger", "agreement"},
    }
    assert {**ours, **rare} == {
        **rare,
        "complaints_http_requests_total": {"method", "route", "status"},
        "complaints_http_request_duration_seconds_bucket": {"method", "route", "le"},
        "complaints_http_request_duration_seconds_count": {"method", "route"},
        "complaints_http_request_duration_seconds_sum": {"method", "route"},
        "complaints_registered_total": {"category", "decision", "department", "model"},
        "complaints_jobs": {"status"},
        "complaints_job_rows_waiting": set(),
        "complaints_storage_up": set(),
    }


def test_complaints_are_counted_by_what_was_said_of_them(guarded: TestClient) -> None:
    def counts() -> Counter[frozenset[tuple[str, str]]]:
        registered = "complaints_registered_total"
        return Counter({labels: int(n) for (name, labels), n in samples(guarded).items() if name == registered})

    before, expected = counts(), Counter[frozenset[tuple[str, str]]]()
    for number, text in enumerate((TEXT, "年费太高", "手机银行转账失败", "柜台态度差", "贷款利率比说好的高")):
        body = {"complaint_id": f"c-{number}", "text": text}
        said = guarded.post("/v1/complaints", json=body).json()
        assert guarded.post("/v1/complaints", json=body).status_code == 200
        codes = {"category": said["category"]["code"], "department": said["department"]["code"]}
        expected[frozenset({**codes, "decision": said["decision"], "model": said["model"]}.items())] += 1
    guarded.post("/v1/complaints", json={"text": ""})
    guarded.post("/v1/classify", json={"text": TEXT})
    assert counts() - before == expected
    assert len(expected) > 1


def test_requests_are_counted_by_method_route_and_status(guarded: TestClient) -> None:
    def counts() -> Counter[tuple[str, str, str]]:
        return Counter(
            {
                (of["method"], of["route"], of["status"]): int(value)
                for (name, labels), value in samples(guarded).items()
                if name == "complaints_http_requests_total" and (of := dict(labels))["route"] != "/metrics"
            }
        )

    before = counts()
    for asked in ASKED:
        send(guarded, asked)
    assert counts() - before == Counter(
        (KNOWN.get(method, "other"), route, str(status)) for status, _, method, route, _ in ASKED
    )


def test_the_queue_is_told(guarded: TestClient, tmp_path: Path) -> None:
    def queue() -> dict[str, float]:
        found = {name + str(sorted(dict(labels).values())): value for (name, labels), value in samples(guarded).items()}
        return {name: found[f"complaints_{name}"] for name in GAUGES}

    assert list(queue().values()) == [0, 0, 0, 0, 0, 1]
    first, second = (guarded.post("/v1/jobs", content=f"投诉\n{n}".encode()).json()["job_id"] for n in range(2))
    assert list(queue().values()) == [2, 0, 0, 0, 0, 1]
    database = open_database(f"sqlite:///{tmp_path / 'cases.db'}")
    jobs, lease = Jobs(database), Lease(LEASE)
    assert lease.take(database)
    numbers = [job["number"] for job in map(jobs.find, (first, second)) if job is not None]
    jobs.begin(numbers[0], 7, {}, [], lease)
    jobs.begin(numbers[1], 5, {}, [], lease)
    assert list(queue().values()) == [0, 2, 0, 0, 12, 1]
    with database.begin() as connection:
        record(connection, numbers[0], [JobRow(row, row + 2, problem="empty") for row in range(3)])
    assert list(queue().values()) == [0, 2, 0, 0, 9, 1]
    jobs.finish(numbers[0], lease)
    jobs.finish(numbers[1], lease, "no such column")
    assert list(queue().values()) == [0, 0, 1, 1, 0, 1]
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE jobs RENAME TO gone")
    assert ("complaints_storage_up", frozenset()) in (lost := samples(guarded))
    assert lost["complaints_storage_up", frozenset()] == 0
    database.dispose()


GAUGES = (
    *("jobs['queued']", "jobs['running']", "jobs['done']", "jobs['failed']"),
    *("job_rows_waiting[]", "storage_up[]"),
)
