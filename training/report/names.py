"""The categories a report speaks of, in one order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.taxonomy import Taxonomy
from training.evaluate import OutOfFold


@dataclass(frozen=True, slots=True)
class Categories:
    """K categories, in the taxonomy's order so that relatives stand together; those it lacks follow by code.

    Attributes
    ----------
    codes : tuple of str
    taxonomy : Taxonomy
        Has their names; what it lacks is called by its code.
    """

    codes: tuple[str, ...]
    taxonomy: Taxonomy

    @classmethod
    def of(cls, taxonomy: Taxonomy, *judged: OutOfFold) -> Categories:
        """All categories that the models know or the rows have."""
        known = {code for one in judged for code in (*one.classes, *np.unique(one.labels).tolist())}
        return cls((*(code for code in taxonomy if code in known), *sorted(known - set(taxonomy))), taxonomy)

    def columns(self, codes: NDArray[np.str_]) -> NDArray[np.int64]:
        """The column of each code, shape (N,)."""
        different, places = np.unique(codes, return_inverse=True)
        columns: NDArray[np.int64] = np.array([self.codes.index(code) for code in different.tolist()])[places]
        return columns

    def named(self, column: int) -> dict[str, Any]:
        """Code and names of one category."""
        code = self.codes[column]
        known = self.taxonomy.get(code)
        return {"code": code, "zh": known.zh if known else code, "en": known.en if known else ""}
