"""Takes the pictures of the console that the documentation shows: ``make screenshots``.

It lives beside what it makes: it is no part of the program, and tests nothing but that every page is there and has no
fault. The day is always the same, so that a picture changes when its page does (or the model, whose version stands
below every page).
"""

from __future__ import annotations

import base64
import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import structlog
import uvicorn
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright
from sqlalchemy import func, select

from api.app import create_app
from api.clock import stopped_at
from api.service import Service
from api.settings import Settings
from api.storage import Database
from api.storage.schema import COMPLAINTS, EVENTS
from classifier.deadlines import CHINA
from cli.demo.folder import new_folder
from cli.demo.quarter import ANALYST, CHIEF, REVIEWERS, SEED, TAKER, Person, fill
from models import Registry, store_path

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURES: Final = Path(__file__).parent / "screenshots"
DAY: Final = datetime(2026, 11, 24, 10, 30, tzinfo=CHINA)
SIZES: Final = {360: 1_600, 1_200: 1_500, 1_920: 1_200}
"""Widths, and how much is shown of a page that is longer."""
LANGUAGES: Final = ("zh", "en")
_QUALITY: Final = 82


@dataclass(frozen=True, slots=True)
class Shot:
    """A page to take pictures of.

    Attributes
    ----------
    name : str
    path : str
        In which ``{case}`` stands for the case to which most has happened.
    who : Person or None
        Whose key is signed in with.
    click : tuple of str
        Selectors of what is clicked first, in that order, where it is there.
    shows : str
        Selector of what must then be there.
    """

    name: str
    path: str
    who: Person | None
    click: tuple[str, ...] = ()
    shows: str = "main h1"


SHOTS: Final = (
    Shot("sign-in", "/console/sign-in", None, shows="input#key"),
    Shot("try", "/console/try?example=1", TAKER, shows="#result h2"),
    Shot("files", "/console/files", TAKER),
    Shot("review", "/console/review", REVIEWERS[0], ("form[action='/console/review/next'] button",), "#case-title"),
    Shot("cases", "/console/cases", ANALYST),
    Shot("case", "/console/cases/{case}", ANALYST),
    Shot("overview", "/console/overview", ANALYST),
    Shot("regulator", "/console/overview/regulator", ANALYST),
    Shot("models", "/console/models", CHIEF),
    Shot("rules", "/console/rules", CHIEF),
)
DARK: Final = ("overview",)
"""Taken in the dark too, in Chinese at 1,200."""


def main() -> int:
    """Take all pictures; 1 if a page is missing or has a fault."""
    faults: list[str] = []
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with (
        TemporaryDirectory() as scratch,
        served(Path(scratch) / "demo") as (address, keys, case),
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        PICTURES.mkdir(exist_ok=True)
        for shot in [replace(shot, path=shot.path.format(case=case)) for shot in SHOTS]:
            key = keys[shot.who] if shot.who else None
            for width in SIZES:
                for language in LANGUAGES:
                    faults += taken(browser, address, shot, key, width, language)
            if shot.name in DARK:
                faults += taken(browser, address, shot, key, 1_200, "zh", "dark")
        browser.close()
    for fault in faults:
        print(fault, file=sys.stderr)
    for path in PICTURES.iterdir():
        if path.stem.partition(".")[0] not in {shot.name for shot in SHOTS}:
            path.unlink()  # of a page that is no more
    size = sum(path.stat().st_size for path in PICTURES.iterdir())
    print(f"{len(list(PICTURES.iterdir()))} pictures, {size / 2**20:.1f} MiB; {len(faults)} faults")
    return bool(faults)


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, dict[Person, str], str]]:
    """The demo's quarter, served on a thread of this process at its last moment; and the fullest case of it."""
    registry = Registry(store_path())
    new_folder(folder, SEED)
    keys = fill(folder, registry, DAY)
    with stopped_at(DAY):
        app = create_app(Service(registry.load()), Settings(data=folder, database_url=""), registry)
        server = uvicorn.Server(uvicorn.Config(app, port=0, ws="none", log_config=None))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                time.sleep(0.05)
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", keys, fullest(app.state.database)
        finally:
            server.should_exit = True
            thread.join()


def fullest(database: Database) -> str:
    """The case to which most has happened."""
    most = (
        select(COMPLAINTS.c.complaint_id)
        .join(EVENTS, EVENTS.c.complaint == COMPLAINTS.c.number)
        .group_by(COMPLAINTS.c.number, COMPLAINTS.c.complaint_id)
        .order_by(func.count().desc(), COMPLAINTS.c.number)
        .limit(1)
    )
    with database.connect() as connection:
        return str(connection.execute(most).scalar_one())


def taken(
    browser: Browser, address: str, shot: Shot, key: str | None, width: int, language: str, scheme: str = "light"
) -> list[str]:
    """Take one picture, in a browser that nobody has used; what was wrong."""
    name = ".".join([shot.name, language, str(width), *(["dark"] if scheme == "dark" else [])])
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        timezone_id="Asia/Shanghai",
        locale="zh-CN" if language == "zh" else "en-GB",
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.clock.set_fixed_time(DAY)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"{name}: {error}"))
    page.on(
        "response", lambda answer: faults.extend([f"{name}: {answer.status} {answer.url}"] * (answer.status >= 400))
    )
    page.on("request", lambda request: faults.extend(_foreign(name, request.url, address)))
    try:
        if key:
            page.goto("/console/sign-in")
            page.fill("input#key", key)
            page.click("main button[type=submit]")
        page.goto(f"{shot.path}{'&' if '?' in shot.path else '?'}lang={language}")
        if urlsplit(page.url).path != urlsplit(shot.path).path:
            faults.append(f"{name}: led to {urlsplit(page.url).path}")
        for selector in shot.click:
            if page.locator(selector).count():
                page.locator(selector).first.click()
                page.wait_for_load_state("networkidle")
        page.wait_for_selector(shot.shows)
        page.wait_for_load_state("networkidle")
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            faults.append(f"{name}: wider than its window")
        if not faults:
            (PICTURES / f"{name}.webp").write_bytes(picture(page, width))
    except PlaywrightError as error:
        faults.append(f"{name}: {error.message.splitlines()[0]}")
    finally:
        context.close()
    return faults


def picture(page: Page, width: int) -> bytes:
    """What is seen of a page, as WebP: half as large as PNG, and Chromium writes it by itself."""
    high = min(page.evaluate("document.documentElement.scrollHeight"), SIZES[width])
    page.set_viewport_size({"width": width, "height": high})
    page.wait_for_timeout(300)  # charts fit themselves in
    clip = {"x": 0, "y": 0, "width": width, "height": high, "scale": 1}
    asked: dict[str, Any] = {"format": "webp", "quality": _QUALITY, "clip": clip}
    answer = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    return base64.b64decode(answer["data"])


def _foreign(name: str, url: str, address: str) -> list[str]:
    place = urlsplit(url)
    ours = place.scheme not in ("http", "https") or place.netloc == urlsplit(address).netloc
    return [] if ours else [f"{name}: asked {url}"]


if __name__ == "__main__":
    sys.exit(main())
