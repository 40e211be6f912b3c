"""Who is asking, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from api.storage.acts import Act

Scope = Literal["intake", "review", "analyst", "admin"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request, or sits at the machine.

    Attributes
    ----------
    owner : str
        The named person or system that the key belongs to.
    scopes : frozenset of str
        ``admin`` includes the others.
    request_id : str or None
    """

    owner: str
    scopes: frozenset[str]
    request_id: str | None = None

    def may(self, *scopes: Scope) -> bool:
        """Whether one of the scopes, or admin, is theirs."""
        return not self.scopes.isdisjoint({*scopes, "admin"})

    def act(self, act: str, subject: str | None = None) -> Act:
        """What they do, for the audit log."""
        return Act(self.owner, act, subject, self.request_id)


LOCAL: Final = Caller("本机 this machine", frozenset(SCOPES))
"""Who asks while there are no keys: the service then talks to its own machine only."""
