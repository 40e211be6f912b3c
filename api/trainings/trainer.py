"""The worker's part in trainings: one at a time, in a process of its own, beside the files that are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import RowMapping

from api.intake import storable
from api.storage import Database, Lease, Trainings, now
from api.storage.trainings import WORKED_ON, Status
from api.trainings.histories import FINDINGS, Histories
from api.trainings.run import Run
from classifier.errors import ComplaintsError
from classifier.masking import mask

_MOST_STARTS: Final = 3
"""One whose process was cut off so often, with its worker, is given up."""
_UNDECIDED: Final = timedelta(days=7)
"""A history that was looked at and that nobody trains on is removed after so long: it holds personal data."""
_REFUSED: Final = 2
"""Exit of a process that says what is wrong."""
_COLUMNS: Final = ("text", "label", "at", "channel", "customer", "sheet", "encoding")

_LOG = structlog.get_logger("trainer")


class Trainer:
    """Works on the trainings of a database: `tick` is called again and again, under the worker's lease.

    Parameters
    ----------
    database : Database
    histories : Histories
    program : sequence of str
        The command line of ``complaints``.
    taxonomy : callable
        Gives the taxonomy file by which labels are understood.
    """

    def __init__(
        self, database: Database, histories: Histories, program: Sequence[str], taxonomy: Callable[[], Path | None]
    ) -> None:
        self._trainings = Trainings(database)
        self._histories = histories
        self._program = program
        self._taxonomy = taxonomy
        self._tidied = False
        self._run: Run | None = None
        self._number = 0
        self._told: list[dict[str, Any]] = []

    def tick(self, lease: Lease) -> None:
        """Start what waits, tell how far it is, and say how it ended. Raises `LeaseLostError`."""
        unfinished = self._trainings.open()
        if not self._tidied:
            self._histories.tidy({row["training_id"] for row in unfinished})
            self._tidied = True
        if self._run is None:
            self._begin(unfinished, lease)
            return
        row = next((row for row in unfinished if row["number"] == self._number and row["status"] in WORKED_ON), None)
        if row is None:
            _LOG.info("training discarded")
            self.stop()
            return
        status = self._run.status()
        if status is None:
            self._tell(row, lease)
        else:
            self._end(row, self._run, status, lease)

    def stop(self) -> None:
        """End what runs; the next worker begins it again."""
        self._tidied = False
        if self._run is not None:
            self._run.end()
            self._run = None

    def _begin(self, unfinished: Sequence[RowMapping], lease: Lease) -> None:
        for row in unfinished:
            if row["status"] == "checked" and row["started_at"] < now() - _UNDECIDED:
                said = f"{_UNDECIDED.days}天内无人开始训练，文件已删除。 Nobody trained on it; the file was removed."
                self._finish(row, lease, "failed", problem=said)
        waiting = [row for row in unfinished if row["status"] in WORKED_ON]
        if waiting:
            self._start(waiting[0], lease)

    def _start(self, row: RowMapping, lease: Lease) -> None:
        problem = ""
        if row["starts"] >= _MOST_STARTS:
            problem = (
                f"已开始{row['starts']}次，每次都随工作进程一起中断，多半是内存不足。 "
                f"It was started {row['starts']} times and broken off with its worker each time: "
                "probably memory is short. Use less data, or more memory."
            )
        elif row["name"] and not self._history(row).is_file():
            problem = "文件已不在数据目录中，请重新上传。 The file is no longer in the data folder. Send it again."
        try:
            command = [] if problem else [*self._program, *self._arguments(row)]
        except ComplaintsError as error:
            problem = str(error)
        if problem:
            self._finish(row, lease, "failed", problem=problem)
            return
        self._trainings.begin(row["number"], lease)
        _LOG.info("training begins", training=row["training_id"], step=row["status"])
        self._number, self._told = row["number"], []
        self._run = Run(command, self._histories.folder(row["training_id"]))

    def _history(self, row: RowMapping) -> Path:
        return self._histories.history(row["training_id"], row["name"])

    def _arguments(self, row: RowMapping) -> Iterator[str]:
        options = row["options"]
        if options.get("compared"):
            yield from ("compare", "--json")
            if row["name"]:
                yield f"--on={self._history(row)}"
            yield from self._read(row)
            yield from ("--", *options["compared"])
        else:
            yield "train"
            if row["name"]:
                yield str(self._history(row))
            yield from self._read(row)
            yield from self._taught(row)

    def _read(self, row: RowMapping) -> Iterator[str]:
        """How the history is read, for whom."""
        options = row["options"]
        if options["corrections"]:
            yield "--sql=cases"
        yield from (f"--{name}={options[name]}" for name in _COLUMNS if options.get(name))
        if options.get("skip_unknown"):
            yield "--skip-unknown"
        yield f"--on-behalf-of={row['owner']}"

    def _taught(self, row: RowMapping) -> Iterator[str]:
        """How a model learns from it."""
        options = row["options"]
        yield f"--labels={options['labels']}"
        yield f"--split={options['split']}"
        if options["bundled"] is not None:
            yield "--bundled" if options["bundled"] else "--no-bundled"
        taxonomy = self._taxonomy()
        if taxonomy is not None:
            yield f"--taxonomy={taxonomy}"
        yield f"--findings={self._histories.folder(row['training_id']) / FINDINGS}"
        yield "--progress-json"
        yield "--check" if row["status"] == "checking" else f"--reason={row['reason']}"

    def _tell(self, row: RowMapping, lease: Lease) -> None:
        assert self._run is not None  # noqa: S101  # who calls has looked
        stages = [_measured(stage) for stage in self._run.told.stages.values()]
        if stages != self._told and self._trainings.tell(row["number"], lease, stages=stages):
            self._told = stages

    def _end(self, row: RowMapping, run: Run, status: int, lease: Lease) -> None:
        told, checking = run.told, row["status"] == "checking"
        values: dict[str, Any] = {"stages": [_measured(stage) for stage in told.stages.values()]}
        end: Status = "failed"
        if status == 0 and told.result is not None:
            end, values["result"] = "done", _kept(told.result)
        elif status == 0 and checking and "data" in told.found:
            end = "checked"
        elif status == _REFUSED and told.error is not None:
            # Of a file that could be opened, other columns may be chosen or other labels told.
            end = "checked" if checking and told.found else "failed"
            values["problem"] = mask(storable(told.error))
        else:
            values |= {"problem": _broken_off(status), "log": storable(run.log()) or None}
        if checking and told.found:
            values["report"] = told.found
        self._finish(row, lease, end, **values)
        self._run = None

    def _finish(self, row: RowMapping, lease: Lease, status: Status, **values: Any) -> None:
        if status != "checked":
            values["report"] = without_examples(values.get("report", row["report"]))
        self._trainings.finish(row["number"], lease, status, **values)
        _LOG.info("training's step ended", training=row["training_id"], step=row["status"], status=status)
        if status != "checked":
            self._histories.remove(row["training_id"])


def without_examples(report: dict[str, Any] | None) -> dict[str, Any] | None:
    """A report without the pieces of the history by which columns are chosen."""
    return report and {name: found for name, found in report.items() if name != "sources"}


def _measured(stage: dict[str, Any]) -> dict[str, Any]:
    return {name: stage[name] for name in ("stage", "done", "total", "seconds", "remaining")}


def _kept(result: dict[str, Any]) -> dict[str, Any]:
    """A result without the texts on which two models disagree: the report has those that matter."""
    comparison = result["comparison"]
    return {
        "version": result["version"],
        "metrics": {name: value for name, value in result["metrics"].items() if name not in ("categories", "signals")},
        "comparison": comparison and {name: value for name, value in comparison.items() if name != "disagreements"},
    }


def _broken_off(status: int) -> str:
    if status < 0:
        return (
            f"进程被信号{-status}终止，多半是内存不足：减少数据，或给机器加内存。 "
            f"The process was ended by signal {-status}: probably memory is short. Use less data, or more memory."
        )
    return f"进程意外结束（{status}），日志见下。 The process broke off ({status}): see its log below."
