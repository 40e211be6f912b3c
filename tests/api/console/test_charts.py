"""charts.js, in a real browser: what pages give it as JSON is drawn within what the policy of content allows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from api.console.pages import static

OPTION = {
    "xAxis": {"type": "category", "data": ["一", "二", "三"]},
    "yAxis": {"type": "value", "axisLabel": {"formatter": "percent"}},
    "legend": {},
    "tooltip": {"valueFormatter": "percent"},
    "series": [
        {
            "type": "bar",
            "name": "自动",
            "data": [0.25, 0.5, 0.123],
            "itemStyle": {"color": "--sure"},
            "label": {"show": True, "formatter": "percent"},
            "markLine": {"data": [{"yAxis": 0.4}], "label": {"formatter": "percent"}},
        },
        {"type": "line", "name": "待复核", "data": [0.1, 0.2, None]},
    ],
}
PIE = {"series": [{"type": "pie", "data": [{"name": "卡", "value": 3}, {"name": "贷", "value": 1}]}]}
PUT = """([where, options]) => {
    const box = document.createElement("section");
    box.id = "charts";
    for (const option of options) {
        const one = document.createElement("div");
        one.innerHTML = '<div class="chart"></div><script type="application/json" class="chart-data"></script>';
        one.querySelector(".chart-data").textContent = option;
        box.append(one);
    }
    document.querySelector(where).replaceChildren(box);
}"""


def put(page: Any, *options: dict[str, Any]) -> None:
    page.evaluate(PUT, ["main", [json.dumps(option) for option in options]])


@pytest.fixture
def charted(page: Any) -> Any:
    """A page with two charts."""
    page.goto("/console/try")
    put(page, OPTION, PIE)
    for name in ("vendor/echarts.common.min.js", "charts.js"):
        page.add_script_tag(url=static(name))
    page.locator("#charts svg").nth(1).wait_for()
    return page


def drawn(page: Any) -> str:
    return str(page.locator("#charts svg").first.inner_html())


def test_a_chart_is_drawn_with_the_formatters_it_names(charted: Any) -> None:
    texts = charted.locator("#charts svg text").all_text_contents()
    assert {"一", "自动", "待复核", "卡", "12.3%", "50.0%"} <= set(texts)


def test_a_tooltip_shows_numbers_as_they_are_named(charted: Any) -> None:
    charted.locator("#charts .chart").first.hover(position={"x": 580, "y": 150})
    charted.wait_for_function("() => document.querySelector('#charts svg').textContent.match(/50.0%.*50.0%.*20.0%/s)")


def test_colours_follow_light_and_dark(charted: Any) -> None:
    colour = "getComputedStyle(document.documentElement).getPropertyValue('--sure').trim()"
    light = charted.evaluate(colour)
    assert light in drawn(charted)
    charted.get_by_label("明暗").select_option("dark")
    dark = charted.evaluate(colour)
    assert dark != light
    charted.wait_for_function("colour => document.querySelector('#charts svg').innerHTML.includes(colour)", arg=dark)
    assert light not in drawn(charted)


def test_a_chart_is_as_wide_as_its_place(charted: Any) -> None:
    charted.set_viewport_size({"width": 500, "height": 800})
    charted.wait_for_function("() => document.querySelector('#charts svg').getBoundingClientRect().width < 500")


def test_charts_that_htmx_brings_are_drawn_too(charted: Any) -> None:
    part = (
        f'<div><div class="chart"></div><script type="application/json" class="chart-data">{json.dumps(PIE)}</script>'
    )
    charted.route("**/console/part", lambda route: route.fulfill(body=part + "</div>", content_type="text/html"))
    charted.evaluate("htmx.ajax('GET', '/console/part', '#charts')")
    charted.wait_for_function("() => document.querySelectorAll('#charts svg').length == 1")


def choose(page: Any, theme: str) -> None:
    page.get_by_label("明暗").select_option(theme)
    # The browser keeps a page's cookie a moment later: a machine's reload may come before that, a person's does not.
    page.wait_for_function("theme => document.cookie.includes(`complaints_theme=${theme}`)", arg=theme)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_stays_as_it_was_chosen(page: Any, theme: str, open_page: Callable[..., Any]) -> None:
    page.goto("/console/try")
    choose(page, theme)
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == theme
    choose(page, "auto")
    page.reload()
    assert page.locator("html").get_attribute("data-theme") is None
