"""What the classes of the figures are called, where the taxonomy does not say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.storage import NOT_GIVEN
from classifier.taxonomy import Named, Taxonomy

MISSING: Final = Named(NOT_GIVEN, "未填", "Not given")
OTHERS: Final = Named("", "其他", "Other")


def named(code: str, names: Mapping[str, Named]) -> Named:
    """A class by its code; one that is its own name is called so."""
    return MISSING if code == NOT_GIVEN else names.get(code) or Named(code, code, code)


def categories(taxonomy: Taxonomy) -> dict[str, Named]:
    """Of all categories."""
    return {code: Named(code, category.zh, category.en) for code, category in taxonomy.items()}


def group_of(code: str, taxonomy: Taxonomy) -> Named:
    """The group of a category; one that the taxonomy does not know has none."""
    return taxonomy[code].group if code in taxonomy else OTHERS
