"""What there is to choose from of cases, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from fastapi import Request

from api.channels import CHANNELS
from api.console import wording
from api.console.pages import Language, Words, language_of
from api.overview.names import categories, named
from api.reviews import BusinessChannel
from api.service import Service
from classifier.taxonomy import UNDECIDED, Named, Taxonomy

STATUSES: Final[Mapping[str, tuple[Words, str]]] = {
    "open": (Words("待受理", "Open"), "unsure"),
    "accepted": (Words("已受理", "Accepted"), ""),
    "answered": (Words("已首次响应", "Answered"), ""),
    "resolved": (Words("已办结", "Resolved"), "sure"),
    "withdrawn": (Words("已撤诉", "Withdrawn"), "sure"),
}
DUES: Final[Mapping[str, Words]] = {
    "first_response_near": Words("首次响应快到期", "First response nearly due"),
    "first_response_overdue": Words("首次响应已超期、未响应", "First response overdue"),
    "first_response_missed": Words("首次响应曾超期", "First response was missed"),
    "resolution_near": Words("办结快到期", "Decision nearly due"),
    "resolution_overdue": Words("办结已超期、未办结", "Decision overdue"),
    "resolution_missed": Words("办结曾超期", "Decision was missed"),
}


def choices(request: Request) -> dict[str, Any]:
    """What there is to choose from, with names."""
    taxonomy, language = taxonomy_of(request), language_of(request)
    grouped: dict[str, tuple[Named, list[Named]]] = {}
    known = categories(taxonomy)
    for code, category in taxonomy.items():
        grouped.setdefault(category.group.code, (category.group, []))[1].append(known[code])
    return {
        "groups": {code: group for code, (group, _) in grouped.items()},
        "grouped": list(grouped.values()),
        "departments": taxonomy.departments,
        "channels": CHANNELS,
        "statuses": STATUSES,
        "dues": DUES,
        "kinds": wording.KIND,
        "facets": taxonomy.facets,
        "business_channels": get_args(BusinessChannel),
        "undecided": UNDECIDED,
        "pairs": lambda names: [(code, _called(name, language)) for code, name in names.items()],
        "same": lambda values: [(value, value) for value in values],
        "category_named": lambda code: named(code, known),
        "group_named": lambda code: taxonomy[code].group if code in taxonomy else None,
        "department_named": lambda code: named(code, taxonomy.departments),
    }


def _called(name: Named | Words, language: Language) -> str:
    return name.zh if language == "zh" else name.en


def taxonomy_of(request: Request) -> Taxonomy:
    """The taxonomy that answers now."""
    service: Service = request.app.state.service
    return service.serving.taxonomy
