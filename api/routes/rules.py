"""The routing rules: what is in force, since when and why; and switching them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from api.access.gate import Admin, Anyone
from api.cases import Kept
from api.problems import RefusedError
from api.rules import Rules
from api.schemas import Problem, Short, StrictRequest
from api.service import Service
from classifier.errors import RulesError

router = APIRouter(prefix="/v1/rules", tags=["rules"], responses={503: {"model": Problem}})


_EXAMPLE = """format = 1
one_level_up = { "*" = "triage" }

[[rule]]
name = "全部"
why = "先由投诉受理中心分拣"
then.department = "triage"
then.queue = "standard"
then.priority = "P3"
then.first_response = { minutes = 1440 }
then.resolution = { working_days = 15 }
then.conflict_of_interest = "one_level_up"
"""


class RulesRequest(StrictRequest):
    """Rules to be put in force."""

    text: str = Field(min_length=1, max_length=500_000, description="The TOML file.", examples=[_EXAMPLE])
    reason: Short = Field(description="Why they are switched.", examples=["试行：全部先到受理中心"])


class SwitchOut(BaseModel):
    """Somebody switched the rules."""

    version: str
    taken_at: Kept
    taken_by: str
    reason: str


class RulesOut(BaseModel):
    """The rules in force, and how they came to be."""

    version: str
    text: str
    history: list[SwitchOut] = Field(description="The newest first; empty while those of the program are in force.")


async def get_rules(request: Request) -> Rules:
    """The rules of this application."""
    rules: Rules = request.app.state.rules
    return rules


@router.get("", summary="The rules in force")
def show_rules(rules: Annotated[Rules, Depends(get_rules)], request: Request, caller: Anyone) -> RulesOut:
    """The file, and who switched to what, when and why."""
    service: Service = request.app.state.service
    book = service.serving.router.book
    history = [SwitchOut.model_validate(dict(row)) for row in rules.history()]
    return RulesOut(version=book.version, text=book.text, history=history)


@router.post(
    "",
    summary="Switch the rules",
    status_code=201,
    responses={status: {"model": Problem} for status in (400, 413, 415, 422)},
)
def switch_rules(
    body: RulesRequest, rules: Annotated[Rules, Depends(get_rules)], request: Request, caller: Admin
) -> RulesOut:
    """Check a file and put it in force: every process takes it up within 5 seconds. A bad one is refused."""
    try:
        rules.switch(body.text, "text", body.reason, caller.act("switch rules"))
    except RulesError as error:
        raise RefusedError("invalid-rules", _told(error), "/text") from error
    return show_rules(rules, request, caller)


def _told(error: RulesError) -> str:
    return " ".join(f"Line {found.line}: {found.what}. {found.remedy}" for found in error.findings)
