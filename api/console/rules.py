"""规则 Rules: those in force and those before, edited, tried on recent cases, switched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.access.caller import Caller
from api.access.gate import Admin, Requires
from api.console import CONSOLE
from api.console.diffs import diff
from api.console.findings import told
from api.console.pages import Page, Words, partial, render
from api.console.rule_versions import Version, numbered, version_before, versions_of
from api.console.rule_words import RuleWords
from api.console.sessions import Form
from api.dryrun import Comparison
from api.problems import TITLES, RefusedError
from api.routes.classify import Ask
from api.routes.rules import RulesRequest, get_rules
from api.rules import Rules
from api.serving import Serving
from classifier.errors import Finding, RulesError
from classifier.routing import RuleBook, bundled_rules
from classifier.signals import SIGNALS

PAGE: Final = Page(f"{CONSOLE}/rules", Words("规则", "Rules"), ("analyst",))

_RECENT: Final = 2_000
"""So many of the newest cases are routed in a dry run."""
_LONGEST: Final = 500_000

router = APIRouter(prefix=PAGE.path)

Analyst = Annotated[Caller, Depends(Requires("analyst"))]
InForce = Annotated[Rules, Depends(get_rules)]


@router.get("")
def show(request: Request, caller: Analyst, rules: InForce, serving: Ask, switched: bool = False) -> Response:
    """The rules in force, and how they came to be."""
    versions = versions_of(rules, serving)
    return _version_page(request, caller, serving, versions, serving.router.book, versions[0], switched=switched)


@router.get("/versions/{number}")
def show_version(
    request: Request,
    caller: Analyst,
    rules: InForce,
    serving: Ask,
    number: int,
    against: Annotated[int | None, Query()] = None,
) -> Response:
    """A version, and what differs in it from another: by default, the one before it."""
    versions = versions_of(rules, serving)
    version = numbered(versions, number)
    before = numbered(versions, against) if against is not None else version_before(versions, version)
    try:
        book = rules.read(version.text, version.version) if version.number else bundled_rules(serving.taxonomy)
    except RulesError:
        book = None  # another taxonomy has come since: the file can be read by people alone
    return _version_page(request, caller, serving, versions, book, version, before)


@router.get("/edit")
def edit(
    request: Request, caller: Analyst, rules: InForce, serving: Ask, start: Annotated[int | None, Query()] = None
) -> Response:
    """The file to be edited: the one in force, or an earlier one."""
    versions = versions_of(rules, serving)
    version = versions[0] if start is None else numbered(versions, start)
    started = None if version == versions[0] else version
    reason = f"恢复 back to {version.version}" if started else ""
    return _editor(request, caller, serving, version.text, versions[0].number, versions, reason=reason, started=started)


@router.post("/check")
def check(request: Request, caller: Analyst, rules: InForce, serving: Ask, form: Form) -> Response:
    """Say what is wrong with a file, line by line."""
    text = _text(form)
    book, findings = _read(rules, text)
    versions = versions_of(rules, serving)
    if partial(request):
        return render(
            request,
            "rules/findings.html",
            book=book,
            findings=findings,
            told=told,
            lines=text.split("\n"),
            differences=diff(versions[0].text, text),
        )
    reason, checked = form.get("reason", ""), (book, findings)
    return _editor(request, caller, serving, text, _base(form), versions, reason=reason, checked=checked)


@router.post("/download")
def download(caller: Analyst, form: Form) -> Response:
    """A file as it was typed, to be handed to somebody who may put it in force."""
    return Response(
        _text(form),
        media_type="application/toml; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="rules.toml"'},
    )


@router.post("/dry-run")
def dry_run(request: Request, caller: Analyst, rules: InForce, serving: Ask, form: Form) -> Response:
    """Say what would become of recent cases."""
    text = _text(form)
    book, findings = _read(rules, text)
    found = None if book is None else rules.dry_run(book, _RECENT, caller.act("dry run"))
    outcome = _outcome(found, RuleWords(serving.taxonomy))
    if partial(request):
        return render(request, "rules/dry_run.html", dry=outcome)
    versions = versions_of(rules, serving)
    reason, checked = form.get("reason", ""), (book, findings)
    return _editor(request, caller, serving, text, _base(form), versions, reason=reason, checked=checked, dry=outcome)


@router.post("/switch")
def switch(request: Request, caller: Admin, rules: InForce, serving: Ask, form: Form) -> Response:
    """Put a file in force, unless it has a fault or others are in force than those it was made from."""
    text, reason = _text(form), form.get("reason", "").strip()
    fault: Words | None = None
    status, base, unsaid = 422, _base(form), False
    try:
        RulesRequest(text=text, reason=reason)
        rules.switch(text, "text", reason, caller.act("switch rules"), after=base)
        return RedirectResponse(f"{PAGE.path}?switched=yes", 303)
    except ValidationError:
        unsaid = True
        fault = Words("请写明原因，一行，最多200个字。", "Say why, on one line, in 200 characters at most.")
    except RulesError:
        fault = Words("文件有误，没有切换。", "The file has a fault: nothing was switched.")
    except RefusedError as error:
        status = TITLES[error.kind][0]
    versions = versions_of(rules, serving)
    return _editor(
        request,
        caller,
        serving,
        text,
        base,
        versions,
        status,
        reason=reason,
        checked=_read(rules, text),
        fault=fault,
        unsaid=unsaid,
        conflict=versions[0] if status == 409 else None,
    )


def _text(form: Mapping[str, str]) -> str:
    """What was typed; browsers end lines their own way."""
    text = form.get("text", "").replace("\r\n", "\n")
    if len(text) > _LONGEST:
        raise RefusedError("invalid-field", f"The rules may have {_LONGEST:,} characters.", "/text")
    return text


def _base(form: Mapping[str, str]) -> int:
    """The number of the rules that were in force when one began to edit."""
    sent = form.get("base", "")
    if not sent.isascii() or not sent.isdecimal() or len(sent) > 18:
        raise RefusedError("invalid-field", "Which rules were edited is not said: open the editor again.", "/base")
    return int(sent)


def _read(rules: Rules, text: str) -> tuple[RuleBook | None, tuple[Finding, ...]]:
    """The book, or all that is wrong with it."""
    try:
        return rules.read(text, "text"), ()
    except RulesError as error:
        return None, error.findings


def _version_page(
    request: Request,
    caller: Caller,
    serving: Serving,
    versions: Sequence[Version],
    book: RuleBook | None,
    version: Version,
    before: Version | None = None,
    *,
    switched: bool = False,
) -> Response:
    words = RuleWords(serving.taxonomy)
    levels = book.one_level_up.items() if book else ()
    first, last = sorted((before or version, version), key=lambda one: one.number)
    above = [(below, words.department(below), words.department(up)) for below, up in levels]
    return render(
        request,
        "rules/page.html",
        version=version,
        versions=versions,
        in_force=serving.router.book.version,
        rules=words.rules(book) if book else None,
        book=book,
        above=above,
        before=before,
        differences=diff(first.text, last.text),
        taxonomy=serving.taxonomy,
        signals=SIGNALS,
        switched=switched,
    )


def _editor(
    request: Request,
    caller: Caller,
    serving: Serving,
    text: str,
    base: int,
    versions: Sequence[Version],
    status: int = 200,
    *,
    reason: str = "",
    started: Version | None = None,
    checked: tuple[RuleBook | None, tuple[Finding, ...]] | None = None,
    dry: Mapping[str, Any] | None = None,
    fault: Words | None = None,
    unsaid: bool = False,
    conflict: Version | None = None,
) -> Response:
    book, findings = checked or (None, ())
    return render(
        request,
        "rules/edit.html",
        status,
        text=text,
        base=base,
        reason=reason,
        started=started,
        checked=checked is not None,
        book=book,
        findings=findings,
        told=told,
        lines=text.split("\n"),
        dry=dry,
        fault=fault,
        unsaid=unsaid,
        conflict=conflict,
        differences=diff(versions[0].text, text),
        newest=versions[0],
        taxonomy=serving.taxonomy,
        signals=SIGNALS,
        may_switch=caller.may("admin"),
    )


def _outcome(found: Comparison | None, words: RuleWords) -> dict[str, Any] | None:
    """A dry run as the page shows it; None where the file has a fault."""
    if found is None:
        return None
    moves = [
        (*words.change(what, before), words.change(what, after)[1], move.cases)
        for (what, before, after), move in found.most()
    ]
    cases = [
        {
            "complaint_id": case.name,
            "text": case.text,
            "changes": [
                (*words.change(what, before), words.change(what, after)[1])
                for what, (before, after) in case.changes.items()
            ],
        }
        for case in found.first
    ]
    return {"cases": found.cases, "changed": found.changed, "moves": moves, "listed": cases, "most": _RECENT}
