"""Keeping and finding trainings that are started from the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from sqlalchemy import JSON, Column, DateTime, Integer, RowMapping, String, Table, Text, insert, select, update

from api.storage.acts import Act, log
from api.storage.database import Database, now, writing
from api.storage.job_tables import JOBS
from api.storage.leases import Lease
from api.storage.schema import METADATA

TRAININGS = Table(
    "trainings",
    METADATA,
    Column("number", JOBS.c.number.type, primary_key=True),
    Column("training_id", String(32), nullable=False, unique=True),
    Column("created_at", DateTime, nullable=False),
    Column("owner", String(200), nullable=False, doc="Who asked for it."),
    Column("name", String(200), doc="The history's name, personal data masked; null if there are only corrections."),
    Column("options", JSON, nullable=False, doc="How it is to be read and parted; where it learns from."),
    Column("status", String(16), nullable=False, index=True, doc="Of `Status`."),
    Column("starts", Integer, nullable=False, doc="How often a process was started for the present step."),
    Column("started_at", DateTime, doc="When that was last; null while it waits."),
    Column("finished_at", DateTime),
    Column("stages", JSON, nullable=False, doc="How far the present step is: each stage with done, total and seconds."),
    Column("report", JSON, doc="What the look at the data found: sources, unknown labels, data."),
    Column("reason", Text, doc="Why it is trained."),
    Column("result", JSON, doc="Version, metrics and comparison."),
    Column("problem", Text, doc="What stands in the way, or why it failed."),
    Column("log", Text, doc="The end of what its process said, personal data masked."),
)
"""Models trained from the console: an uploaded history, what was found in it, and what came of it."""

Status = Literal["checking", "checked", "training", "done", "failed", "discarded"]
"""Looked at, waiting for a person who has seen the report, trained; and the three ends."""

WORKED_ON: Final = ("checking", "training")
OPEN: Final = ("checking", "checked", "training")
"""Their history is still in the data folder."""


class Trainings:
    """The trainings of a database. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, training: Mapping[str, Any], act: Act) -> None:
        """Keep a new one, to be looked at."""
        new = {"status": "checking", "starts": 0, "stages": [], "created_at": now()}
        with writing(self._database) as connection:
            connection.execute(insert(TRAININGS), {**training, **new})
            log(connection, act)

    def find(self, training_id: str) -> RowMapping | None:
        """A training by its id."""
        with self._database.connect() as connection:
            asked = select(TRAININGS).where(TRAININGS.c.training_id == training_id)
            return connection.execute(asked).mappings().one_or_none()

    def newest(self, limit: int) -> Sequence[RowMapping]:
        """The last ones, the newest first."""
        with self._database.connect() as connection:
            asked = select(TRAININGS).order_by(TRAININGS.c.number.desc()).limit(limit)
            return connection.execute(asked).mappings().all()

    def open(self) -> Sequence[RowMapping]:
        """Those that have not ended, the oldest first."""
        with self._database.connect() as connection:
            asked = select(TRAININGS).where(TRAININGS.c.status.in_(OPEN)).order_by(TRAININGS.c.number)
            return connection.execute(asked).mappings().all()

    def queue(self, number: int, status: Status, act: Act, **values: Any) -> bool:
        """Let a checked one be looked at again, or trained; False if it is not waiting for that any more."""
        fresh: dict[str, Any] = {
            "status": status,
            "starts": 0,
            "started_at": None,
            "stages": [],
            "problem": None,
            "log": None,
        }
        with writing(self._database) as connection:
            return self._move(connection, number, ("checked",), act, **fresh, **values)

    def discard(self, number: int, act: Act, report: Mapping[str, Any] | None) -> bool:
        """End one, whatever it does, and keep this of its report; False if it has failed or been discarded already."""
        ended = {"status": "discarded", "finished_at": now(), "report": report}
        with writing(self._database) as connection:
            return self._move(connection, number, (*OPEN, "done"), act, **ended)

    def begin(self, number: int, lease: Lease) -> None:
        """Say that a process was started for it."""
        self._change(number, lease, starts=TRAININGS.c.starts + 1, started_at=now(), stages=[])

    def tell(self, number: int, lease: Lease, **values: Any) -> bool:
        """Note how far it is or what was found; False if it has been discarded meanwhile."""
        return self._change(number, lease, **values)

    def finish(self, number: int, lease: Lease, status: Status, **values: Any) -> bool:
        """Say how the present step has ended; False if it has been discarded meanwhile."""
        ended = {} if status == "checked" else {"finished_at": now()}
        return self._change(number, lease, status=status, **ended, **values)

    def _change(self, number: int, lease: Lease, **values: Any) -> bool:
        with writing(self._database) as connection:
            lease.require(connection)
            mine = (TRAININGS.c.number == number) & TRAININGS.c.status.in_(OPEN)
            return bool(connection.execute(update(TRAININGS).where(mine).values(values)).rowcount)

    @staticmethod
    def _move(connection: Any, number: int, of: Sequence[Status], act: Act, **values: Any) -> bool:
        mine = (TRAININGS.c.number == number) & TRAININGS.c.status.in_(of)
        moved = bool(connection.execute(update(TRAININGS).where(mine).values(values)).rowcount)
        if moved:
            log(connection, act)
        return moved
