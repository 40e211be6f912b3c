"""What a reviewer did lately, and how often they agreed with the model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, case, func, select

from api.storage.database import Database
from api.storage.schema import COMPLAINTS, CORRECTIONS, LOOKS, PREDICTIONS, STANDING


class Looks:
    """The looks of a database's reviewers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, reviewer: str, since: datetime) -> Sequence[RowMapping]:
        """What a reviewer did and has not taken back, the newest first."""
        undone = LOOKS.alias("undone")
        asked = (
            select(LOOKS, COMPLAINTS.c.complaint_id, CORRECTIONS.c.category)
            .join(COMPLAINTS, COMPLAINTS.c.number == LOOKS.c.complaint)
            .outerjoin(CORRECTIONS, CORRECTIONS.c.number == LOOKS.c.correction)
            .outerjoin(undone, undone.c.undoes == LOOKS.c.number)
            .where(
                LOOKS.c.reviewer == reviewer, LOOKS.c.at >= since, LOOKS.c.act != "undone", undone.c.number.is_(None)
            )
            .order_by(LOOKS.c.number.desc())
        )
        with self._database.connect() as connection:
            return connection.execute(asked).mappings().all()

    def agreement(self, reviewer: str, since: datetime, until: datetime) -> Sequence[RowMapping]:
        """By why they looked (uncertain, sample): what a reviewer judged, and how often as the model did."""
        said = select(func.max(PREDICTIONS.c.number)).where(
            PREDICTIONS.c.complaint == STANDING.c.complaint, PREDICTIONS.c.predicted_at <= STANDING.c.corrected_at
        )
        agreed = case((PREDICTIONS.c.category == STANDING.c.category, 1), else_=0)
        asked = (
            select(STANDING.c.selection, func.count().label("judged"), func.sum(agreed).label("agreed"))
            .join(PREDICTIONS, PREDICTIONS.c.number == said.correlate(STANDING).scalar_subquery())
            .where(
                STANDING.c.corrected_by == reviewer,
                STANDING.c.selection.in_(("uncertain", "sample")),
                STANDING.c.corrected_at >= since,
                STANDING.c.corrected_at < until,
            )
            .group_by(STANDING.c.selection)
        )
        with self._database.connect() as connection:
            return connection.execute(asked).mappings().all()
