"""批量标注 File: from the drop to the tagged result, in a real browser and without one."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.jobs.uploads import open_uploads
from api.jobs.worker import Worker
from api.service import Service
from api.settings import Settings
from models import Bundle
from tests.api.console.conftest import Console, Site, fits, serving_here
from tests.api.jobs.conftest import csv_file
from tests.api.jobs.test_jobs import APP, FEE, THEFT, excel
from training import Labelled

ROWS = 50_000 if os.environ.get("HYPOTHESIS_PROFILE") == "proof" else 2_000
PATIENCE = 900_000
"""Milliseconds."""
TITLES = ("工单号", "投诉内容", "投诉渠道", "备注")


@pytest.fixture(scope="module")
def hall(bundle: Bundle, store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a worker beside it."""
    folder = tmp_path_factory.mktemp("hall")
    settings = Settings(data=folder, review_sample=0)
    given = {"COMPLAINTS_MODEL_STORE": str(store), "COMPLAINTS_DATA": str(folder)}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)  # the worker's children read them
    with serving_here(create_app(Service(bundle), settings)) as site, _working(site, settings):
        yield site
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


class _working:  # noqa: N801  # used as a function
    """A worker, as long as this lasts."""

    def __init__(self, site: Site, settings: Settings) -> None:
        self._stop = threading.Event()
        command = [sys.executable, "-m", "cli", "worker"]
        worker = Worker(
            site.database,
            open_uploads(settings, site.database),
            lambda job, holder: [*command, "--job", job, "--holder", holder],
            768 << 20,
        )
        self._thread = threading.Thread(target=worker.run, args=(self._stop,))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def page(open_page: Callable[..., Any], hall: Site) -> Any:
    page = open_page(address=hall.address)
    page.set_default_timeout(120_000)
    return page


def file(content: bytes, name: str = "十一月.csv") -> dict[str, Any]:
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def bring(page: Any, content: bytes, name: str = "十一月.csv") -> None:
    """Upload a file and wait for its preview."""
    page.goto("/console/files")
    page.locator("#file").set_input_files(file(content, name))
    page.get_by_role("button", name="上传并预览").click()
    page.get_by_text("看起来不对？").wait_for()


def ended(page: Any) -> None:
    page.locator("#outcome").wait_for(timeout=PATIENCE)


def test_a_file_goes_from_the_drop_to_the_tagged_result(page: Any, axe: Callable[[Any], None], tmp_path: Path) -> None:
    rows = [
        ("M-1", FEE, "热线", "已回访"),
        ("M-2", " ", "", ""),
        ("M-3", APP, "飞鸽", ""),
        ("M-4", THEFT, "网点", "=1+1"),
    ]
    page.goto("/console/files")
    page.evaluate(  # as a person drops it
        """([name, text]) => {
            const brought = new DataTransfer();
            brought.items.add(new File([text], name, { type: "text/csv" }));
            const drop = document.querySelector(".drop strong");
            for (const kind of ["dragover", "drop"])
              drop.dispatchEvent(new DragEvent(kind, { dataTransfer: brought, bubbles: true, cancelable: true }));
        }""",
        ["台账<b>.csv", csv_file([TITLES, *rows]).decode()],
    )
    page.get_by_role("button", name="上传并预览").click()
    page.get_by_role("heading", name="哪一列是投诉内容").wait_for()
    assert page.get_by_role("radio", name="投诉内容").is_checked()
    assert page.locator(".preview tbody tr").count() == 4
    axe(page)
    page.get_by_role("button", name="开始读取 4 行").click()
    ended(page)
    assert page.locator(".figures dd").all_inner_texts() == ["4", "2", "0", "2"]
    refused = page.locator(".lines tbody tr").all_inner_texts()
    assert [line.split("\t")[0] for line in refused] == ["3", "4"]
    assert "投诉内容为空" in refused[0]
    assert "渠道不在规定的范围内" in refused[1]
    page.locator(".chart svg").wait_for()
    axe(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="下载标注结果 Excel").click()
    download.value.save_as(tmp_path / "tagged.xlsx")
    assert download.value.suggested_filename.startswith("标注结果-")
    header, *tagged = openpyxl.load_workbook(tmp_path / "tagged.xlsx").active.iter_rows(values_only=True)
    assert header[:3] == ("行号", "投诉编号", "投诉内容（已脱敏）")
    assert [(row[0], row[1], row[3]) for row in tagged] == [
        (2, "M-1", "card_fees"),
        (3, "M-2", None),
        (4, "M-3", None),
        (5, "M-4", "fraud_and_theft"),
    ]
    with page.expect_download() as download:
        page.get_by_role("link", name="下载这张表").click()
    download.value.save_as(tmp_path / "errors.csv")
    lines = list(csv.reader(io.StringIO((tmp_path / "errors.csv").read_text("utf-8-sig"))))
    assert [line[:2] for line in lines] == [["行号", "投诉编号"], ["3", "M-2"], ["4", "M-3"]]
    page.goto("/console/files")
    assert page.locator("tbody tr").first.inner_text().startswith("台账<b>.csv\t完成\t4\t2")


def test_a_large_file_is_read_while_pages_are_loaded_again(
    page: Any, corpus: list[Labelled], record_property: Callable[[str, object], None]
) -> None:
    lines = [(f"L-{n}", f"第{n}件：{corpus[n % len(corpus)].text}", "", "") for n in range(ROWS)]
    begun = time.monotonic()
    bring(page, csv_file([TITLES, *lines]))
    page.get_by_role("button", name=f"开始读取 {ROWS:,} 行").click()
    page.locator("#state progress[value]").wait_for()
    page.reload()
    page.locator("#state progress[value]").wait_for()
    place = page.url
    page.goto("/console/files")
    page.locator("tbody tr a").first.click()
    assert page.url == place
    ended(page)
    record_property("large file", f"{ROWS:,} rows in {time.monotonic() - begun:.0f} s from upload to result")
    assert page.locator(".figures dd").first.inner_text() == f"{ROWS:,}"
    counts = json.loads(page.locator(".chart-data").first.text_content())["series"][0]["data"]
    assert 0 < sum(counts) <= ROWS
    table = page.locator("#state table").first.locator("tbody td:nth-child(2)").all_text_contents()
    assert sum(int(count.replace(",", "")) for count in table) == ROWS


def test_another_sheet_and_another_column_can_be_chosen_by_keyboard(page: Any) -> None:
    bring(page, excel([], [("编号", "情形", "说明"), ("K-1", THEFT, FEE)]), "台账.xlsx")
    assert "是空的" in page.locator(".notice.bad").inner_text()
    page.get_by_label("工作表").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="哪一列是投诉内容").wait_for()
    page.get_by_role("radio", name="情形").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("radio", name="说明").is_checked()
    page.keyboard.press("Enter")
    ended(page)
    assert page.locator(".figures dd").first.inner_text() == "1"


def test_a_file_that_is_no_table_is_told_and_one_can_be_given_up(page: Any) -> None:
    page.goto("/console/files")
    page.locator("#file").set_input_files(file(b"PK\x03\x04" + bytes(500), "坏.xlsx"))
    page.get_by_role("button", name="上传并预览").click()
    page.get_by_text("无法作为Excel打开").wait_for()
    bring(page, csv_file([TITLES, ("G-1", FEE, "", "")]), "不要了.csv")
    page.get_by_role("button", name="放弃").click()
    page.get_by_role("heading", name="交过的文件").wait_for()
    assert "未完成" in page.locator("tr", has_text="不要了.csv").inner_text()


def test_a_file_over_the_limit_is_not_even_sent(page: Any) -> None:
    page.goto("/console/files")
    page.locator("#upload").evaluate("form => { form.dataset.limit = 10; }")
    page.locator("#file").set_input_files(file(csv_file([TITLES, ("H-1", FEE, "", "")])))
    assert "上限" in page.locator("#upload-said").inner_text()
    page.get_by_role("button", name="上传并预览").click()
    assert page.url.endswith("/console/files")


@pytest.mark.parametrize(("width", "language"), [(360, "zh"), (1_920, "en")])
def test_every_state_is_readable_in_any_window(
    open_page: Callable[..., Any], axe: Callable[[Any], None], hall: Site, width: int, language: str
) -> None:
    page = open_page(width, address=hall.address)
    page.set_default_timeout(120_000)
    page.goto(f"/console/files?lang={language}")
    assert fits(page)
    axe(page)
    wide = [tuple(f"很长的列名{n}" for n in range(30)), tuple(FEE for _ in range(30))]
    page.locator("#file").set_input_files(file(csv_file([*wide]), "很长很长的文件名" * 10 + ".csv"))
    page.locator("#upload button").click()
    page.locator(".preview").wait_for()
    assert fits(page)
    axe(page)


def test_what_is_no_table_is_refused_by_its_kind_and_what_is_not_chinese_is_asked_about(page: Any) -> None:
    page.goto("/console/files")
    page.locator("#file").set_input_files(file(b"\x89PNG\r\n\x1a\n" + bytes(200), "截图.png"))
    page.get_by_role("button", name="上传并预览").click()
    page.get_by_text("这是PNG文件，不是表格").wait_for()
    page.get_by_role("button", name="重新上传").click()
    page.wait_for_url("**/console/files")
    bring(page, b"text,b\nthe quick brown fox jumps over the lazy dog,1\n", "a.csv")
    assert page.get_by_text("这一列没有中文").is_visible()


def test_the_same_file_once_more_leads_to_what_came_of_it(page: Any) -> None:
    content = csv_file([["投诉内容", f"{FEE}同一份"]])
    for again in (False, True):
        bring(page, content)
        page.get_by_role("button", name="开始读取").click()
        ended(page)
        assert page.get_by_text("同一份文件以前交过").count() == again


# --- without a browser


def upload(console: Console, content: bytes, *, token: bool = True, header: bool = False) -> Any:
    """As a browser without scripts posts the form."""
    csrf = console.csrf()
    return console.client.post(
        "/console/files",
        data={"csrf": csrf} if token and not header else {},
        files={"file": ("台账.csv", content)},
        headers={"x-csrf-token": csrf} if header else {},
        follow_redirects=False,
    )


def test_a_form_without_scripts_brings_a_file_too(keyless: Console, tmp_path: Path) -> None:
    content = os.urandom(3 << 20)
    answer = upload(keyless, content)
    assert answer.status_code == 303, answer.text
    job_id = answer.headers["location"].rpartition("/")[2]
    assert (tmp_path / "uploads" / job_id).read_bytes() == content
    assert "正在查看" in keyless.client.get(f"/console/files/{job_id}").text


def test_a_file_that_no_page_of_ours_has_sent_is_refused(keyless: Console, tmp_path: Path) -> None:
    assert upload(keyless, b"a\n1\n", token=False).status_code == 403
    assert upload(keyless, b"a\n1\n", header=True).status_code == 303
    assert len(list((tmp_path / "uploads").iterdir())) == 1


def test_a_file_over_the_limit_leaves_nothing(bundle: Bundle, tmp_path: Path) -> None:
    app = create_app(Service(bundle), Settings(data=tmp_path, upload_max_bytes=1_000))
    with TestClient(app, "http://127.0.0.1", raise_server_exceptions=False) as client:
        console = Console(client, app.state.database, {})
        assert upload(console, b"x" * 1_000).status_code == 303
        assert upload(console, b"x" * 1_001).status_code == 413
        assert len(list((tmp_path / "uploads").iterdir())) == 1


FORM = "multipart/form-data; boundary=x"
FIELD = b'--x\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/csv", b"a\n1\n"),
        (FORM, b""),
        (FORM, b"--x--\r\n"),
        (FORM, b"--x\r\n" + b"a" * 100_000),
        (
            "multipart/form-data; boundary=x",
            FIELD + b"a" * 100_000,
        ),
        (
            "multipart/form-data; boundary=x",
            FIELD + b"t\r\n--x--\r\n",
        ),
        (FORM, b'--x\r\nx: name="f"; filename="a"\r\n\r\nhalf of it'),
    ],
)
def test_a_form_that_is_none_is_refused_and_leaves_nothing(
    content_type: str, body: bytes, keyless: Console, tmp_path: Path
) -> None:
    headers = {"content-type": content_type, "x-csrf-token": keyless.csrf()}
    answer = keyless.client.post("/console/files", content=body, headers=headers)
    assert answer.status_code in (415, 422), answer.text
    assert list((tmp_path / "uploads").iterdir()) == []


def test_who_may_not_send_complaints_may_not_bring_files(console: Console) -> None:
    client = console.sign_in("review")
    assert client.get("/console/files").status_code == 403
    assert "/console/files" not in client.get("/console/cases").text
    assert upload(console, b"a\n1\n").status_code == 403
    assert console.sign_in("intake").get("/console/files").status_code == 200


def test_nobody_sees_anybody_elses_file(console: Console) -> None:
    console.sign_in("admin")
    place = upload(console, b"a\n1\n").headers["location"]
    client = console.sign_in("intake")
    assert client.get(place).status_code == 404
    assert console.post(f"{place}/start", column="0").status_code == 404
    for name in ("tagged.csv", "errors.csv", "errors"):
        assert client.get(f"{place}/{name}").status_code == 404
