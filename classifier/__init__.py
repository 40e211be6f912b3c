"""Reading one complaint: text in, prediction and routing decision out.

This room knows no HTTP, no database and no training. What others may use:

- `ComplaintModel`, `Prediction`, `Explanation`: the reader and what it says (`classifier.model`)
- `Router`, `Decision`: which department gets the case, and why (`classifier.routing`)
- `Taxonomy`: the categories and departments (`classifier.taxonomy`)
- `normalize`: the one canonical form of a text (`classifier.text`)
- `Tokenizer`: banking words (`classifier.tokenizer`)
- `ComplaintsError` and its children (`classifier.errors`)
"""

from typing import TYPE_CHECKING

from classifier.errors import ComplaintsError
from classifier.model import ComplaintModel, Explanation, Prediction
from classifier.taxonomy import Taxonomy
from classifier.text import normalize
from classifier.tokenizer import Tokenizer

if TYPE_CHECKING:
    from classifier.routing import Decision, Router

__all__ = [
    "ComplaintModel",
    "ComplaintsError",
    "Decision",
    "Explanation",
    "Prediction",
    "Router",
    "Taxonomy",
    "Tokenizer",
    "normalize",
]


def __getattr__(name: str) -> object:
    # Loaded when somebody routes: whoever only reads texts starts sooner without.
    if name in ("Decision", "Router"):
        from classifier import routing

        return getattr(routing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
