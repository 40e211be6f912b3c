"""What people do with trainings. No HTTP in here."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import RowMapping
from starlette.concurrency import run_in_threadpool

from api.access.caller import Caller
from api.cases import Kept
from api.problems import RefusedError
from api.schemas import Short
from api.storage import Database, Trainings, log_alone
from api.storage.trainings import Status
from api.trainings.histories import FINDINGS, Histories
from api.trainings.trainer import without_examples
from classifier.masking import mask


class Options(BaseModel):
    """How a history is read and parted, as `complaints train` has it; columns that are not named are found."""

    text: Short | None = None
    label: Short | None = None
    at: Short | None = None
    channel: Short | None = None
    customer: Short | None = None
    sheet: Short | None = None
    encoding: Short | None = None
    labels: Literal["taxonomy", "as-is"] = "taxonomy"
    skip_unknown: bool = False
    split: Literal["random", "time"] = "random"
    bundled: bool | None = None
    corrections: bool = False
    compared: tuple[Short, Short] | None = None
    """Two models, old and new, that are compared on it; without them, one is trained."""


class TrainingOut(BaseModel):
    """A training, and how far it is."""

    training_id: str
    created_at: Kept
    owner: str
    name: str | None
    options: Options
    status: Status
    started_at: Kept | None
    finished_at: Kept | None
    stages: list[dict[str, Any]]
    report: dict[str, Any] | None
    reason: str | None
    result: dict[str, Any] | None
    problem: str | None
    log: str | None

    @property
    def ready(self) -> bool:
        """Whether it can be trained now."""
        return self.status == "checked" and self.problem is None

    @property
    def under_way(self) -> bool:
        """Whether it waits for the worker, or the worker is at it."""
        return self.status in ("checking", "training")


class TrainingService:
    """The trainings of a service.

    Parameters
    ----------
    database : Database
    histories : Histories
    upload_max_bytes : int
    """

    def __init__(self, database: Database, histories: Histories, upload_max_bytes: int) -> None:
        self._database = database
        self._trainings = Trainings(database)
        self._histories = histories
        self._limit = upload_max_bytes

    async def upload(self, chunks: AsyncIterator[bytes], *, name: str, options: Options, caller: Caller) -> TrainingOut:
        """Keep a labelled history, to be looked at.

        Raises
        ------
        RefusedError
            If the file is empty or too large.
        OSError
            If there is no room for it.
        """
        known = mask(name)
        upload = await self._histories.receive(chunks, self._limit, known)
        return await run_in_threadpool(self._add, upload.job_id, known, options, caller)

    def from_corrections(self, options: Options, caller: Caller) -> TrainingOut:
        """Let the corrections in the case database be looked at, without a file."""
        training_id = uuid.uuid4().hex
        self._histories.make(training_id)
        return self._add(training_id, None, options.model_copy(update={"corrections": True}), caller)

    def _add(self, training_id: str, name: str | None, options: Options, caller: Caller) -> TrainingOut:
        training = {"training_id": training_id, "owner": caller.owner, "name": name, "options": options.model_dump()}
        try:
            self._trainings.add(training, caller.act("upload history", training_id))
        except BaseException:
            self._histories.remove(training_id)
            raise
        return self.find(training_id)

    def newest(self, limit: int) -> list[TrainingOut]:
        """The last trainings, the newest first."""
        return [_out(row) for row in self._trainings.newest(limit)]

    def find(self, training_id: str) -> TrainingOut:
        """One training. Raises `RefusedError` if there is none."""
        return _out(self._row(training_id))

    def check(self, training_id: str, options: Options, caller: Caller) -> TrainingOut:
        """Let a history be looked at again, read in another way. Raises `RefusedError` if it does not wait for that."""
        row = self._row(training_id)
        kept = {"corrections": options.corrections or row["name"] is None, "compared": row["options"].get("compared")}
        chosen = Options.model_validate({**options.model_dump(), **kept})
        act = caller.act("check history", training_id)
        if not self._trainings.queue(row["number"], "checking", act, options=chosen.model_dump()):
            raise _out_of_order(row)
        return self.find(training_id)

    def train(self, training_id: str, reason: str, caller: Caller) -> TrainingOut:
        """Train on a history that was looked at. Raises `RefusedError` if something stands in the way."""
        row = self._row(training_id)
        act = caller.act("train", training_id)
        if not _out(row).ready or not self._trainings.queue(row["number"], "training", act, reason=reason):
            raise _out_of_order(row)
        return self.find(training_id)

    def discard(self, training_id: str, caller: Caller) -> TrainingOut:
        """End a training, whatever it does, and remove its history; a model that it made stays in the store.

        Raises
        ------
        RefusedError
            If it has failed or been discarded already.
        """
        row = self._row(training_id)
        act = caller.act("discard training", training_id)
        if not self._trainings.discard(row["number"], act, without_examples(row["report"])):
            raise _out_of_order(row)
        self._histories.remove(training_id)
        return self.find(training_id)

    def findings(self, training_id: str, caller: Caller) -> str:
        """The rows that were left out or are doubtful, as CSV. Raises `RefusedError` if they are not kept any more."""
        self._row(training_id)
        folder = self._histories.folder(training_id)
        try:
            written = (folder / FINDINGS).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            detail = "Its rows are kept until it is trained, fails or is discarded. Send the history again."
            raise RefusedError("not-found", detail) from error
        log_alone(self._database, caller.act("download findings", training_id))
        return written.replace(f"{folder}/", "")

    def _row(self, training_id: str) -> RowMapping:
        row = self._trainings.find(training_id)
        if row is None:
            raise RefusedError("no-such-training", f"There is no training {training_id!r}.")
        return row


def _out(row: RowMapping) -> TrainingOut:
    return TrainingOut.model_validate(dict(row))


def _out_of_order(row: RowMapping) -> RefusedError:
    said = row["problem"] or f"It is {row['status']} by now."
    return RefusedError("out-of-order", f"{said} Look at it again.")
