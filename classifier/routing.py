"""Which department gets a case, how urgent it is, and why.

The rules are data (`routing.toml`); this is the one place where a prediction becomes a decision.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from classifier.errors import TaxonomyError
from classifier.model import Prediction
from classifier.taxonomy import Named, Taxonomy

BUNDLED: Final = Path(__file__).with_name("routing.toml")

Priority = Literal["P1", "P3"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a case goes.

    Attributes
    ----------
    department : Named
        The one owner.
    priority : {'P1', 'P3'}
        P1 is first in line.
    trace : tuple of str
        The rules that fired, in words, in order.
    """

    department: Named
    priority: Priority
    trace: tuple[str, ...]


class Router:
    """Turns predictions into decisions.

    Parameters
    ----------
    taxonomy : Taxonomy
        Gives each category its default department.
    rules : Path
        A rules file.

    Raises
    ------
    TaxonomyError
        If the file is bad, or names a department the taxonomy lacks. A category a bank's taxonomy lacks is no error: it
        is then never predicted.
    """

    def __init__(self, taxonomy: Taxonomy, rules: Path = BUNDLED) -> None:
        try:
            document = tomllib.loads(rules.read_text(encoding="utf-8"))
            triage, urgent = document["triage"], document["first_in_line"]
        except tomllib.TOMLDecodeError as error:
            raise TaxonomyError(f"is not TOML ({error})", where=str(rules), remedy="Correct that line.") from error
        except KeyError as error:
            raise TaxonomyError(f"{error} is missing", where=str(rules), remedy="Add it.") from error
        if triage not in taxonomy.departments:
            raise TaxonomyError(
                f"has no department {triage!r}, to which uncertain cases go",
                where=taxonomy.source,
                remedy="Add it as a [[department]].",
            )
        self.taxonomy = taxonomy
        self._triage = taxonomy.departments[triage]
        self._urgent = frozenset(urgent)

    def route(self, prediction: Prediction) -> Decision:
        """Decide who owns the case `prediction` describes."""
        category = self.taxonomy[prediction.category]
        if prediction.decision == "review":
            department = self._triage
            trace = [f"把握不足，先由{department.zh}人工复核"]
        else:
            department = category.department
            trace = [f"类别“{category.zh}”归{department.zh}"]
        urgent = [c for c in (prediction.category, *prediction.secondary) if c in self._urgent]
        if urgent:
            trace.append(f"涉及“{self.taxonomy[urgent[0]].zh}”，优先处理（P1）")
        return Decision(department, "P1" if urgent else "P3", tuple(trace))
