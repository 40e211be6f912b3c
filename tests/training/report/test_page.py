"""One page that needs nothing but itself, whatever the texts say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import training.report
from tests.training.report.conftest import CODES, drawn, in_months, labelled
from training.evaluate import OutOfFold
from training.report import LearningPoint, render

Make = Callable[..., dict[str, Any]]

LEARNING = [LearningPoint(n, 1 - 3 * n**-0.5, 1 - 2 * n**-0.4) for n in (100, 400, 900)]
DATA = {
    "read": 1234,
    "kept": 1200,
    "dropped": {"empty": 34},
    "files": ["甲.csv", "乙.xlsx"],
    "findings": [{"kind": "two_labels", "zh": "同文异标", "en": "two labels", "rows": 7}],
}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}年费"
VOID = {"meta", "br"}


class Page(HTMLParser):
    """Tags, attributes and text of a page; fails on a tag that is not closed where it should be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[str] = []
        self.said = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.said += data


@pytest.fixture(scope="session")
def full(document: Make) -> dict[str, Any]:
    """A document with every part."""
    judged = drawn(CODES, 600, seed=7)
    champion = replace(drawn((*CODES[:3], "elsewhere"), 600, seed=8, skill=0.0), labels=judged.labels)
    return document(judged, in_months(judged), learning=LEARNING, champion=champion, data=DATA)


def ids(html: str) -> set[str]:
    return {value for _, attributes in Page(html).tags if (value := attributes.get("id"))}


def test_nothing_is_loaded_and_nothing_runs(full: dict[str, Any]) -> None:
    html = render(full)
    page = Page(html)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    for _, attributes in page.tags:
        assert not [
            name for name in attributes if name.startswith("on") or name in ("src", "srcset", "action", "style")
        ]
        assert attributes.get("href", "#").startswith("#")  # type: ignore[union-attr]
    assert not re.search(r"https?://|url\(|@import", html)
    assert "default-src 'none'" in html


def test_the_contents_list_leads_to_every_part(full: dict[str, Any]) -> None:
    html = render(full)
    links = [attributes["href"] for tag, attributes in Page(html).tags if tag == "a"]
    assert links == [f"#{anchor}" for anchor in re.findall(r'<h2 id="(\w+)"', html)]
    assert len(links) == 10


def test_headings_are_chinese_first_and_english_beside(full: dict[str, Any]) -> None:
    for heading in re.findall(r"<h[123][^>]*>(.*?)</h[123]>", render(full)):
        if "→" not in heading and "发现" not in heading:
            assert re.fullmatch(r'[^<a-z]*[\u4e00-\u9fff][^<]*<span lang="en">[^<\u4e00-\u9fff]+</span>', heading), (
                heading
            )


def test_hostile_texts_are_only_shown(document: Make) -> None:
    judged = drawn(CODES, 60, seed=7, skill=0.0)
    rows = labelled(judged, [HOSTILE], channel="<b>app</b>")
    data = {"<b>": "<u>x</u>", "findings": [{"<s>": "<em>"}], "dropped": {"<q>": 1}}
    html = render(document(judged, rows, method="<h1>by hand</h1>", data=data))
    page = Page(html)
    assert not {tag for tag, _ in page.tags} & {"script", "img", "b", "u", "s", "em", "q"}
    assert html.count("<h1>") == 1
    assert HOSTILE in page.said
    assert "<b>app</b>" in page.said


@given(st.text(min_size=1, max_size=200))
def test_any_text_makes_a_page_that_can_be_written(document: Make, text: str) -> None:
    judged = drawn(CODES, 40, seed=7, skill=0.0)
    Page(render(document(judged, labelled(judged, ["年费" + text]))))
    render(document(judged, labelled(judged, ["年费" + text + "\ud800"]))).encode()


def test_nothing_of_a_row_but_its_text_is_told(document: Make) -> None:
    judged = drawn(CODES, 60, seed=7, skill=0.0)
    rows = labelled(judged, customer="C-778899", group="城北支行", place="/home/zhang/history.csv, line 3")
    made = json.dumps(document(judged, rows), ensure_ascii=False)
    for secret in ("C-778899", "城北支行", "zhang"):
        assert secret not in made


def test_evidence_is_marked(full: dict[str, Any]) -> None:
    assert "的<mark>年费</mark>乱收" in render(full)


def test_the_page_of_a_kept_document_is_the_same(full: dict[str, Any]) -> None:
    assert render(json.loads(json.dumps(full))) == render(full)


def test_parts_without_content_are_left_out(document: Make, full: dict[str, Any]) -> None:
    perfect = drawn(CODES, 60, seed=7, skill=50.0)
    bare = ids(render(document(perfect)))
    assert ids(render(full)) - bare == {"champion", "worst", "learning", "data"}
    assert "按月份" not in render(document(perfect))


def test_few_rows_are_flagged(document: Make) -> None:
    assert "样本太少 too few" in Page(render(document(drawn(CODES, 30, seed=7)))).said
    assert "样本太少 too few" not in Page(render(document(drawn(CODES, 9_000, seed=7)))).said


def test_many_categories_are_said_to_be_cut(document: Make) -> None:
    codes = [f"c{k:03d}" for k in range(118)]
    said = Page(render(document(drawn(codes, 2_000, seed=7)))).said
    assert "共118个类别，只列最常见的错所涉及的" in said


@pytest.mark.parametrize("rows", [1, 2, 50])
def test_two_categories_and_hardly_a_row(document: Make, rows: int) -> None:
    judged = drawn(CODES[:2], rows, seed=7)
    Page(render(document(judged, champion=judged, learning=LEARNING[:1])))


def test_nothing_automatic_is_said_plainly(document: Make) -> None:
    flat = OutOfFold(CODES, np.array(["other"] * 9), np.full((9, 4), 0.25), np.ones(9), np.full(9, 60.0))
    made = document(flat)
    assert made["automatic"]["precision"]["value"] is None
    assert made["automatic"]["points"] == []
    assert "没有一条自动处理" in Page(render(made)).said


def test_an_extrapolation_is_called_one(document: Make, full: dict[str, Any]) -> None:
    assert "是外推，不是测得" in Page(render(full)).said
    short = document(drawn(CODES, 50, seed=7), learning=LEARNING[:2])
    assert "不作外推" in Page(render(short)).said


def test_the_data_report_is_shown_as_it_is(full: dict[str, Any]) -> None:
    said = Page(render(full)).said
    for shown in ("1,234", "弃用 dropped: empty", "甲.csv, 乙.xlsx", "同文异标", "two labels"):
        assert shown in said


def test_every_number_on_charts_and_tables_is_text(full: dict[str, Any]) -> None:
    page = Page(render(full))
    assert sum(tag == "svg" and attributes.get("class") == "chart" for tag, attributes in page.tags) == 3
    assert sum(tag == "text" for tag, _ in page.tags) > 30


CSS = (Path(training.report.__file__).parent / "page.css").read_text(encoding="utf-8")
SCHEMES = [dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)]
ON_PAPER = product(("ink", "quiet", "model", "champion", "wrong"), ("paper", "panel"))
ON_CELLS = [("low", f"{kind}{n}") for kind in "wr" for n in (1, 2, 3)] + [
    ("high", f"{kind}{n}") for kind in "wr" for n in (4, 5)
]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize(("text", "ground"), [*ON_PAPER, ("ink", "mark"), *ON_CELLS])
def test_every_text_can_be_read_by_day_and_by_night(text: str, ground: str) -> None:
    assert len(SCHEMES) == 2
    for scheme in SCHEMES:
        light, dark = sorted((luminance(scheme[text]), luminance(scheme[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
