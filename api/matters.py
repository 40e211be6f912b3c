"""The same matter twice: whether a case is new or a repeat, and which earlier cases it belongs with.

The rule, as docs/matters.md tells it to whoever reads the statistics. Looked at are the cases registered in the
`WINDOW` before. A case is a **repeat** if among them is

1. one of the same customer, in the same category or with nearly the same text, or
2. one with nearly the same text where one of the two names no customer, if the text has `ENOUGH` shingles: "登录不上"
   is written by many people.

Everything else is **new**, also a case whose text nearly equals another customer's: such cases are parallel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, get_args

from api.storage import Earlier
from classifier.fingerprint import shingles, similarity

WINDOW: Final = timedelta(days=90)
NEARLY: Final = 0.6
"""No two texts of the corpus, each another story, are more alike than 0.4."""
ENOUGH: Final = 20
LISTED: Final = 10

Standing = Literal["new", "repeat"]
Relation = Literal["same_customer", "same_text", "parallel"]
_LIKELIEST: Final = get_args(Relation)


@dataclass(frozen=True, slots=True)
class Related:
    """An earlier case of the same matter, of the same customer, or of another with the same text (parallel)."""

    complaint_id: str
    relation: Relation
    similarity: float


@dataclass(frozen=True, slots=True)
class Matter:
    """What became of the question, with the related cases, the likeliest first."""

    standing: Standing
    related: tuple[Related, ...] = ()


def judge(text: frozenset[str], customer: str | None, category: str, earlier: Sequence[Earlier]) -> Matter:
    """Apply the rule to a new case.

    Parameters
    ----------
    text : frozenset of str
        Its shingles.
    customer : str or None
    category : str
        As predicted.
    earlier : sequence of Earlier
        Cases of the window that share its customer or part of its fingerprint.

    Examples
    --------
    >>> before = Earlier("A-1", "年费太高了，说好免的又收", "c", "card_fees")
    >>> judge(shingles("年费又收了一次，还没退"), "c", "card_fees", [before]).standing
    'repeat'
    >>> judge(shingles("年费太高了，说好免的又收"), "d", "card_fees", [before])
    Matter(standing='new', related=(Related(complaint_id='A-1', relation='parallel', similarity=1.0),))
    """
    repeat = False
    related: list[Related] = []
    for case in earlier:
        alike = similarity(text, shingles(case.text))
        same_customer = customer is not None and customer == case.customer
        if same_customer:
            repeat |= case.category == category or alike >= NEARLY
            relation: Relation = "same_customer"
        elif alike < NEARLY:
            continue
        elif customer is None or case.customer is None:
            repeat |= len(text) >= ENOUGH
            relation = "same_text"
        else:
            relation = "parallel"
        related.append(Related(case.complaint_id, relation, round(alike, 2)))
    related.sort(key=lambda case: (_LIKELIEST.index(case.relation), -case.similarity))
    return Matter("repeat" if repeat else "new", tuple(related[:LISTED]))
