"""Files of complaints, as an office sends them: some that are read with a few bad rows, and one that cannot be read."""

from __future__ import annotations

import asyncio
import csv
import io
import resource
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from api.access.caller import Caller
from api.intake import Intake
from api.jobs.run import run_job
from api.jobs.service import JobService, Options
from api.jobs.uploads import Uploads
from api.jobs.worker import LEASE
from api.settings import Settings
from api.storage import Database, Jobs, Lease
from cli.demo.stories import Story

HEADER: Final = ("工单编号", "投诉内容", "投诉渠道", "地区", "网点", "客户类型", "产品", "金额", "客户号")
_CHANNELS: Final = {"branch": "网点", "letter": "信函"}


class Files:
    """The door for files, and the worker behind it.

    Parameters
    ----------
    settings : Settings
    database : Database
    uploads : Uploads
    intake : Intake
    """

    def __init__(self, settings: Settings, database: Database, uploads: Uploads, intake: Intake) -> None:
        self._settings = settings
        self._database = database
        self._uploads = uploads
        self._service = JobService(database, uploads, settings.upload_max_bytes)
        self._intake = intake

    def send(self, name: str, content: bytes, caller: Caller, kept: Callable[[dict[str, Any]], None]) -> None:
        """Upload a file and have it read; `kept` gets the answer to every complaint in it."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        job, _ = asyncio.run(self._service.upload(chunks(), name=name, options=Options(), caller=caller))
        lease = Lease(LEASE)
        lease.take(self._database)
        path = self._uploads.path(job.job_id)
        with _same_limits():
            run_job(job.job_id, path, self._intake, self._database, lease, self._settings.job_max_memory)
        self._uploads.remove(job.job_id)
        lease.give_back(self._database)
        jobs = Jobs(self._database)
        row = jobs.find(job.job_id)
        assert row is not None  # noqa: S101  # it has just been kept
        for result in jobs.results(row["number"]):
            if result["answer"] is not None:
                kept(result["answer"])


@contextmanager
def _same_limits() -> Iterator[None]:
    """Reading a file limits the memory of its process, which is meant to end with it; this one goes on."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def table(stories: Sequence[Story]) -> bytes:
    """Complaints as an office writes them down; now and then a row is left without its text, or has no amount."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(HEADER)
    for number, story in enumerate(stories):
        request, more = story.request, story.request.metadata
        text = "" if number % 37 == 20 else request.text
        amount = "待核实" if number % 29 == 15 else more.amount
        channel = _CHANNELS.get(request.channel or "", "电话")
        known = (request.region, request.branch, more.segment, more.product, amount, more.customer_key)
        writer.writerow((request.complaint_id, text, channel, *known))
    return lines.getvalue().encode("utf-8-sig")


UNREADABLE: Final = "序号,经办人,日期\n1,周敏,2026-01-05\n2,吕岩,2026-01-06\n".encode()
"""A file without any complaint in it."""
