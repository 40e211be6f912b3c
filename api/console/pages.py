"""Rendering pages: templates, two languages, navigation, and problems as people read them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.types import Scope

from api.access.caller import Caller
from api.access.caller import Scope as Right
from api.console import CONSOLE, STATIC
from api.console.highlight import pieces
from api.console.sessions import Visit
from api.schemas import Problem
from classifier.deadlines import CHINA
from classifier.routing.router import in_china

Language = Literal["zh", "en"]

FILES: Final = Path(__file__).parent / "static"
_LANGUAGE: Final = "complaints_language"
_THEME: Final = "complaints_theme"
_YEAR: Final = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Words:
    """The same in two languages."""

    zh: str
    en: str

    def to(self, language: Language) -> str:
        """In one of them."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Page:
    """A page that the navigation leads to.

    Attributes
    ----------
    path : str
    name : Words
    scopes : tuple of str
        Who holds one of them, or admin, may see it.
    """

    path: str
    name: Words
    scopes: tuple[Right, ...]


def render(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """Answer with a template, which has what every page needs besides its own `context`.

    Pages name one of `Page` by their address; a part of a page, which htmx asks for, is a template of its own.
    """
    state = request.state
    visit: Visit = state.visit if hasattr(state, "visit") else Visit.begun()
    caller: Caller | None = getattr(state, "caller", None)
    language = language_of(request)
    serving = request.app.state.service.serving
    pages: Sequence[Page] = request.app.state.console_pages
    html = _ENVIRONMENT.get_template(template).render(
        {
            "request": request,
            "caller": caller,
            "signed_in": caller is not None and request.app.state.console_keyed(),
            "language": language,
            "t": _translator(language),
            "word": _NAMES[language],
            "theme": request.cookies.get(_THEME, "auto"),
            "csrf": visit.csrf,
            "partial": partial(request),
            "pages": [page for page in pages if caller is not None and caller.may(*page.scopes)],
            "here": request.url.path,
            "other_language": request.url.include_query_params(lang="en" if language == "zh" else "zh"),
            "model_version": serving.version,
            "rules_version": serving.router.book.version,
            **context,
        }
    )
    response = HTMLResponse(html, status, {"cache-control": "no-store", "vary": "hx-request"})
    if visit.new:
        visit.remember(request, response)
    if "lang" in request.query_params:
        response.set_cookie(_LANGUAGE, language, max_age=_YEAR, path=CONSOLE, httponly=True, samesite="lax")
    return response


def language_of(request: Request) -> Language:
    """The one asked for, or that was asked for before; else Chinese."""
    asked = request.query_params.get("lang", request.cookies.get(_LANGUAGE))
    return "en" if asked == "en" else "zh"


def partial(request: Request) -> bool:
    """Whether htmx asks, for a part of a page."""
    return "hx-request" in request.headers


_TOLD: Final[Mapping[str, Words]] = {
    "not-allowed": Words(
        "您的密钥没有这项权限。需要的话，请管理员发一把有此权限的密钥。",
        "Your key does not reach so far. If you need this, ask an administrator for a key that does.",
    ),
    "insecure": Words("本服务只接受https。请改用https打开。", "This service takes https only. Open it by https."),
    "foreign-origin": Words(
        "没有API密钥时，控制台只给本机使用；任何时候都不接受其他网站的页面提交的内容。",
        "Without API keys the console is for this machine only; it never takes anything from pages of other sites.",
    ),
    "stale-page": Words(
        "这个页面早于当前登录。请重新打开页面，再做一次。",
        "This page is older than your session. Load it again and repeat what you did.",
    ),
    "empty-file": Words("文件是空的。请另选一个文件。", "The file is empty: choose another."),
    "no-such-complaint": Words(
        "没有这件案件。请检查编号，或在“案件”里查找。",
        "There is no such case. Check its number, or search under Cases.",
    ),
    "not-found": Words(
        "这里没有页面。请检查地址，或从上方导航进入。", "There is no page here. Try the navigation above."
    ),
    "method-not-allowed": Words("这个地址不接受这种请求。", "This address does not take such a request."),
    "body-too-large": Words("提交的内容太大。请分几次提交。", "That is too much at once. Send it in parts."),
    "too-many-requests": Words(
        "请求太频繁，超过了密钥的限额。请稍等几秒再试。",
        "Your key's rate is used up. Wait a few seconds and try again.",
    ),
    "internal": Words(
        "程序出错了，原因在服务器日志里。请稍后再试；若仍不行，请把时间告诉管理员。",
        "Something is wrong with the program; the server's log has the cause. Tell an administrator if it stays so.",
    ),
    "storage-unavailable": Words(
        "案件库暂时没有回应。请过几秒再试。", "The case database does not answer. Try again in a few seconds."
    ),
}
"""Problems in words for people; of the others, the detail as the API tells it."""


def problem_page(scope: Scope, document: Problem, headers: Mapping[str, str]) -> Response:
    """A problem as a page, or as a part of one."""
    request = Request(scope)
    kind = document.type.rpartition(":")[2]
    title_zh, _, title_en = document.title.partition(" ")
    response = render(
        request,
        "problem_part.html" if partial(request) else "problem.html",
        document.status,
        title=Words(title_zh, title_en),
        told=_TOLD.get(kind) or Words(document.detail, document.detail),
        request_id=scope["state"]["request_id"],
    )
    response.headers.update(headers)
    return response


@cache
def _translator(language: Language) -> Any:
    return lambda zh, en: Words(zh, en).to(language)


_NAMES: Final[Mapping[Language, Any]] = {
    "zh": lambda named: named["zh"] if isinstance(named, Mapping) else named.zh,
    "en": lambda named: named["en"] if isinstance(named, Mapping) else named.en,
}
"""The name of whatever has two: a category, a group, a department, a signal, `Words`."""


def when(moment: datetime) -> str:
    """A moment, in UTC if it does not say, as clocks in China show it.

    Examples
    --------
    >>> when(datetime(2026, 11, 24, 1, 30))
    '2026-11-24 09:30'
    """
    return f"{_aware(moment).astimezone(CHINA):%Y-%m-%d %H:%M}"


def due(moment: datetime) -> str:
    """The same for a deadline: one at midnight belongs to the day before.

    Examples
    --------
    >>> due(datetime(2026, 12, 14, 16, 0))
    '2026-12-14 24:00'
    """
    return in_china(_aware(moment))


def share(value: float) -> str:
    """A share in percent.

    Examples
    --------
    >>> share(0.1234), share(0.0002)
    ('12.3%', '<0.1%')
    """
    return "<0.1%" if 0 < value < 0.0005 else f"{value:.1%}"


def spoken(note: str, language: Language) -> str:
    """One language of a note that is told in both.

    Examples
    --------
    >>> spoken("编码 encoding: gb18030", "zh"), spoken("编码 encoding: gb18030", "en")
    ('编码: gb18030', 'encoding: gb18030')
    """
    both = _BOTH.fullmatch(note)
    return f"{both[1 if language == 'zh' else 2]}{both[3]}" if both else note


_BOTH: Final = re.compile(r"([^A-Za-z:]+) ([A-Za-z][^:]*)(:.*|)", re.DOTALL)


def probability(value: float) -> str:
    """A probability in percent: never quite none or all.

    Examples
    --------
    >>> probability(0.97), probability(0.99998), probability(0.0)
    ('97.0%', '>99.9%', '<0.1%')
    """
    if value > 0.9995:
        return ">99.9%"
    return "<0.1%" if value < 0.0005 else share(value)


def number(value: float) -> str:
    """A number with its thousands apart.

    Examples
    --------
    >>> number(15274)
    '15,274'
    """
    return f"{value:,}"


@cache
def static(name: str) -> str:
    """Address of one of our files; when the file changes, so does the address."""
    return f"{STATIC}{name}?v={hashlib.sha256((FILES / name).read_bytes()).hexdigest()[:12]}"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("api.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(when=when, due=due, share=share, spoken=spoken, probability=probability, number=number)
    environment.globals.update(static=static, pieces=pieces)
    return environment


_ENVIRONMENT: Final = _environment()
