"""From a labelled history to a judged model, as people at the console do it; and what stops one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from api.problems import RefusedError
from api.storage import Lease, now
from api.storage.schema import ACTS
from api.storage.trainings import TRAININGS
from api.trainings.service import Options
from tests.api.conftest import on_one_database
from tests.api.jobs.conftest import until
from tests.api.trainings.conftest import ANALYST, DATA, RESULT, SOURCES, STEP, Office, history, saying, written
from training import Labelled

FOREVER = "time.sleep(600)"
CHECKED = saying(SOURCES, STEP, DATA)


def waiting(office: Office) -> str:
    """A training that was looked at, and waits for its analyst."""
    training = office.upload()
    with office.working(CHECKED):
        assert office.when(training, "checked", "failed").ready
    return training


@on_one_database
def test_a_history_is_looked_at_trained_on_and_judged(office: Office, corpus: list[Labelled]) -> None:
    training = office.upload(history(corpus), labels="as-is")
    with office.working():
        looked_at = office.when(training, "checked", "failed")
        assert looked_at.ready, (looked_at.problem, looked_at.log)
        assert looked_at.report is not None
        data = looked_at.report["data"]
        assert data["read"] == 81
        assert {"zh": "没有内容", "en": "no text", "rows": 1, "done": "已剔除 dropped"} in data["findings"]
        assert data["sources"][0]["columns"] == {"text": "投诉内容", "label": "投诉分类"}
        assert {category["zh"] for category in data["categories"]} == {"自助渠道", "信用卡收费"}
        assert sum(category["rows"] for category in data["categories"]) == data["kept"] == data["train"] + data["test"]
        (column, _) = looked_at.report["sources"][0]["columns"]
        assert column["title"] == "投诉内容"
        assert column["example"].startswith("来电人称")
        findings = office.desk.findings(training, ANALYST)
        assert "台账.csv, line 82" in findings
        assert "/" not in findings
        office.desk.train(training, "新类别", ANALYST)
        done = office.when(training, "done", "failed")
    assert done.status == "done", (done.problem, done.log)
    assert done.result is not None
    version = done.result["version"]
    assert office.registry.versions()[-1] == version
    assert done.result["comparison"]["verdict"] == "better"
    said = office.registry.verdict(version)
    assert said is not None
    assert (said.verdict, said.by) == ("better", "陈分析")
    kept = next(event for event in office.registry.history() if event.version == version)
    assert (kept.act, kept.by, kept.reason) == ("kept", "陈分析", "新类别")
    assert any(stage["stage"].startswith("交叉验证") and stage["done"] == stage["total"] for stage in done.stages)
    # Nothing of the history is left, not even the example by which columns were told.
    assert office.files() == []
    assert done.report is not None
    assert "sources" not in done.report
    with office.database.connect() as connection:
        acts = connection.execute(select(ACTS.c.act, ACTS.c.owner).where(ACTS.c.subject == training)).all()
    assert acts == [(act, "陈分析") for act in ("upload history", "download findings", "train")]


@on_one_database
def test_labels_that_mean_nothing_and_columns_nobody_can_tell_are_asked_about(
    office: Office, corpus: list[Labelled]
) -> None:
    unknown = office.upload(history(corpus, 5))
    untold = office.upload(
        written([["甲", "乙", "丙"], *[[f"取款机吞卡第{n}次", "自助设备与现金", "x"] for n in range(9)]])
    )
    with office.working():
        first, second = (office.when(training, "checked", "failed") for training in (unknown, untold))
        assert first.status == second.status == "checked"
        assert not first.ready
        assert first.report is not None
        assert ("自助渠道", 5) in [(label["label"], label["rows"]) for label in first.report["unknown"]]
        assert "mean no category" in (first.problem or "")
        assert "cannot tell which column" in (second.problem or "")
        assert second.report is not None
        assert [column["title"] for column in second.report["sources"][0]["columns"]] == ["甲", "乙", "丙"]
        with pytest.raises(RefusedError, match="cannot tell which column"):
            office.desk.train(untold, "试试", ANALYST)
        office.desk.check(unknown, Options(labels="as-is"), ANALYST)
        office.desk.check(untold, Options(text="甲", label="乙"), ANALYST)
        until(lambda: office.desk.find(unknown).status == office.desk.find(untold).status == "checked")
    again = office.desk.find(untold)
    assert again.report is not None
    assert again.report["data"]["sources"][0]["columns"] == {"text": "甲", "label": "乙"}


@on_one_database
def test_a_file_that_is_no_table_fails_and_is_gone(office: Office) -> None:
    training = office.upload(b"\x00\x01\x02" * 100, name="../../台账 王小明13812345678.xlsx")
    with office.working():
        failed = office.when(training, "checked", "failed")
    assert failed.status == "failed"
    assert failed.name is not None
    assert "13812345678" not in failed.name
    assert str(office.folder) not in (failed.problem or "")
    assert office.files() == []


@on_one_database
def test_corrections_alone_are_a_history(office: Office) -> None:
    training = office.desk.from_corrections(Options(), ANALYST).training_id
    with office.working():
        looked_at = office.when(training, "checked", "failed")
    assert looked_at.options.corrections
    assert "no row is left to learn from" in (looked_at.problem or "")


def test_how_far_it_is_can_be_seen_and_it_can_be_called_off(office: Office) -> None:
    training = office.upload()
    with office.working(saying(SOURCES, STEP, then=FOREVER)):
        until(lambda: office.desk.find(training).stages)
        (stage,) = office.desk.find(training).stages
        assert (stage["stage"], stage["done"], stage["total"]) == ("读取 reading", 1, 2)
        child = _children(os.getpid())
        office.desk.discard(training, ANALYST)
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in child))
        # The next one has its turn.
        another = office.upload()
        until(lambda: office.desk.find(another).stages)
    assert office.desk.find(training).status == "discarded"
    with pytest.raises(RefusedError, match="discarded by now"):
        office.desk.discard(training, ANALYST)
    assert [name for name in office.files() if name != "log"] == ["台账.csv"]


def test_one_at_a_time_in_order(office: Office) -> None:
    first, second = office.upload(), office.upload()
    with office.working(CHECKED):
        office.when(second, "checked")
    rows = [office.desk.find(training) for training in (first, second)]
    assert rows[0].started_at is not None
    assert rows[1].started_at is not None
    assert rows[0].started_at < rows[1].started_at
    assert [training.training_id for training in office.desk.newest(10)] == [second, first]


def test_a_process_that_is_killed_has_failed_and_says_so(office: Office) -> None:
    training = waiting(office)
    office.desk.train(training, "每月", ANALYST)
    with office.working(saying(STEP, then="os.kill(os.getpid(), signal.SIGKILL)")):
        failed = office.when(training, "done", "failed")
    assert failed.status == "failed"
    assert "signal 9" in (failed.problem or "")
    assert "memory is short" in (failed.problem or "")
    assert office.files() == []


def test_a_process_that_breaks_leaves_the_end_of_its_log_masked(office: Office) -> None:
    training = waiting(office)
    office.desk.train(training, "每月", ANALYST)
    with office.working(saying(then="raise ValueError('手机13812345678')")):
        failed = office.when(training, "failed")
    assert failed.log is not None
    assert "ValueError" in failed.log
    assert "13812345678" not in failed.log


def test_a_process_that_says_what_is_wrong_is_quoted(office: Office) -> None:
    training = waiting(office)
    office.desk.train(training, "每月", ANALYST)
    with office.working(saying(json.dumps({"error": "too few texts"}), then="sys.exit(2)")):
        failed = office.when(training, "failed")
    assert (failed.problem, failed.log) == ("too few texts", None)


def test_a_worker_that_is_told_to_stop_leaves_its_training_to_the_next(office: Office) -> None:
    training = office.upload()
    with office.working(saying(STEP, then=FOREVER)):
        until(lambda: office.desk.find(training).stages)
        (child,) = _children(os.getpid())
    assert not Path(f"/proc/{child}").exists()
    assert office.desk.find(training).status == "checking"
    with office.working(CHECKED):
        assert office.when(training, "checked").ready


def test_one_that_takes_its_worker_along_again_and_again_is_given_up(office: Office) -> None:
    training = office.upload()
    for _ in range(3):
        with office.working(saying(STEP, then=FOREVER)):
            until(lambda: office.desk.find(training).stages)
        with office.database.begin() as connection:
            connection.execute(update(TRAININGS).values(stages=[]))
    with office.working(CHECKED):
        failed = office.when(training, "failed", "checked")
    assert "broken off with its worker" in (failed.problem or "")


def test_who_has_lost_the_lease_ends_what_it_has_started(office: Office) -> None:
    training = office.upload()
    with office.working(saying(STEP, then=FOREVER)):
        until(lambda: office.desk.find(training).stages)
        (child,) = _children(os.getpid())
        with office.database.begin() as connection:
            connection.exec_driver_sql("UPDATE leases SET holder = 'another'")
        until(lambda: not Path(f"/proc/{child}").exists())


def test_a_history_that_nobody_trains_on_is_removed_after_a_week(office: Office) -> None:
    training = waiting(office)
    assert "台账.csv" in office.files()
    with office.database.begin() as connection:
        connection.execute(update(TRAININGS).values(started_at=now() - timedelta(days=8)))
    with office.working(CHECKED):
        failed = office.when(training, "failed")
    assert "7天内无人开始训练" in (failed.problem or "")
    assert office.files() == []


def test_a_history_whose_file_is_gone_has_failed(office: Office) -> None:
    training = waiting(office)
    office.histories.remove(training)
    office.desk.train(training, "每月", ANALYST)
    with office.working(saying(RESULT)):
        assert "Send it again" in (office.when(training, "failed", "done").problem or "")


def test_only_abandoned_histories_are_tidied_away(office: Office) -> None:
    training = waiting(office)
    hours_ago = time.time() - 2 * 3_600
    for name in ("cut-off", "coming-in"):
        (office.folder / "incoming" / name).write_bytes(b"a")
        (office.folder / name).mkdir()
    for path in ("incoming/cut-off", "cut-off", training):
        os.utime(office.folder / path, (hours_ago, hours_ago))
    office.histories.tidy({training})
    assert {path.name for path in office.folder.iterdir()} == {training, "incoming", "coming-in"}
    assert {path.name for path in (office.folder / "incoming").iterdir()} == {"coming-in"}


@on_one_database
def test_a_real_worker_that_is_killed_takes_its_training_along(office: Office, corpus: list[Labelled]) -> None:
    training = office.upload(history(corpus), labels="as-is")
    command = [sys.executable, "-m", "cli", "worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as worker:
        until(lambda: office.desk.find(training).started_at)
        (child,) = until(lambda: _children(worker.pid))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    until(lambda: not Path(f"/proc/{child}").exists())
    assert office.desk.find(training).status == "checking"
    lease = Lease("jobs")
    until(lambda: lease.take(office.database))


def _children(process: int) -> list[int]:
    """The sessions that a process, or a thread of it, has begun."""
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return [pid for pid in found if os.getsid(pid) == pid]
