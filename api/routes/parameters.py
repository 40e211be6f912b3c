"""Query parameters that nobody reads are refused: a filter with a wrong name would list everything."""

from __future__ import annotations

from fastapi import Request

from api.problems import RefusedError


async def known_parameters(request: Request) -> None:
    """Raise `RefusedError` for a parameter that the route does not have."""
    known = {parameter.alias for parameter in request.scope["route"].dependant.query_params}
    if request.query_params.keys() - known:
        detail = f"There is an unknown query parameter. This address knows: {', '.join(sorted(known))}."
        raise RefusedError("unknown-field", detail, "/query")
