"""Files that a person sends in, chooses a column of, watches and takes home again. No HTTP in here."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel
from sqlalchemy import RowMapping
from starlette.concurrency import run_in_threadpool

from api.access.caller import Caller
from api.cases import Kept
from api.jobs.head import Head
from api.jobs.uploads import Uploads
from api.problems import RefusedError
from api.storage import Database, Jobs, log_alone
from classifier.masking import mask
from classifier.routing import in_china

State = Literal["arrived", "waiting", "queued", "running", "done", "failed"]

GIVEN_UP: Final = "It was given up before it was read."
KNOWN: Final = "The same file has been sent before, and is read there."

TAGGED: Final = (
    ("行号", "line"),
    ("投诉编号", "complaint_id"),
    ("投诉内容（已脱敏）", "text (masked)"),
    ("类别代码", "category_code"),
    ("类别", "category"),
    ("大类", "group"),
    ("次要类别", "secondary"),
    ("置信度", "confidence"),
    ("处理方式", "decision"),
    ("信号", "signals"),
    ("部门", "department"),
    ("协办部门", "co_departments"),
    ("优先级", "priority"),
    ("首次响应时限", "first_response_due"),
    ("办结时限", "resolution_due"),
    ("首次或重复", "standing"),
    ("错误", "error"),
)
"""Columns of a tagged file, in Chinese and English."""

_NOTHING: Final = [""] * (len(TAGGED) - 3)
"""Said of a refused row, between its id and what is wrong with it."""

_WORDS: Final = {
    "zh": {"auto": "自动", "review": "待复核", "new": "首次", "repeat": "重复"},
    "en": {"auto": "auto", "review": "review", "new": "new", "repeat": "repeat"},
}


class FileOut(BaseModel):
    """A file that somebody has sent in, and how far it is."""

    job_id: str
    created_at: Kept
    owner: str
    name: str | None
    bytes: int
    status: State
    started_at: Kept | None
    finished_at: Kept | None
    problem: str | None
    text_column: str | None
    sheet: str | None
    encoding: str | None
    columns: dict[str, str] | None
    notes: list[str] | None
    rows_total: int | None
    rows_done: int
    rows_known: int
    rows_failed: int
    head: Head | None


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many rows of a file were said to be what, by code, the most first."""

    categories: Sequence[tuple[str, int]]
    verdicts: Sequence[tuple[str, int]]
    departments: Sequence[tuple[str, int]]


class FileDesk:
    """Where people bring files.

    Parameters
    ----------
    database : Database
    uploads : Uploads
    upload_max_bytes : int
    """

    def __init__(self, database: Database, uploads: Uploads, upload_max_bytes: int) -> None:
        self._database = database
        self._jobs = Jobs(database)
        self._uploads = uploads
        self.limit = upload_max_bytes

    async def receive(self, chunks: AsyncIterator[bytes], *, name: str | None, caller: Caller) -> str:
        """Keep a file that is to be looked at; the id of its job.

        Raises
        ------
        RefusedError
            If the file is empty or too large.
        OSError
            If there is no room for it.
        """
        upload = await self._uploads.receive(chunks, self.limit)
        job = {
            "job_id": upload.job_id,
            "owner": caller.owner,
            "name": None if name is None else mask(name),
            "status": "arrived",
            "file_hash": upload.file_hash,
            "bytes": upload.bytes,
        }
        try:
            await run_in_threadpool(self._jobs.add, job, caller.act("upload", upload.job_id))
        except BaseException:
            self._uploads.remove(upload.job_id)
            raise
        return upload.job_id

    def newest(self, limit: int, caller: Caller) -> list[FileOut]:
        """The last files, the caller's own or, for an admin, all."""
        rows = self._jobs.newest(None if caller.may("admin") else caller.owner, limit, undecided=True)
        return [_out(row) for row in rows]

    def find(self, job_id: str, caller: Caller) -> FileOut:
        """How far a file is. Raises `RefusedError` if there is none, or it is somebody else's."""
        return _out(self._row(job_id, caller))

    def look_again(
        self, job_id: str, *, title: str | None, sheet: str | None, encoding: str | None, caller: Caller
    ) -> None:
        """Let a file be looked at as chosen. Raises `RefusedError` if that is nothing to choose, or too late."""
        job = self._row(job_id, caller)
        head = self._head(job)
        if sheet is not None and sheet not in head.sheets:
            raise RefusedError("invalid-field", f"There is no sheet {sheet!r}.", "/sheet")
        chosen = {"text_column": title, "sheet": sheet, "encoding": encoding}
        if not self._jobs.look_again(job["number"], chosen):
            raise _too_late()

    def start(self, job_id: str, column: int, caller: Caller) -> str:
        """Let a file be read, the complaint being in the column of that index.

        Returns
        -------
        str
            The id of its job, or of the one that has read the same file in the same way.

        Raises
        ------
        RefusedError
            If there is no such column, or the file waits no longer.
        """
        job = self._row(job_id, caller)
        if not 0 <= column < self._head(job).width:
            raise RefusedError("invalid-field", "Choose a column of the file.", "/column")
        chosen = (job["owner"], job["text_column"], job["sheet"], job["encoding"], str(column))
        mark = self._uploads.hash_of(job["file_hash"], *chosen)
        same = self._jobs.start(job["number"], column, mark, caller.act("start", job_id))
        if same is None:
            return job_id
        if same["job_id"] != job_id:
            self._drop(job, KNOWN, caller)
        return str(same["job_id"])

    def give_up(self, job_id: str, caller: Caller) -> None:
        """Delete a file that nothing has been read of. Raises `RefusedError` if it waits no longer."""
        self._drop(self._row(job_id, caller), GIVEN_UP, caller)

    def distribution(self, job_id: str, caller: Caller) -> Distribution:
        """How many rows were said to be what."""
        counts: dict[str, Counter[str]] = {name: Counter() for name in ("category", "verdict", "department")}
        for row in self._jobs.distribution(self._row(job_id, caller)["number"]):
            for name, counter in counts.items():
                counter[row[name]] += row["rows"]
        return Distribution(*(counter.most_common() for counter in counts.values()))

    def problems(self, job_id: str, caller: Caller, *, after: int = -1, limit: int = 50) -> Sequence[RowMapping]:
        """The rows that were refused, in order, behind a row's number: row, line, problem."""
        return self._jobs.problems(self._row(job_id, caller)["number"], after, limit)

    def refused(self, job_id: str, caller: Caller) -> Iterator[RowMapping]:
        """All rows that were refused."""
        job = self._row(job_id, caller)["number"]
        log_alone(self._database, caller.act("download", job_id))
        return self._refused(job)

    def tagged(
        self, job_id: str, caller: Caller, *, language: Literal["zh", "en"], told: Callable[[str], str]
    ) -> Iterator[Sequence[Any]]:
        """The cells of a finished file's rows, tagged, with their header; `told` says in words why one was refused.

        Raises `RefusedError` if it is unfinished.
        """
        job = self._row(job_id, caller)
        if job["status"] not in ("done", "failed"):
            raise RefusedError("unfinished-job", f"It has done {job['rows_done']} rows. Ask again when it is done.")
        log_alone(self._database, caller.act("download", job_id))
        return self._cells(job["number"], language, told)

    def _refused(self, job: int) -> Iterator[RowMapping]:
        after = -1
        while found := self._jobs.problems(job, after, 1_000):
            yield from found
            after = found[-1]["row"]

    def _cells(self, job: int, language: Literal["zh", "en"], told: Callable[[str], str]) -> Iterator[Sequence[Any]]:
        yield [names[("zh", "en").index(language)] for names in TAGGED]
        for row in self._jobs.results(job):
            said = [row["sent_id"] or "", *_NOTHING] if row["answer"] is None else _said(row, language)
            yield [row["line"], *said, told(row["problem"]) if row["problem"] else ""]

    def _head(self, job: RowMapping) -> Head:
        if job["status"] != "waiting":
            raise _too_late()
        return Head.model_validate(job["head"])

    def _drop(self, job: RowMapping, why: str, caller: Caller) -> None:
        if not self._jobs.give_up(job["number"], why, caller.act("give up", job["job_id"])):
            raise _too_late()
        self._uploads.remove(job["job_id"])

    def _row(self, job_id: str, caller: Caller) -> RowMapping:
        job = self._jobs.find(job_id)
        if job is None or not (caller.may("admin") or job["owner"] == caller.owner):
            raise RefusedError("no-such-job", f"There is no file {job_id!r} of yours.")
        return job


def _said(row: RowMapping, language: Literal["zh", "en"]) -> list[Any]:
    answer, words = row["answer"], _WORDS[language]

    def named(names: Sequence[Mapping[str, str]]) -> str:
        return "；".join(dict.fromkeys(one[language] for one in names))

    return [
        row["complaint_id"],
        row["text"],
        answer["category"]["code"],
        answer["category"][language],
        answer["group"][language],
        named(answer["secondary"]),
        answer["confidence"],
        words[answer["decision"]],
        named(answer["signals"]),
        answer["department"][language],
        named(answer["co_departments"]),
        answer["priority"],
        *(in_china(datetime.fromisoformat(answer[name])) for name in ("first_response_due", "resolution_due")),
        words.get(answer.get("standing"), ""),
    ]


def _out(row: RowMapping) -> FileOut:
    return FileOut.model_validate(dict(row))


def _too_late() -> RefusedError:
    return RefusedError("out-of-order", "The file does not wait to be chosen from: it is being read, or has been.")
