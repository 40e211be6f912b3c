"""A new model, live: a running process takes up what its store says is to serve."""

from __future__ import annotations

import math
import time
from contextlib import AbstractContextManager
from typing import Final, Literal

import structlog

from api.every import every
from api.schemas import Refused
from api.service import Service
from api.shadow import Shadow
from api.telemetry.metrics import TAKEN_UP
from classifier.errors import ComplaintsError
from models import Registry

_EVERY: Final = 1.0
"""Seconds between two looks at the store's history."""
_AGAIN: Final = 60.0
"""Seconds after which a refused model is tried again though the history is the same: it may have been mended."""

Role = Literal["champion", "challenger"]

_LOG = structlog.get_logger("models")


class Live:
    """Lets a service follow its store: the champion serves, and the challenger reads beside it, unheard.

    Parameters
    ----------
    registry : Registry
    service : Service
        Gets the champion once that has passed all checks; until then it serves as it does.
    shadow : Shadow, optional
        Gets the challenger; without it, none is loaded.
    """

    def __init__(self, registry: Registry, service: Service, shadow: Shadow | None = None) -> None:
        self._registry = registry
        self._service = service
        self._shadow = shadow
        self._seen: tuple[int, ...] | None = None
        self._again = -math.inf
        self._told: dict[Role, Refused] = {}

    def watching(self) -> AbstractContextManager[None]:
        """Take up what is promoted, as long as this lasts."""
        return every(_EVERY, self.look)

    def look(self) -> None:
        """Take up what the history names, if it has changed. What fails a check is logged, and not taken up."""
        try:
            stamp = self._registry.stamp()
        except OSError:
            stamp = ()
        if stamp == self._seen and time.monotonic() < self._again:
            return
        self._seen, self._again = stamp, math.inf
        self._service.refused = self._follow_champion()
        if self._shadow is not None:
            self._follow_challenger(self._shadow)

    def _follow_champion(self) -> Refused | None:
        version = ""
        try:
            version = self._registry.champion or ""
            if version == self._service.serving.version:
                return None
            self._service.take_up(self._registry.load(version or None))
        except Exception as error:  # noqa: BLE001  # whatever is wrong with it, the present one goes on serving
            return self._refused("champion", version, error)
        TAKEN_UP.labels(version).inc()
        _LOG.info("model taken up", version=version)
        return None

    def _follow_challenger(self, shadow: Shadow) -> None:
        version = ""
        try:
            version = self._registry.challenger or ""
            if version != shadow.version:
                shadow.take_up(self._registry.load(version).model if version else None)
                _LOG.info("challenger taken up" if version else "no challenger any more", version=version)
        except Exception as error:  # noqa: BLE001  # a champion alone serves as well
            shadow.take_up(None)
            self._refused("challenger", version, error)

    def _refused(self, role: Role, version: str, error: Exception) -> Refused:
        """Say what is wrong, once."""
        self._again = time.monotonic() + _AGAIN
        said = str(error) if isinstance(error, ComplaintsError) else repr(error)
        refused = Refused(version=version, problem=said.replace(f"{self._registry.store}/", ""))
        if refused != self._told.get(role):
            _LOG.error("model not taken up", role=role, version=version, problem=refused.problem)
        self._told[role] = refused
        return refused
