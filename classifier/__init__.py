"""Reading one complaint: text in, prediction and routing decision out.

This room knows no HTTP, no database and no training. What others may use:

- `ComplaintModel`, `Prediction`, `Explanation`: the reader and what it says (`classifier.model`)
- `Router`, `Decision`: which department gets the case, and why (`classifier.routing`)
- `Taxonomy`: the categories and departments (`classifier.taxonomy`)
- `normalize`: the one canonical form of a text (`classifier.text`)
- `Tokenizer`: banking words (`classifier.tokenizer`)
- `ComplaintsError` and its children (`classifier.errors`)
"""

from classifier.errors import ComplaintsError
from classifier.model import ComplaintModel, Explanation, Prediction
from classifier.routing import Decision, Router
from classifier.taxonomy import Taxonomy
from classifier.text import normalize
from classifier.tokenizer import Tokenizer

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
