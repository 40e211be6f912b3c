"""The console as browsers see it: a client without one, and a real browser on a real server."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.access import ring
from api.access.caller import SCOPES
from api.app import create_app
from api.console import STATIC
from api.service import Service
from api.settings import Settings
from api.storage import Database, Keys
from models import Bundle, Registry
from tests.api.serving import free_port
from tests.conftest import asking

AXE = Path(__file__).parent / "axe" / "axe.min.js"
_CSRF = re.compile(r'name="csrf" value="(\w+)"')


@dataclass
class Console:
    """A client of the console, and of the API beside it, with a key of each scope."""

    client: TestClient
    database: Database
    keys: dict[str, str]

    def sign_in(self, scope: str) -> TestClient:
        """Be signed in with the key of a scope, whoever was before."""
        self.client.cookies.clear()
        answer = self.post("/console/sign-in", key=self.keys[scope])
        assert answer.status_code == 303, answer.text
        return self.client

    def csrf(self) -> str:
        """The token that a form of this session carries."""
        self.client.get("/console/sign-in")
        found = _CSRF.search(self.client.get("/console/", follow_redirects=True).text)
        assert found is not None
        return found[1]

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Any:
        """Post a form as a page would; redirects are not followed."""
        data = {"csrf": self.csrf(), **fields}
        return self.client.post(path, data=data, headers=headers, follow_redirects=False)


@pytest.fixture
def make_key(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Make a key that the service knows at once."""
    monkeypatch.setattr(ring, "FRESH", 0.0)

    def make(database: Database, owner: str, *scopes: str, rate: float = 1_000_000, **options: Any) -> str:
        return Keys(database).add(owner, scopes, rate, options.get("expires"), "tests")

    return make


@pytest.fixture
def keyless(bundle: Bundle, store: Path, tmp_path: Path) -> Iterator[Console]:
    """The console of a machine without keys."""
    settings = Settings(data=tmp_path, review_sample=0)
    with asking(create_app(Service(bundle), settings, Registry(store))) as client:
        yield Console(client, client.app.state.database, {})  # type: ignore[attr-defined]


@pytest.fixture
def console(keyless: Console, make_key: Callable[..., str]) -> Console:
    """The console with a key of each scope; nobody is signed in."""
    keyless.keys = {scope: make_key(keyless.database, f"{scope}的人", scope) for scope in SCOPES}
    return keyless


# --- a real browser


@dataclass
class Site:
    """A real server on this machine, without keys."""

    address: str
    app: FastAPI

    @property
    def database(self) -> Database:
        """Its case database."""
        database: Database = self.app.state.database
        return database


@pytest.fixture(scope="session")
def site(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests of a run: they share its database."""
    settings = Settings(data=tmp_path_factory.mktemp("site"), review_sample=0)
    with serving_here(create_app(Service(bundle), settings)) as site:
        yield site


class serving_here:  # noqa: N801  # used as a function
    """Serve an application on a thread of this process, as long as this lasts."""

    def __init__(self, app: FastAPI) -> None:
        port = free_port()
        self.site = Site(f"http://127.0.0.1:{port}", app)
        self._server = uvicorn.Server(uvicorn.Config(app, port=port, ws="none", log_config=None))
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> Site:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self.site

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, one for a file of tests: as long as Playwright is there, an event loop seems to run."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian: chromium)")
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


@dataclass
class Faults:
    """What a page should never have: errors on its console, and requests to anybody else."""

    ours: str
    found: list[str]

    def watch(self, page: Any) -> None:
        page.on("console", lambda message: self._said(message))
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("request", lambda request: self._asked(request.url))

    def _said(self, message: Any) -> None:
        # A refusal is an answer, which the browser notes as an error, and so is a line that a test has cut; a file that
        # is missing is a fault.
        refused = "status of 4" in message.text and STATIC not in message.location["url"]
        cut = re.search(r"net::ERR_FAILED|^htmx:(afterRequest|sendError)", message.text)
        if message.type in ("error", "warning") and not refused and not cut:
            self.found.append(f"console: {message.text} {message.location['url']}")

    def _asked(self, url: str) -> None:
        place = urlsplit(url)
        if place.scheme in ("http", "https", "ws", "wss") and place.netloc != self.ours:
            self.found.append(f"request: {url}")


@pytest.fixture
def open_page(browser: Any, site: Site) -> Iterator[Callable[..., Any]]:
    """Open pages, each in a browser of its own that nobody has used; a fault on any of them fails the test."""
    faults, contexts = Faults(urlsplit(site.address).netloc, []), []

    def open_one(width: int = 1_200, scheme: str = "light", address: str = site.address, **options: Any) -> Any:
        faults.ours = urlsplit(address).netloc
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",  # what is looked at stands still
            **options,
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        faults.watch(page)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not faults.found, faults.found


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    """A page of the console, in a window of 1,200 pixels."""
    return open_page()


@pytest.fixture
def axe() -> Callable[[Any], None]:
    """Check that a page, as it is now, has no serious fault of accessibility, be it light or dark."""

    def check(page: Any) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            serious = [
                (one["id"], scheme, [(node["html"][:200], node["failureSummary"]) for node in one["nodes"][:3]])
                for one in found["violations"]
                if one["impact"] in ("serious", "critical")
            ]
            assert not serious, serious

    return check


def fits(page: Any) -> bool:
    """Whether a page is no wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
