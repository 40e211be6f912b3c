"""Files that a person chooses a column of: what they choose by, what becomes of the file, and what they take home."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import update

from api.access.caller import LOCAL, Caller
from api.jobs import looks
from api.jobs.desk import GIVEN_UP, KNOWN, TAGGED, FileDesk, FileOut
from api.jobs.looks import EXPIRED
from api.problems import RefusedError
from api.storage import now
from api.storage.job_tables import JOBS
from tests.api.conftest import on_one_database
from tests.api.hostile import archives
from tests.api.jobs.conftest import Office, csv_file, reader, until
from tests.api.jobs.test_jobs import APP, FEE, THEFT, TITLES, excel, rows

HALL = Caller("热线系统", frozenset({"intake"}))
LI = Caller("李", frozenset({"intake"}))


@pytest.fixture
def files(office: Office) -> FileDesk:
    return FileDesk(office.database, office.uploads, 64 << 20)


def bring(files: FileDesk, content: bytes, name: str = "台账.csv", caller: Caller = HALL) -> str:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return asyncio.run(files.receive(chunks(), name=name, caller=caller))


def looked_at(files: FileDesk, job_id: str, caller: Caller = HALL) -> FileOut:
    """The file when its beginning has been looked at."""
    until(lambda: files.find(job_id, caller).status != "arrived")
    return files.find(job_id, caller)


def ended(files: FileDesk, job_id: str) -> FileOut:
    until(lambda: files.find(job_id, HALL).status in ("done", "failed"))
    return files.find(job_id, HALL)


def test_a_person_sees_the_beginning_of_each_column_and_chooses_one(files: FileDesk, office: Office) -> None:
    job = bring(files, csv_file([TITLES, *rows("A")], "gb18030"))
    assert files.find(job, HALL).status == "arrived"
    with office.working():
        file = looked_at(files, job)
        head = file.head
        assert head is not None
        assert (file.status, head.rows, head.width, head.encoding, head.is_text) == ("waiting", 3, 5, "gb18030", True)
        assert [column.title for column in head.columns] == list(TITLES)
        assert [column.field for column in head.columns] == ["complaint_id", None, "channel", "received_at", "amount"]
        assert head.columns[1].cells == [FEE, THEFT, APP]
        assert (head.text, head.by_title, head.wrong) == (1, True, None)
        assert files.start(job, 1, HALL) == job
        done = ended(files, job)
    assert (done.status, done.problem, done.rows_done, done.head) == ("done", None, 3, None)
    assert [office.case(f"A-{n}")["text"] for n in (1, 2, 3)] == [FEE, THEFT, APP]


@on_one_database
def test_nothing_is_read_of_a_file_before_the_choice_and_the_interface_does_not_know_it(
    files: FileDesk, office: Office
) -> None:
    job = bring(files, csv_file([TITLES, *rows("A")]))
    with office.working():
        looked_at(files, job)
        assert office.desk.get("/v1/jobs").json() == []
        assert office.desk.get(f"/v1/jobs/{job}").status_code == 404
        assert office.desk.get("/v1/complaints").json()["items"] == []
        files.start(job, 1, HALL)
        ended(files, job)
    assert office.job(job)["status"] == "done"


@on_one_database
def test_of_columns_with_odd_titles_the_one_that_speaks_is_proposed_and_any_may_be_chosen(
    files: FileDesk, office: Office
) -> None:
    job = bring(
        files, csv_file([("编号", "说明", "说明", "经办"), ("A-1", FEE, "转办", "张"), ("A-2", APP, THEFT, "李")])
    )
    with office.working():
        head = looked_at(files, job).head
        assert head is not None
        assert [column.title for column in head.columns] == ["编号", "说明", "说明_2", "经办"]
        assert (head.text, head.by_title) == (1, False)
        files.start(job, 2, HALL)
        assert ended(files, job).rows_done == 2
    assert office.case("A-2")["text"] == THEFT


@on_one_database
def test_another_sheet_is_looked_at_if_the_first_is_empty(files: FileDesk, office: Office) -> None:
    job = bring(files, excel([], [("投诉内容",), (FEE,)], [("投诉内容",), (THEFT,), (APP,)]), "台账.xlsx")
    with office.working():
        file = looked_at(files, job)
        assert file.head is not None
        assert (file.status, file.head.columns) == ("waiting", [])
        assert "the table is empty" in str(file.head.wrong)
        assert file.head.sheets == ["第1页", "第2页", "第3页"]
        with pytest.raises(RefusedError, match="no sheet"):
            files.look_again(job, title=None, sheet="第9页", encoding=None, caller=HALL)
        files.look_again(job, title=None, sheet="第3页", encoding=None, caller=HALL)
        file = looked_at(files, job)
        assert file.head is not None
        assert (file.head.rows, file.head.columns[0].cells) == (2, [THEFT, APP])
        files.start(job, 0, HALL)
        assert ended(files, job).rows_done == 2


@on_one_database
def test_an_encoding_is_chosen_where_the_bytes_do_not_tell(files: FileDesk, office: Office) -> None:
    job = bring(files, "投訴內容\n信用卡年費說好免，又扣了我300元\n".encode("big5"))
    with office.working():
        file = looked_at(files, job)
        assert file.head is not None
        assert "looks like Big5" in str(file.head.wrong)
        with pytest.raises(RefusedError, match="Choose a column"):
            files.start(job, 0, HALL)
        files.look_again(job, title=None, sheet=None, encoding="big5", caller=HALL)
        file = looked_at(files, job)
        assert file.head is not None
        assert file.head.columns[0].cells == ["信用卡年費說好免，又扣了我300元"]
        files.start(job, 0, HALL)
        assert ended(files, job).rows_done == 1


@on_one_database
def test_a_header_below_a_title_is_found_by_the_title_of_the_complaints_column(files: FileDesk, office: Office) -> None:
    job = bring(files, csv_file([("十一月台账", ""), ("编号", "情形"), ("A-1", FEE)]))
    with office.working():
        file = looked_at(files, job)
        assert file.head is not None
        assert file.head.columns[0].title == "十一月台账"
        files.look_again(job, title="情况", sheet=None, encoding=None, caller=HALL)
        file = looked_at(files, job)
        assert file.head is not None
        assert "no column '情况'" in str(file.head.wrong)
        files.look_again(job, title="情形", sheet=None, encoding=None, caller=HALL)
        file = looked_at(files, job)
        assert file.head is not None
        assert ([column.title for column in file.head.columns], file.head.text) == (["编号", "情形"], 1)
        files.start(job, 1, HALL)
        assert ended(files, job).rows_done == 1
    assert office.case("A-1")["text"] == FEE


@on_one_database
def test_personal_data_is_masked_in_what_is_chosen_by(files: FileDesk, office: Office, tmp_path: Path) -> None:
    job = bring(files, csv_file([("我叫王小明，电话13800138000", "投诉内容"), (f"电话13800138000。{FEE}", FEE)]))
    with office.working():
        head = looked_at(files, job).head
    assert head is not None
    assert "13800138000" not in head.model_dump_json()
    assert head.columns[0].cells == [f"电话***********。{FEE}"]
    files.give_up(job, HALL)
    assert list((tmp_path / "uploads").iterdir()) == []
    assert (files.find(job, HALL).status, files.find(job, HALL).problem) == ("failed", GIVEN_UP)


def test_the_same_file_chosen_alike_is_read_once(files: FileDesk, office: Office, tmp_path: Path) -> None:
    content = csv_file([TITLES, *rows("A")])
    first, second = bring(files, content), bring(files, content, "又一份.csv")
    with office.working():
        looked_at(files, first)
        looked_at(files, second)
        assert files.start(first, 1, HALL) == first
        assert files.start(second, 1, HALL) == first
        assert ended(files, first).rows_done == 3
        assert files.find(second, HALL).problem == KNOWN
        until(lambda: not list((tmp_path / "uploads").iterdir()))


def test_what_is_chosen_twice_or_too_late_is_refused(files: FileDesk, office: Office) -> None:
    job = bring(files, csv_file([TITLES, *rows("A")]))
    with pytest.raises(RefusedError, match="does not wait"):
        files.start(job, 1, HALL)
    with office.working():
        looked_at(files, job)
    for column in (-1, 5):
        with pytest.raises(RefusedError, match="Choose a column"):
            files.start(job, column, HALL)
    files.start(job, 1, HALL)
    for late in (
        lambda: files.start(job, 1, HALL),
        lambda: files.give_up(job, HALL),
        lambda: files.look_again(job, title=None, sheet=None, encoding=None, caller=HALL),
    ):
        with pytest.raises(RefusedError, match="does not wait"):
            late()
    assert files.find(job, HALL).status == "queued"


def test_a_file_is_its_owners_and_the_administrators(files: FileDesk) -> None:
    mine, theirs = bring(files, b"a\n1\n"), bring(files, b"a\n1\n", caller=LI)
    assert [file.job_id for file in files.newest(10, HALL)] == [mine]
    assert [file.job_id for file in files.newest(10, LOCAL)] == [theirs, mine]
    with pytest.raises(RefusedError, match="no file"):
        files.find(theirs, HALL)


@on_one_database
@pytest.mark.parametrize("name", ["bomb.xlsx", "broken.xlsx"])
def test_a_hostile_file_fails_alone(
    name: str, files: FileDesk, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPLAINTS_JOB_MAX_MEMORY", str(96 << 20))
    content = archives.FILES["xlsx_of_rows"](Random(1)) if name == "bomb.xlsx" else b"PK\x03\x04" + os.urandom(1_000)
    bad, good_job = bring(files, content, name), bring(files, csv_file([TITLES, *rows("A")]))
    with office.working():
        file = looked_at(files, bad)
        assert (file.status, file.head) == ("failed", None)
        assert ("MiB of memory" if name == "bomb.xlsx" else "cannot be read as Excel") in str(file.problem)
        assert looked_at(files, good_job).status == "waiting"
        until(lambda: [path.name for path in (tmp_path / "uploads").iterdir()] == [good_job])


@on_one_database
def test_a_file_that_kills_its_reader_twice_is_given_up(files: FileDesk, office: Office, tmp_path: Path) -> None:
    deadly, good = bring(files, b"a\n1\n"), bring(files, csv_file([TITLES, *rows("A")]))
    die = [sys.executable, "-c", f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})"]
    with office.working(lambda job, holder: die if job == deadly else reader(job, holder)):
        assert "breaks the reader" in str(looked_at(files, deadly).problem)
        assert looked_at(files, good).status == "waiting"


@on_one_database
def test_a_look_that_takes_too_long_is_given_up(
    files: FileDesk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "_LONGEST", 1.0)
    job = bring(files, b"a\n1\n")
    with office.working(lambda *_: ["sleep", "600"]):
        assert "looking at it took more than" in str(looked_at(files, job).problem)


def test_a_file_that_nobody_chooses_from_is_let_go_after_a_day(files: FileDesk, office: Office, tmp_path: Path) -> None:
    old, new = bring(files, csv_file([TITLES, *rows("A")])), bring(files, csv_file([TITLES, *rows("B")]))
    with office.working():
        looked_at(files, old)
        looked_at(files, new)
        with office.database.begin() as connection:
            yesterday = now() - timedelta(hours=25)
            connection.execute(update(JOBS).where(JOBS.c.job_id == old).values(created_at=yesterday))
        until(lambda: files.find(old, HALL).status == "failed")
        assert files.find(old, HALL).problem == EXPIRED
        until(lambda: [path.name for path in (tmp_path / "uploads").iterdir()] == [new])
    assert files.find(new, HALL).status == "waiting"


def test_what_became_of_a_file_is_counted_told_row_by_row_and_taken_home(files: FileDesk, office: Office) -> None:
    bad = [("A-4", " ", "", "", ""), ("A-5", APP, "飞鸽", "", "")]
    job = bring(files, csv_file([TITLES, *rows("A"), *bad, ("A-1", FEE, "热线", "2026/11/3 9:05", "￥300")]))
    with office.working():
        looked_at(files, job)
        files.start(job, 1, HALL)
        with pytest.raises(RefusedError, match="Ask again"):
            list(files.tagged(job, HALL, language="zh", told=str))
        ended(files, job)
    counts = files.distribution(job, HALL)
    assert (
        dict(counts.categories) == {"card_fees": 2, "fraud_and_theft": 1, "app_failure": 1}
        or len(counts.categories) == 3
    )
    for kind in (counts.categories, counts.verdicts, counts.departments):
        assert sum(number for _, number in kind) == 4
        assert [number for _, number in kind] == sorted((number for _, number in kind), reverse=True)
    refused = files.problems(job, HALL)
    assert [(row["line"], row["problem"].partition(":")[0]) for row in refused] == [
        (6, "内容为空 the text is empty"),
        (7, "channel"),
    ]
    assert [row["line"] for row in files.problems(job, HALL, after=refused[0]["row"], limit=1)] == [7]
    assert [row["line"] for row in files.refused(job, HALL)] == [6, 7]
    header, *tagged = files.tagged(job, HALL, language="zh", told=str.upper)
    assert list(header) == [zh for zh, _ in TAGGED]
    assert [row[1] for row in tagged] == ["A-1", "A-2", "A-3", "A-4", "A-5", "A-1"]
    assert tagged[0][2:6] == [FEE, "card_fees", "信用卡费用与利息", "信用卡"]
    assert [bool(row[-1]) for row in tagged] == [False, False, False, True, True, False]
    assert all(row[-1].isupper() for row in tagged if row[-1]), "in the words of whoever shows it"
    assert all(row[header.index("办结时限")] for row in tagged if not row[-1])
    assert next(files.tagged(job, HALL, language="en", told=str)) == [en for _, en in TAGGED]
