"""Events as a file: each row once, the earliest first, what cannot have happened is named and stops nothing."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.access.caller import LOCAL
from api.eventfile import COLUMNS, EVENTS, SATISFACTION, Summary, tell_file
from api.life import EVENTS as KNOWN
from classifier.errors import TableError
from classifier.tables import open_table
from tests.api.test_events import register

HEADER = "工单号,处理环节,处理时间,经办人,备注,审批人,满意度"


def at(minutes: int) -> str:
    """A moment some minutes ago, as desks write it: in China, without an offset."""
    moment = datetime.now(UTC) + timedelta(hours=8) - timedelta(minutes=minutes)
    return f"{moment:%Y/%m/%d %H:%M:%S}"


def tell(desk: TestClient, folder: Path, *rows: str, header: str = HEADER) -> tuple[Summary, list[dict[str, str]]]:
    app: Any = desk.app
    file = folder / "办理.csv"
    file.write_text("\n".join([header, *rows]), encoding="gb18030")
    target = folder / "result.csv"
    summary = tell_file(
        open_table(file, header=COLUMNS["event"]), target, app.state.casework, LOCAL, progress=lambda _: None
    )
    with target.open(encoding="utf-8-sig", newline="") as result:
        return summary, list(csv.DictReader(result))


def test_a_case_is_told_from_acceptance_to_satisfaction_in_any_order(desk: TestClient, tmp_path: Path) -> None:
    register(desk)
    summary, rows = tell(
        desk,
        tmp_path,
        f"c1,已回访,{at(1)},李回访,,,非常满意",
        f"c1,办结,{at(2)},张经办,已退还300元,,",
        f"c1,受理,{at(4)},张经办,,,",
    )
    assert summary.results == {"kept": 3}
    assert [row["result"] for row in rows] == ["kept"] * 3
    case = desk.get("/v1/complaints/c1").json()
    assert [(event["event"], event["actor"]) for event in case["events"]] == [
        ("accepted", "张经办"),
        ("resolved", "张经办"),
        ("followed_up", "李回访"),
    ]
    assert (case["status"], case["satisfaction"], case["resolution"]["state"]) == ("resolved", 5, "met")


def test_titles_above_the_header_are_left_out(desk: TestClient, tmp_path: Path) -> None:
    register(desk)
    summary, _ = tell(desk, tmp_path, HEADER, f"c1,受理,{at(1)},,,,", header="十一月办理情况,,,,,,")
    assert summary.results == {"kept": 1}


def test_the_same_file_again_adds_nothing(desk: TestClient, tmp_path: Path) -> None:
    register(desk)
    rows = [f"c1,受理,{at(4)},张经办,,,", f"c1,首次响应,{at(3)},张经办,,,"]
    tell(desk, tmp_path, *rows)
    summary, told = tell(desk, tmp_path, *rows, f"c1,办结,{at(1)},张经办,,,")
    assert summary.results == {"known": 2, "kept": 1}
    assert [row["result"] for row in told] == ["known", "known", "kept"]
    assert len(desk.get("/v1/complaints/c1").json()["events"]) == 3


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("c9,受理,{at},,,,", "There is no complaint 'c9'"),
        (",受理,{at},,,,", "complaint_id: Field required"),
        ("c1,受理,,,,,", "at: Field required"),
        ("c1,受理,昨天,,,,", "at: Value error, must be ISO 8601"),
        ("c1,受理,2999-01-01,,,,", "at: "),
        ("c1,销案,{at},,,,", "event: Input should be"),
        ("c1,回访,{at},,,,", "satisfaction: followed_up needs it"),
        ("c1,回访,{at},,,,还行", "satisfaction: Input should be a valid integer"),
        ("c1,延期,{at},,材料不全,,", "approver: extended needs it"),
        ("c1,回访,{at},,,,5分", "event: "),
    ],
)
def test_what_cannot_be_is_named_and_the_good_rest_kept(
    desk: TestClient, tmp_path: Path, row: str, problem: str
) -> None:
    register(desk)
    summary, rows = tell(desk, tmp_path, row.format(at=at(2)), f"c1,受理,{at(1)},,,,")
    assert [told["result"] for told in rows] == ["refused", "kept"]
    assert rows[0]["problem"].startswith(problem)
    assert summary.examples == [(2, rows[0]["problem"])]


def test_a_file_without_what_is_needed_says_which_columns_there_are(desk: TestClient, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"no column for event .*处理环节.* and at .*there are: 工单号, 备注"):
        tell(desk, tmp_path, "c1,x", header="工单号,备注")


def test_nothing_is_told_if_the_result_cannot_be_written(desk: TestClient, tmp_path: Path) -> None:
    register(desk)
    app: Any = desk.app
    file = tmp_path / "a.csv"
    file.write_text(f"{HEADER}\nc1,受理,{at(1)},,,,\n", encoding="utf-8")
    with pytest.raises(TableError, match="is the input itself"):
        tell_file(open_table(file), file, app.state.casework, LOCAL, progress=lambda _: None)
    assert desk.get("/v1/complaints/c1").json()["events"] == []


def test_every_kind_of_event_has_a_chinese_name() -> None:
    assert set(EVENTS.values()) == set(KNOWN)


def test_the_document_names_every_column_and_word() -> None:
    text = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[\w一-鿿]+", text.split("## What happened")[1]))
    needed = {
        *COLUMNS,
        *EVENTS,
        *KNOWN,
        *SATISFACTION,
        *(t for f, ts in COLUMNS.items() if f != "complaint_id" for t in ts),
    }
    assert needed <= words
