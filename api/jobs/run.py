"""Working on one job, in a process of its own: whatever its file does to the reader, it does to this process alone."""

from __future__ import annotations

import hashlib
import re
import resource
import time
from itertools import islice
from pathlib import Path
from typing import Final

import structlog
from pydantic import ValidationError
from sqlalchemy import RowMapping

from api.intake import Draft, Intake, storable
from api.jobs.rows import Columns
from api.problems import RefusedError, field_errors
from api.schemas import Classification
from api.storage import UNAVAILABLE, Cases, Database, JobRow, Jobs, Lease, TakenError, cause, record
from api.telemetry.metrics import count_case
from classifier.errors import ComplaintsError, TableError, TextError
from classifier.masking import mask
from classifier.tables import TEXT_COLUMNS, Row, Table, find_text_column, open_table
from classifier.tables.columns import CHANNELS

CHUNK: Final = 50
"""Rows kept in one transaction: a job that is cut off begins again after the last whole chunk."""
_AGAIN: Final = 1.0
"""Seconds to wait for a case database that does not answer."""

_MOST_ROWS: Final = 5_000_000
"""A megabyte of Parquet may hold a hundred million rows, and the other jobs would wait for days."""
_SHOWN: Final = 80
_LONGEST_ID: Final = 200
_FLAG: Final = re.compile(r"--(text|sheet|encoding)( (?=\w))?")
"""An option of the command line, which over HTTP is a parameter of the same name."""

_LOG = structlog.get_logger("jobs")


def run_job(job_id: str, file: Path, intake: Intake, database: Database, lease: Lease, most_bytes: int) -> None:
    """Read the rest of a job's file and keep its rows, each once.

    Parameters
    ----------
    job_id : str
    file : Path
    intake : Intake
    database : Database
    lease : Lease
        Held by the process that started this one.
    most_bytes : int
        Memory that reading may take, on top of what this process has already.

    Raises
    ------
    LeaseLostError
        If another process works on it by now.
    """
    jobs = Jobs(database)
    job = jobs.find(job_id)
    if job is None:
        raise LookupError(job_id)
    limit_memory(most_bytes)
    try:
        _read(job, file, intake, database, lease)
        problem = None
    except ComplaintsError as error:
        problem = told(error, file, job)
    except MemoryError:
        problem = too_large(most_bytes)
    jobs.finish(job["number"], lease, problem)


def too_large(most_bytes: int) -> str:
    """What to tell whoever sent a file that needs more memory than that."""
    return (
        f"the file: reading it takes more than {most_bytes >> 20:,} MiB of memory, or breaks the reader. "
        "Save it as CSV, cut it in parts, or raise COMPLAINTS_JOB_MAX_MEMORY."
    )


def told(error: ComplaintsError, file: Path, job: RowMapping) -> str:
    """What to tell whoever sent a file that cannot be read."""
    # It may name columns, in characters that no database keeps.
    said = str(error).replace(str(file), str(job["name"] or "the file")).encode("utf-8", "replace").decode()
    return mask(storable(_FLAG.sub(r"?\1=", said)))


def limit_memory(most_bytes: int) -> None:
    """Let this process take so much memory on top of what it has."""
    now = next(
        int(line.split()[1]) << 10
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        if line.startswith("VmData:")
    )
    resource.setrlimit(resource.RLIMIT_DATA, (now + most_bytes, resource.RLIM_INFINITY))


def opened(job: RowMapping, file: Path) -> Table:
    """A job's file, opened as the job says. Raises `TableError`."""
    header = [job["text_column"]] if job["text_column"] else TEXT_COLUMNS
    table = open_table(file, encoding=job["encoding"], sheet=job["sheet"], header=header)
    if table.total > _MOST_ROWS:
        raise TableError(f"has {table.total:,} rows", where=str(file), remedy=f"Cut it in parts of {_MOST_ROWS:,}.")
    return table


def _read(job: RowMapping, file: Path, intake: Intake, database: Database, lease: Lease) -> None:
    table = opened(job, file)
    chosen: int | None = job["text_place"]
    columns = Columns(table, find_text_column(table, job["text_column"]) if chosen is None else chosen)
    found = {field: shown(title) for field, title in columns.found.items()}
    Jobs(database).begin(job["number"], table.total, found, [shown(note) for note in table.notes], lease)
    rows = islice(enumerate(row for block in table.blocks() for row in block.rows), job["rows_done"], None)
    while chunk := list(islice(rows, CHUNK)):
        drafts = [_draft(number, row, columns, job, intake) for number, row in chunk]
        while True:
            try:
                _keep(drafts, job, intake, database, lease)
                break
            except TakenError:  # somebody sent one of them over HTTP at the same moment
                continue
            except UNAVAILABLE as error:
                _LOG.error("case database", cause=cause(error))
                time.sleep(_AGAIN)


def _draft(number: int, row: Row, columns: Columns, job: RowMapping, intake: Intake) -> tuple[JobRow, Draft | None]:
    """A row read, or what is wrong with it."""
    problem = row.error
    if not problem:
        try:
            request = columns.request(row.cells)
            # Of the file and the row, not of the job: however it is sent again, it is the same complaint.
            made_id = f"{_hash(job['file_hash'] + request.model_dump_json())}-{number + 1}"
            return JobRow(number, row.line), intake.read(request, job["owner"], made_id=made_id)
        except ValidationError as error:
            problem = "; ".join(f"{field.pointer[1:]}: {field.detail}" for field in field_errors(error.errors()))
            if problem.startswith("channel:"):
                problem += f"; or {', '.join(CHANNELS)}"
        except TextError as error:
            problem = error.what
    return JobRow(number, row.line, problem=problem, sent_id=_sent_id(row, columns)), None


def _sent_id(row: Row, columns: Columns) -> str | None:
    try:
        sent = columns.sent_id(row.cells)
    except TableError:  # it is what is wrong with the row
        return None
    return sent and shown(sent, _LONGEST_ID)


def shown(text: str, most: int = _SHOWN) -> str:
    """A piece of a file as a job may show it: of a file without a header, the title is somebody's complaint."""
    return mask(storable(_FLAG.sub(r"?\1=", text))).encode("utf-8", "replace").decode()[:most]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _keep(
    drafts: list[tuple[JobRow, Draft | None]], job: RowMapping, intake: Intake, database: Database, lease: Lease
) -> None:
    """Keep a chunk: all of it, or nothing."""
    rows: list[JobRow] = []
    new: list[Classification] = []
    with Cases(database).writing() as writing:
        lease.require(writing.connection)
        for row, draft in drafts:
            if draft is None:
                rows.append(row)
                continue
            kept = intake.keep(writing, draft)
            if isinstance(kept, RefusedError):
                rows.append(JobRow(row.row, row.line, problem=str(kept), sent_id=draft.complaint_id))
                continue
            rows.append(JobRow(row.row, row.line, complaint=kept.number, known=not kept.created))
            if kept.created:
                new.append(draft.said)
        record(writing.connection, job["number"], rows)
    for said in new:
        count_case(said)
