"""A case's life as one story: what was sent, said, decided, corrected and done, in order of its happening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from api.cases import CaseOut

Kind = Literal["registered", "predicted", "decided", "corrected", "happened"]
_ORDER: Final[tuple[Kind, ...]] = ("registered", "predicted", "corrected", "happened", "decided")
"""Of what happens at one moment: what a person says goes before what follows from it."""
_LATE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a case's life.

    Attributes
    ----------
    at : datetime
    kind : str
        Which of the five it is.
    what : object
        As `CaseOut` has it; of a registration, the case.
    tone : {'', 'sure', 'unsure', 'bad'}
        Its colour.
    told_at : datetime or None
        When it was told of, if that was later.
    """

    at: datetime
    kind: Kind
    what: Any
    tone: str = ""
    told_at: datetime | None = None


def story(case: CaseOut) -> list[Entry]:
    """All of a case, oldest first."""
    entries = [Entry(case.registered_at, "registered", case)]
    entries += [
        Entry(said.predicted_at, "predicted", said, "sure" if said.verdict == "auto" else "unsure")
        for said in case.predictions
    ]
    entries += [Entry(decision.decided_at, "decided", decision) for decision in case.decisions]
    entries += [Entry(said.corrected_at, "corrected", said, "unsure") for said in case.corrections]
    for event in case.events:
        late = event.recorded_at - event.happened_at > _LATE
        told_at = event.recorded_at if late else None
        entries.append(Entry(event.happened_at, "happened", event, _tone(event.event), told_at))
    return sorted(entries, key=lambda entry: (entry.at, _ORDER.index(entry.kind)))


def _tone(event: str) -> str:
    if event.endswith("_breached"):
        return "bad"
    if event.endswith("_near") or event in ("extended", "returned", "reopened"):
        return "unsure"
    return "sure" if event in ("resolved", "first_response", "accepted") else ""
