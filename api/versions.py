"""The models of the store, for people: which there are, which serves, and who may put another in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from api.access.caller import Caller
from api.problems import RefusedError
from api.service import Service
from api.storage import Database, log_alone
from classifier.errors import BundleError, ComplaintsError
from models import Manifest, Registry
from models.files import Files
from models.history import Event
from models.manifest import CARD
from models.registry import PROMOTABLE

Hindrance = Literal["serves", "never_compared", "worse", "not_enough_data"]
"""Why a model cannot be promoted."""

_REPORT: Final = "report.html"


@dataclass(frozen=True, slots=True)
class Version:
    """A kept model.

    Attributes
    ----------
    kept : Event
        When, by whom and why it was made.
    manifest : Manifest or None
        None if it cannot be read.
    problem : str
        Why not.
    champion, challenger, live : bool
        Whether it is to serve, reads beside the champion, and serves in this process now.
    """

    kept: Event
    manifest: Manifest | None
    problem: str
    champion: bool
    challenger: bool
    live: bool

    @property
    def name(self) -> str:
        """The version."""
        return self.kept.version

    @property
    def figures(self) -> dict[str, Any]:
        """How good it is: on its test part, or out of fold where it had none."""
        metrics = self.manifest.metrics if self.manifest else {}
        return {**metrics, **metrics.get("test", {})}

    @property
    def has_report(self) -> bool:
        """Whether a report of its evaluation is kept."""
        return self.manifest is not None and _REPORT in self.manifest.files


class Versions:
    """The models of a store that a service follows.

    Parameters
    ----------
    registry : Registry
    service : Service
    database : Database
        Its audit log has who did what.
    """

    def __init__(self, registry: Registry, service: Service, database: Database) -> None:
        self._registry = registry
        self._service = service
        self._database = database
        self._manifests: dict[str, Manifest] = {}

    def all(self) -> list[Version]:
        """The kept models, the newest first. Raises `BundleError` if the history cannot be trusted."""
        kept = [said for said in self._registry.history() if said.act == "kept"]
        champion, challenger = self._registry.champion, self._registry.challenger
        return [self._version(said, champion, challenger) for said in reversed(kept)]

    def find(self, version: str) -> Version:
        """One of them. Raises `RefusedError` if there is none of that name; `BundleError` as `all`."""
        for one in self.all():
            if one.name == version:
                return one
        raise RefusedError("no-such-model", f"There is no model {version!r} in the store.")

    def history(self) -> list[Event]:
        """Who did what, when and why, the newest first. Raises `BundleError` as `all`."""
        return self._registry.history()[::-1]

    def verdict(self, old: str, new: str) -> Event | None:
        """What the last comparison of two models said, if there was one. Raises `BundleError` as `all`."""
        compared = (said for said in self.history() if said.act == "compared")
        return next((said for said in compared if (said.against, said.version) == (old, new)), None)

    @property
    def champion(self) -> str | None:
        """The model that is to serve."""
        return self._registry.champion

    @property
    def previous(self) -> str | None:
        """The model that a rollback leads back to, or None."""
        return self._registry.previous

    def card(self, version: str) -> str:
        """What a person should know of a model, in Markdown. Raises `RefusedError`, `BundleError`."""
        return self._document(version, CARD)

    def report(self, version: str) -> str:
        """How it was judged, as a page that needs nothing else. Raises `RefusedError`, `BundleError`."""
        return self._document(version, _REPORT)

    def hindrance(self, version: str) -> Hindrance | None:
        """Why a model cannot be promoted; None if the last comparison with the champion allows it."""
        if version == self._registry.champion:
            return "serves"
        said = self._registry.verdict(version)
        if said is None:
            return "never_compared"
        if said.verdict in PROMOTABLE:
            return None
        return "worse" if said.verdict == "worse" else "not_enough_data"

    def promote(self, version: str, reason: str, caller: Caller) -> None:
        """Make a model the champion, as the last comparison with the champion allows, after all its checks.

        Raises
        ------
        RefusedError
            If it was not found better or not worse, fails a check, or could not serve here with the rules in force.
        """
        self.find(version)
        self._require_usable(version)
        try:
            Registry(self._registry.store, by=caller.owner).promote(version, reason=reason)
        except BundleError as error:
            raise RefusedError("not-promoted", self._said(error)) from error
        log_alone(self._database, caller.act("promote", version))

    def roll_back(self, to: str, reason: str, caller: Caller) -> None:
        """Make the model the champion again that was it before, which must be the one that the caller has seen.

        Raises
        ------
        RefusedError
            If it is another by now, fails a check, or could not serve here with the rules in force.
        """
        if to != self._registry.previous:
            raise RefusedError("not-promoted", "Somebody has changed the champion meanwhile. Look at the page again.")
        self._require_usable(to)
        try:
            Registry(self._registry.store, by=caller.owner).rollback(reason=reason)
        except BundleError as error:
            raise RefusedError("not-promoted", self._said(error)) from error
        log_alone(self._database, caller.act("roll back", to))

    def _require_usable(self, version: str) -> None:
        """Refuse what every process would refuse to take up: a damaged one, or one that the rules do not fit."""
        try:
            self._service.try_out(self._registry.load(version))
        except ComplaintsError as error:
            raise RefusedError("not-promoted", self._said(error)) from error

    def _said(self, error: ComplaintsError) -> str:
        return str(error).replace(f"{self._registry.store}/", "")

    def _document(self, version: str, name: str) -> str:
        files = self._files(version)
        if name not in files:
            raise RefusedError("no-such-model", f"{version} was kept without {name} by an earlier program.")
        return files.text(name)

    def _files(self, version: str) -> Files:
        self.find(version)
        return self._registry.files(version)

    def _version(self, kept: Event, champion: str | None, challenger: str | None) -> Version:
        manifest, problem = self._manifests.get(kept.version), ""
        if manifest is None:
            try:
                manifest = self._manifests[kept.version] = self._registry.files(kept.version).manifest
            except BundleError as error:
                problem = self._said(error)
        return Version(
            kept,
            manifest,
            problem,
            champion=kept.version == champion,
            challenger=kept.version == challenger,
            live=kept.version == self._service.serving.version,
        )
