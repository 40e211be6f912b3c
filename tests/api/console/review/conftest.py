"""A service of its own with cases that wait, and people who come to its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.app import create_app
from api.cases import IntakeRequest
from api.service import Service
from api.settings import Settings
from api.storage import now
from models import Bundle
from tests.api.console.conftest import Site, serving_here

UNSURE = "你们这个事情到底怎么说，我很不满意"
SURE = "信用卡年费说好刷满六次就免，现在又扣了我300元，要求退还年费。"


@dataclass
class Office:
    """A service of its own with cases that wait, and a key for each of its people."""

    site: Site
    keys: dict[str, str]
    open_page: Callable[..., Any]

    def register(self, *names: str, words: str = UNSURE) -> None:
        service = self.site.app.state

        for number, name in enumerate(names):
            request = IntakeRequest(text=f"{words}（{number}）", complaint_id=name)
            service.intake.register(service.intake.read(request, "热线"))

    def come(self, who: str, width: int = 1_200, **options: Any) -> Any:
        """Somebody signs in and opens the page."""
        page = self.open_page(width, address=self.site.address, **options)
        page.goto("/console/sign-in")
        page.locator("input[type=password]").fill(self.keys[who])
        page.locator("article button, main button").first.click()
        page.wait_for_load_state()
        page.goto("/console/review")
        return page

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        with self.site.database.begin() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result.all()] if result.returns_rows else []

    def end_claims(self) -> None:
        self.run(f"UPDATE open_cases SET held_until = '{now() - timedelta(minutes=1)}'")

    @property
    def judged(self) -> list[tuple[Any, ...]]:
        asked = "SELECT complaint_id, label, labelled_by FROM labelled_history ORDER BY complaint_id"
        return self.run(asked)


@pytest.fixture
def make_office(
    bundle: Bundle, tmp_path: Path, make_key: Callable[..., str], open_page: Callable[..., Any]
) -> Iterator[Callable[..., Office]]:
    running = []

    def make(sample: float = 0) -> Office:
        app = create_app(Service(bundle), Settings(data=tmp_path, review_sample=sample))
        server = serving_here(app)
        site = server.__enter__()
        running.append(server)
        keys = {who: make_key(site.database, who, "review") for who in ("李", "王")}
        return Office(site, keys, open_page)

    yield make
    for server in running:
        server.__exit__()


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    return make_office()


def start(page: Any) -> str:
    """Take the first case; its id."""
    begin(page)
    return at_hand(page)


def begin(page: Any) -> None:
    page.locator(".start button:focus").wait_for()
    page.keyboard.press("Enter")


def at_hand(page: Any) -> str:
    return str(page.locator("#case-title code").inner_text())


def press(page: Any, key: str, told: str) -> None:
    """Press a key, and wait until the page has told what became of it."""
    page.keyboard.press(key)
    page.locator("#told", has_text=told).wait_for(state="attached")
