"""Sending files in over HTTP: once, again, at the same time, and what is refused before anything reads it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.http_problems import MEDIA_TYPE
from api.service import Service
from api.settings import Settings
from models import Bundle
from tests.api.jobs.conftest import Office, csv_file
from tests.conftest import asking

FEE = "信用卡年费说好刷满六次就免，现在又扣了我300元年费，要求退还年费。"
THEFT = "我的储蓄卡昨天夜里被人在境外盗刷了两笔共4800元，我人在苏州卡在身上，要求银行先行赔付。"
APP = "手机银行登录不上，一直提示网络异常，重装了三次还是不行，急着还房贷，请尽快处理"


def refused(answer: Any, kind: str, status: int) -> str:
    assert answer.headers["content-type"] == MEDIA_TYPE, answer.text
    assert (answer.json()["type"], answer.status_code) == (f"urn:complaints:{kind}", status)
    return str(answer.json()["detail"])


def test_the_same_file_is_taken_in_once_unless_it_failed(office: Office) -> None:
    good, odd = csv_file([["投诉内容"], [FEE]]), csv_file([("说明", "备注"), (FEE, THEFT), (APP, "")])
    first = office.upload(good, name="十一月.csv")
    assert office.upload(good, status=200) == first
    fails = office.upload(odd, name="台账.csv")
    with office.working():
        office.ended(first)
        job = office.ended(fails)
        assert office.upload(good, status=200) == first
        assert job["status"] == "failed"
        assert "台账.csv: cannot tell which column holds the complaint." in job["problem"]
        assert "Name it with " in job["problem"]
        assert "there are: 说明, 备注" in job["problem"]
        assert office.result(fails) == []
        again = office.upload(odd)
        assert again != fails
        named = office.upload(odd, text="说明")
        assert named not in (again, fails)
        missing = office.upload(odd, text="诉求")
        assert office.ended(again)["status"] == "failed"
        assert office.ended(named)["rows_done"] == 2
        assert [office.case(row["complaint_id"])["text"] for row in office.result(named)] == [FEE, APP]
        assert "no column '诉求'" in office.ended(missing)["problem"]
    assert list(office.uploads.path("").iterdir()) == []


def test_the_rows_of_a_file_are_kept_once_however_it_is_sent_again(office: Office) -> None:
    lines = [("编号", "投诉内容"), ("A-1", FEE), ("", THEFT), ("", APP), ("", APP)]
    file = csv_file(lines, "gb18030")
    options: list[dict[str, str]] = [{}, {"encoding": "gb18030"}, {"text": "投诉内容"}]
    jobs = [office.upload(file, **chosen) for chosen in options]
    assert len(set(jobs)) == 3
    with office.working():
        ended = [office.ended(job) for job in jobs]
    assert [job["rows_known"] for job in ended] == [0, 4, 4]
    assert {(job["rows_done"], job["rows_failed"]) for job in ended} == {(4, 0)}
    assert len(office.desk.get("/v1/complaints").json()["items"]) == 4
    assert ended[0]["columns"] == {"text": "投诉内容", "complaint_id": "编号"}
    assert ended[0]["notes"] == ["编码 encoding: gb18030"]


def test_the_same_file_from_many_at_once_is_one_job(desk: TestClient, tmp_path: Path) -> None:
    file = csv_file([["投诉内容"], *([f"{FEE}第{n}次"] for n in range(1_000))])
    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda _: desk.post("/v1/jobs", content=file), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [202]
    (job,) = {answer.json()["job_id"] for answer in answers}
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == [job]
    assert [one["job_id"] for one in desk.get("/v1/jobs").json()] == [job]


def test_a_result_is_not_there_before_the_end(desk: TestClient) -> None:
    job = desk.post("/v1/jobs", content=csv_file([["投诉内容"], [FEE]])).json()
    assert job["status"] == "queued"
    assert [job[name] for name in ("started_at", "finished_at", "problem", "rows_total")] == [None] * 4
    assert [job[name] for name in ("rows_done", "rows_known", "rows_failed")] == [0, 0, 0]
    assert "Ask again" in refused(desk.get(f"/v1/jobs/{job['job_id']}/result"), "unfinished-job", 409)


@pytest.mark.parametrize("job_id", ["0" * 32, "nobody", "..%2Fsecret.key"])
def test_an_unknown_job_is_not_found(desk: TestClient, job_id: str) -> None:
    for path in (f"/v1/jobs/{job_id}", f"/v1/jobs/{job_id}/result"):
        assert desk.get(path).status_code == 404
    assert "GET /v1/jobs" in refused(desk.get("/v1/jobs/nobody"), "no-such-job", 404)


def test_an_id_no_database_keeps_is_refused(desk: TestClient) -> None:
    refused(desk.get("/v1/jobs/a%00b"), "invalid-field", 422)


def test_a_form_is_refused_and_told_how_to_send_a_file(desk: TestClient, tmp_path: Path) -> None:
    answer = desk.post("/v1/jobs", files={"file": ("投诉.csv", csv_file([["投诉内容"], [FEE]]))})
    assert "--data-binary" in refused(answer, "wrong-content-type", 415)
    assert list((tmp_path / "uploads").iterdir()) == []


def test_an_empty_file_is_refused_and_nothing_is_left_of_it(desk: TestClient, tmp_path: Path) -> None:
    assert "curl --data-binary" in refused(desk.post("/v1/jobs", content=b""), "empty-file", 422)
    assert list((tmp_path / "uploads").iterdir()) == []
    assert desk.get("/v1/jobs").json() == []


def test_a_file_that_is_too_large_is_refused_and_nothing_is_left_of_it(
    bundle: Bundle, database_url: str, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path, database_url=database_url, upload_max_bytes=1_000)
    with asking(create_app(Service(bundle), settings)) as client:
        for body in (b"x" * 1_001, (b"x" * 600 for _ in range(2))):
            detail = refused(client.post("/v1/jobs", content=body), "body-too-large", 413)
            assert "1,000 bytes" in detail
            assert "COMPLAINTS_UPLOAD_MAX_BYTES" in detail
        assert list((tmp_path / "uploads").iterdir()) == []
        assert client.get("/v1/jobs").json() == []
        assert client.post("/v1/jobs", content=b"x" * 1_000).status_code == 202


@pytest.mark.parametrize(
    ("name", "value"), [("name", "a\nb"), ("text", ""), ("sheet", "页" * 201), ("encoding", "utf-9")]
)
def test_what_is_no_name_is_refused(desk: TestClient, tmp_path: Path, name: str, value: str) -> None:
    answer = desk.post("/v1/jobs", content=csv_file([["投诉内容"], [FEE]]), params={name: value})
    assert f"/{name}" in refused(answer, "invalid-field", 422)
    assert list((tmp_path / "uploads").iterdir()) == []
