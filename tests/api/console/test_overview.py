"""概览 Overview, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest

from api.app import create_app
from api.privacy import load_key
from api.service import Service
from api.settings import Settings
from api.storage import Cases, Filters, open_database
from benchmarks.cases import fill
from classifier import Taxonomy
from classifier.deadlines import CHINA
from models import Bundle
from tests.api.console.conftest import Console, Site, fits, serving_here

DATES = ("since", "until")


@pytest.fixture(scope="module")
def busy(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A bank with a year of complaints."""
    settings = Settings(data=tmp_path_factory.mktemp("busy"), review_sample=0)
    database = open_database(settings.cases)
    fill(database, 1_500)
    database.dispose()
    load_key(settings.data / "secret.key", make=True)
    with serving_here(create_app(Service(bundle), settings)) as site:
        yield site


@pytest.fixture
def listed(busy: Site, taxonomy: Taxonomy) -> Callable[[str], int]:
    """How many cases a list has, by its address."""

    def count(address: str) -> int:
        place = urlsplit(address)
        assert place.path == "/console/cases"
        asked: dict[str, Any] = {name: values[0] for name, values in parse_qs(place.query).items()}
        asked |= {name: datetime.fromisoformat(asked[name]).replace(tzinfo=CHINA) for name in DATES if name in asked}
        asked |= {"hour": int(asked["hour"])} if "hour" in asked else {}
        return len(Cases(busy.database).page(Filters(**asked), taxonomy, before=None, limit=10_000))

    return count


def links(page: Any) -> list[tuple[str, str]]:
    """The text and the address of every number that leads to cases."""
    found: list[tuple[str, str]] = page.eval_on_selector_all(
        "main a[href^='/console/cases']", "all => all.map(a => [a.textContent, a.getAttribute('href')])"
    )
    return found


def test_the_last_week_at_a_glance(open_page: Callable[..., Any], busy: Site) -> None:
    page = open_page(address=busy.address)
    page.goto("/console/overview")
    assert page.locator(".tabs [aria-current]").inner_text() == "周"
    assert page.locator(".chart svg").count() == 4
    assert int(page.locator(".head .big").first.inner_text()) > 0
    assert page.locator(".rose", has_text="Benjamini–Hochberg").count() == 1


def test_every_number_leads_to_as_many_cases(
    open_page: Callable[..., Any], busy: Site, listed: Callable[[str], int]
) -> None:
    page = open_page(address=busy.address)
    for address in ("/console/overview", "/console/overview?period=quarter&hour=10", "/console/overview/regulator"):
        page.goto(address)
        found = links(page)
        assert len(found) > 20
        wrong = [(said, link) for said, link in found if int(said.replace(",", "")) != listed(link)]
        assert wrong == []


def test_a_filter_stays_in_the_address_and_narrows_all(open_page: Callable[..., Any], busy: Site) -> None:
    page = open_page(address=busy.address)
    page.goto("/console/overview")
    page.get_by_role("link", name="四周").click()
    whole = int(page.locator(".head .big").first.inner_text())
    page.get_by_label("产品").fill("信用卡")
    page.locator("select[name=channel]").select_option("hotline")
    page.get_by_role("button", name="统计").click()
    page.wait_for_url("**/console/overview?*product=*")
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["period"], asked["product"], asked["channel"]) == (["month"], ["信用卡"], ["hotline"])
    assert 0 < int(page.locator(".head .big").first.inner_text()) < whole
    assert page.get_by_label("产品").input_value() == "信用卡"
    page.get_by_role("link", name="季（13周）").click()
    assert page.get_by_label("产品").input_value() == "信用卡"
    assert {"channel=hotline" in link for _, link in links(page) if "sampled" not in link} == {True}


def test_what_cannot_be_read_is_told(open_page: Callable[..., Any], busy: Site) -> None:
    page = open_page(address=busy.address)
    page.goto("/console/overview?period=own&from=gestern&to=2026-02-01&hour=25")
    told = page.locator(".notice").all_inner_texts()
    assert any("gestern" in words for words in told)
    assert any("hour" in words for words in told)


def test_the_regulators_table_is_crossed_as_asked_and_downloaded(open_page: Callable[..., Any], busy: Site) -> None:
    page = open_page(address=busy.address)
    page.goto("/console/overview")
    page.get_by_role("link", name="监管报表").click()
    year = datetime.now(CHINA).year
    assert page.get_by_text(f"{year}-01-01").first.is_visible(), "as banks publish it, for a year"
    assert page.locator("table.pivot thead th").first.inner_text() == "投诉业务类别"
    page.locator("select[name=rows]").select_option("region")
    page.locator("select[name=columns]").select_option("business_channel")
    page.get_by_role("button", name="显示").click()
    assert page.locator("h2", has_text="地区 × 业务办理渠道").count() == 1
    assert "未定" in page.locator("table.pivot thead").inner_text()
    rows = [line.split("\t") for line in page.locator("table.pivot tbody").inner_text().split("\n")]
    shown = {row[0]: int(row[1].replace(",", "")) for row in rows}
    with page.expect_download() as download:
        page.get_by_role("button", name="下载Excel").click()
    assert re.fullmatch(r"complaints-\d{8}-\d{8}\.xlsx", download.value.suggested_filename)
    sheet = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes()))["地区"]
    assert {str(row[0]): row[1] for row in sheet.iter_rows(min_row=2, values_only=True)} == shown


def test_it_can_be_used_by_keyboard_alone(open_page: Callable[..., Any], busy: Site) -> None:
    page = open_page(address=busy.address)
    page.goto("/console/overview")
    page.get_by_role("link", name="日", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**period=day*")
    page.get_by_role("combobox", name="地区").focus()
    page.keyboard.type("广东")
    page.keyboard.press("Enter")
    page.wait_for_url("**region=*")
    page.get_by_text("数据表").first.focus()
    page.keyboard.press("Enter")
    page.locator("details[open] table").first.wait_for()


@pytest.mark.parametrize(("width", "language"), [(360, "zh"), (1_920, "en")])
def test_it_is_readable_in_any_window(
    open_page: Callable[..., Any], axe: Callable[[Any], None], busy: Site, width: int, language: str
) -> None:
    page = open_page(width, address=busy.address)
    for address in ("/console/overview", "/console/overview/regulator"):
        page.goto(f"{address}?lang={language}")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert fits(page)
        axe(page)


def test_with_no_case_it_says_what_will_be_here(console: Console) -> None:
    page = console.sign_in("analyst").get("/console/overview")
    assert "这里还没有案件" in page.text
    assert "这段时间没有投诉" in console.client.get("/console/overview/regulator").text


def test_only_who_may_see_figures_sees_them(console: Console) -> None:
    for scope, status in (("intake", 403), ("review", 200), ("analyst", 200), ("admin", 200)):
        client = console.sign_in(scope)
        for path in ("/console/overview", "/console/overview/regulator", "/console/overview/regulator/download"):
            assert client.get(path).status_code == status, (scope, path)


@pytest.mark.parametrize(
    "query",
    [
        "period=own&from=0001-01-01&to=9999-12-31",
        "period=own&from=2030-01-01&to=2031-01-01",
        "period=week&ending=0001-01-01T00:00",
        "period=week&ending=9999-12-31T23:59%2B00:00",
        "period=nonsense&hour=x&channel=pigeon",
        "region=%00&product=" + "x" * 300,
        "rows=business&columns=business",
        "ending=2001-01-01T00:00",
    ],
)
def test_any_address_has_an_answer(console: Console, query: str) -> None:
    client = console.sign_in("review")
    for path in ("/console/overview", "/console/overview/regulator", "/console/overview/regulator/download"):
        assert client.get(f"{path}?{query}").status_code == 200, path
