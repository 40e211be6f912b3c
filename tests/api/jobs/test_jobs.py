"""Files of complaints over HTTP, with the worker really running: what is kept of them, and what is told."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from api.jobs.service import RESULT
from classifier.taxonomy import BUNDLED
from tests.api.conftest import on_one_database
from tests.api.jobs.conftest import Office, csv_file

FEE = "信用卡年费说好刷满六次就免，现在又扣了我300元年费，要求退还年费。"
THEFT = "我的储蓄卡昨天夜里被人在境外盗刷了两笔共4800元，\n我人在苏州卡在身上，要求银行先行赔付。"
APP = "手机银行登录不上，一直提示网络异常，重装了三次还是不行，急着还房贷，请尽快处理"
TITLES = ("工单号", "投诉内容", "投诉渠道", "受理时间", "涉及金额")


def rows(prefix: str) -> list[tuple[str, ...]]:
    return [
        (f"{prefix}-1", FEE, "热线", "2026/11/3 9:05", "￥300"),
        (f"{prefix}-2", THEFT, "网点", "2026年11月20日", "4,800元"),
        (f"{prefix}-3", APP, "", "", ""),
    ]


def excel(*sheets: list[tuple[Any, ...]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, lines in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"第{number}页")
        for line in lines:
            sheet.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def json_lines(prefix: str) -> bytes:
    lines = [dict(zip(TITLES, row, strict=True)) for row in rows(prefix)]
    return "\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()


def test_every_row_of_every_kind_of_file_is_kept_once_and_told_of_in_its_place(office: Office) -> None:
    files = {
        "U": (csv_file([TITLES, *rows("U")], "utf-8-sig"), ["2", "3", "5"]),
        "G": (csv_file([TITLES, *rows("G")], "gb18030"), ["2", "3", "5"]),
        "X": (excel([("2026年11月投诉台账",), (), TITLES, *rows("X")]), ["4", "5", "6"]),
        "J": (json_lines("J"), ["1", "3", "5"]),
    }
    jobs = {prefix: office.upload(file) for prefix, (file, _) in files.items()}
    with office.working():
        for prefix, (file, lines) in files.items():
            job = office.ended(jobs[prefix])
            assert (job["status"], job["problem"], job["bytes"]) == ("done", None, len(file))
            counts = [job[f"rows_{name}"] for name in ("total", "done", "known", "failed")]
            assert counts == [3, 3, 0, 0]
            assert job["created_at"] <= job["started_at"] <= job["finished_at"]
            result = office.result(jobs[prefix])
            assert list(result[0]) == list(RESULT)
            assert [row["line"] for row in result] == lines
            assert [row["complaint_id"] for row in result] == [f"{prefix}-{n}" for n in (1, 2, 3)]
            assert [row["predicted_category"] for row in result][:2] == ["card_fees", "fraud_and_theft"]
            assert [row["error"] for row in result] == ["", "", ""]
    for prefix in files:
        cases = [office.case(f"{prefix}-{n}") for n in (1, 2, 3)]
        assert [case["text"] for case in cases] == [FEE, THEFT, APP]
        assert [case["channel"] for case in cases] == ["hotline", "branch", None]
        assert [case["amount"] for case in cases] == ["300", "4800", None]
        assert cases[0]["received_at"] == "2026-11-03T01:05:00Z"
    assert len(office.desk.get("/v1/complaints", params={"limit": 200}).json()["items"]) == 12
    assert [job["job_id"] for job in office.desk.get("/v1/jobs").json()] == list(jobs.values())[::-1]


@on_one_database
def test_a_result_says_of_a_row_what_the_case_says(office: Office) -> None:
    job = office.upload(csv_file([["投诉内容"], [FEE], [FEE.replace("六次", "八次")]]))
    with office.working():
        office.ended(job)
    for row, standing in zip(office.result(job), ("new", "repeat"), strict=True):
        case = office.case(row["complaint_id"])
        (prediction,), (decision,) = case["predictions"], case["decisions"]
        assert (row["predicted_category"], row["decision"]) == (prediction["category"], prediction["verdict"])
        assert float(row["confidence"]) == prediction["confidence"]
        assert (row["department"], row["priority"]) == (decision["department"], decision["priority"])
        assert row["standing"] == decision["standing"] == standing
        assert (row["predicted_name"], row["predicted_group"]) == ("信用卡费用与利息", "credit_card")


def test_a_bad_row_is_told_with_its_line_and_stops_no_other(office: Office) -> None:
    for known in ("K-1", "K-2"):
        office.desk.post("/v1/complaints", json={"complaint_id": known, "text": APP})
    bad = [
        ("B-3", "  ", "", "the text is empty"),
        ("B-4", "年费太高" * 5_001, "", "text: String should have at most 20000 characters"),
        ("B-5", APP, "飞鸽传书", "channel: Input should be 'hotline', "),
        ("K-1", FEE, "", "Another complaint is kept under this complaint_id"),
        ("B-1", THEFT, "", "Another complaint is kept under this complaint_id"),
        ("=1+1", APP, "", "complaint_id: String should match pattern"),
    ]
    lines = [("B-1", FEE, ""), *(row[:3] for row in bad), ("K-2", APP, ""), ("B-1", FEE, ""), ("", THEFT, "网点")]
    job = office.upload(csv_file([("工单号", "投诉内容", "渠道"), *lines]))
    with office.working():
        said = office.ended(job)
    assert said["status"] == "done"
    assert [said[f"rows_{name}"] for name in ("total", "done", "known", "failed")] == [10, 10, 2, 6]
    result = office.result(job)
    assert [row["line"] for row in result] == ["2", "3", "4", "5", "6", "7", "9", "10", "11", "12"]
    for row, (sent_id, *_, problem) in zip(result[1:7], bad, strict=True):
        assert problem in row["error"]
        assert row["complaint_id"].removeprefix("'") == sent_id, "by which its sender knows it"
        assert set(row.values()) == {row["line"], row["complaint_id"], "", row["error"]}
    good = [result[0], *result[7:]]
    assert [row["complaint_id"] for row in good[:3]] == ["B-1", "K-2", "B-1"]
    assert all(row["predicted_category"] and not row["error"] for row in good)
    assert office.case("K-1")["text"] == office.case("K-2")["text"] == APP
    assert office.case(good[3]["complaint_id"])["channel"] == "branch"
    assert len(office.desk.get("/v1/complaints").json()["items"]) == 4


@on_one_database
def test_no_cell_of_a_result_is_run_by_a_spreadsheet(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = BUNDLED.read_text(encoding="utf-8")
    assert "信用卡费用与利息" in names
    own = tmp_path / "taxonomy.toml"
    own.write_text(names.replace("信用卡费用与利息", "=HYPERLINK(A1)"), encoding="utf-8")
    monkeypatch.setenv("COMPLAINTS_TAXONOMY", str(own))
    job = office.upload(csv_file([("工单号", "投诉内容", "地区"), ("A-1", FEE, "=1+1"), ("@SUM(A1)", FEE, "")]))
    with office.working():
        office.ended(job)
    cells = [cell for row in office.result(job) for cell in row.values()]
    assert "'=HYPERLINK(A1)" in cells
    assert [cell for cell in cells if cell[:1] in tuple("=+-@\t")] == []


@on_one_database
def test_a_sheet_is_read_by_its_name(office: Office) -> None:
    file = excel([("投诉内容",), (FEE,)], [("投诉内容",), (THEFT,), (APP,)])
    jobs = [office.upload(file), office.upload(file, sheet="第2页"), office.upload(file, sheet="第3页")]
    with office.working():
        ended = [office.ended(job) for job in jobs]
    assert [job["rows_total"] for job in ended] == [1, 2, None]
    assert ended[0]["notes"][-1] == "未读取的工作表 sheets not read: 第2页 (?sheet=)"
    assert [job["status"] for job in ended] == ["done", "done", "failed"]
    assert "第3页" in ended[2]["problem"]
    assert "第1页, 第2页" in ended[2]["problem"]


@on_one_database
def test_a_file_is_read_in_the_encoding_that_is_named(office: Office) -> None:
    file = "投訴內容\n信用卡年費說好免，又扣了我300元\n".encode("big5")
    jobs = [office.upload(file), office.upload(file, encoding="big5")]
    with office.working():
        guessed, named = [office.ended(job) for job in jobs]
    assert (guessed["status"], guessed["problem"]) == ("failed", "the file: looks like Big5. Use ?encoding=big5.")
    assert (named["status"], named["rows_done"]) == ("done", 1)
    assert office.case(office.result(jobs[1])[0]["complaint_id"])["text"].startswith("信用卡年費")


def test_personal_data_of_a_file_is_kept_nowhere_when_its_job_has_ended(office: Office, tmp_path: Path) -> None:
    text = f"我叫王小明，电话13800138000。{FEE}"
    job = office.upload(csv_file([("投诉内容", "客户号"), (text, "C-00017")]), name="姓名：王小明，13800138000.csv")
    path = tmp_path / "uploads" / job
    assert "王小明".encode() in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert office.job(job)["name"] == "姓名：***，***********.csv"
    with office.working():
        office.ended(job)
    assert list(path.parent.iterdir()) == []
    (row,) = office.result(job)
    case = office.case(row["complaint_id"])
    assert case["text"] == f"我叫***，电话***********。{FEE}"
    assert case["raw_text"] is None
    with office.database.connect() as connection:
        tables = ("complaints", "jobs", "job_rows", "acts")
        said = str([connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables])
    files = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    for piece in ("13800138000", "王小明", "C-00017"):
        assert piece not in said
        assert piece.encode() not in files
