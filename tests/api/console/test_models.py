"""模型 Models: what analysts and administrators do there, by requests and in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from api.app import create_app
from api.jobs.uploads import Uploads
from api.jobs.worker import Worker
from api.privacy import load_key
from api.service import Service
from api.settings import Settings
from api.storage import Act, Database, now
from api.storage.schema import ACTS
from api.storage.trainings import TRAININGS
from api.trainings.histories import Histories
from api.trainings.trainer import Trainer
from classifier.routing import BUNDLED as BOOK
from models import Registry
from tests.api.console.conftest import Console, Site, fits, serving_here
from tests.api.copies import damage, keep, renamed
from tests.api.jobs.conftest import reader, until
from tests.api.trainings.conftest import REAL, history
from tests.conftest import asking
from training import Labelled

MODELS = "/console/models"
FEES_FIRST = """
[[rule]]
name = "年费"
why = "快办"
when.category = ["card_fees"]
then.priority = "P2"
"""
"""A rule of a category that not every model has."""
REASON = {"reason": "十一月的更正", "sure": "on"}


@pytest.fixture
def registry(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A store with the bundled model as its champion."""
    shutil.copytree(store, tmp_path / "store", copy_function=os.link)
    monkeypatch.setenv("COMPLAINTS_MODEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("COMPLAINTS_DATA", str(tmp_path / "data"))
    return Registry(tmp_path / "store")


@pytest.fixture
def kept(registry: Registry) -> str:
    """One more model, never compared."""
    assert registry.champion is not None
    keep(registry, registry.store / registry.champion, "m2")
    return "m2"


@pytest.fixture
def office(registry: Registry, tmp_path: Path, make_key: Callable[..., str]) -> Iterator[Console]:
    """The console of a service that follows its store."""
    application = create_app(Service(registry.load()), Settings(data=tmp_path / "data", review_sample=0), registry)
    with asking(application) as client:
        database = client.app.state.database  # type: ignore[attr-defined]
        keys = {scope: make_key(database, f"{scope}的人", scope) for scope in ("intake", "review", "analyst", "admin")}
        yield Console(client, database, keys)


@contextmanager
def working(database: Database, data: Path) -> Iterator[None]:
    """A worker, as long as this lasts."""
    key, stop = load_key(data / "secret.key", make=True), threading.Event()
    trainer = Trainer(database, Histories(data / "trainings", key), REAL, lambda: None)
    worker = Worker(database, Uploads(data / "uploads", key), reader, 768 << 20, trainer=trainer)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def acts(database: Database) -> list[tuple[str, str, str]]:
    with database.connect() as connection:
        asked = select(ACTS.c.act, ACTS.c.owner, ACTS.c.subject).order_by(ACTS.c.number)
        return [
            (row.act, row.owner, row.subject)
            for row in connection.execute(asked)
            if "promote roll back".find(row.act) >= 0
        ]


# --- what is allowed, and what is not


@pytest.mark.parametrize("scope", ["intake", "review"])
def test_who_is_no_analyst_neither_sees_nor_reaches_it(office: Console, scope: str, kept: str) -> None:
    client = office.sign_in(scope)
    for path in (MODELS, f"{MODELS}/versions/{kept}", f"{MODELS}/compare", f"{MODELS}/versions/{kept}/report"):
        assert client.get(path).status_code == 403
    assert f'href="{MODELS}"' not in client.get("/console/", follow_redirects=True).text
    assert office.post(f"{MODELS}/corrections").status_code == 403
    headers = {"x-csrf-token": office.csrf()}
    assert client.post(f"{MODELS}/histories?name=a.csv", content=b"a", headers=headers).status_code == 403


def test_an_analyst_looks_and_trains_but_puts_nothing_live(office: Console, registry: Registry, kept: str) -> None:
    champion = registry.champion
    assert champion is not None
    registry.compared(kept, champion, verdict="better", reason="better: on 9 rows")
    client = office.sign_in("analyst")
    page = client.get(f"{MODELS}/versions/{kept}").text
    assert "需要管理员来做" in page
    assert "/promote" not in page
    assert office.post(f"{MODELS}/versions/{kept}/promote", **REASON).status_code == 403
    assert office.post(f"{MODELS}/roll-back", to=champion, **REASON).status_code == 403
    assert registry.champion == champion


def test_an_administrator_promotes_what_was_found_better_and_goes_back(
    office: Console, registry: Registry, kept: str
) -> None:
    champion = registry.champion
    assert champion is not None
    registry.compared(kept, champion, verdict="better", reason="better: on 9 rows")
    client = office.sign_in("admin")
    for fields, said in (({}, "请写明原因"), ({"reason": "十一月的更正"}, "请勾选确认")):
        refused = office.post(f"{MODELS}/versions/{kept}/promote", **fields)
        assert refused.status_code == 409
        assert said in refused.text
    assert registry.champion == champion
    assert office.post(f"{MODELS}/versions/{kept}/promote", **REASON).status_code == 303
    assert registry.champion == kept
    until(lambda: f"<code>{kept}</code></span>" in client.get(MODELS).text)  # the foot says what is live
    assert office.post(f"{MODELS}/roll-back", to="another", **REASON).status_code == 409
    assert office.post(f"{MODELS}/roll-back", to=champion, **REASON).status_code == 303
    assert registry.champion == champion
    told = [(event.act, event.by, event.reason) for event in registry.history()[-2:]]
    assert told == [("promoted", "admin的人", "十一月的更正"), ("rolled_back", "admin的人", "十一月的更正")]
    assert acts(office.database) == [("promote", "admin的人", kept), ("roll back", "admin的人", champion)]
    assert "十一月的更正" in client.get(MODELS).text


@pytest.mark.parametrize(
    ("verdict", "said"),
    [("", "没有和现在的在用模型比较过"), ("worse", "比较的结论是更差"), ("not_enough_data", "数据不足，不能下结论")],
)
def test_what_was_not_found_better_is_not_promoted(
    office: Console, registry: Registry, kept: str, verdict: str, said: str
) -> None:
    champion = registry.champion
    assert champion is not None
    if verdict:
        registry.compared(kept, champion, verdict=verdict, reason="on 9 rows")
    client = office.sign_in("admin")
    page = client.get(f"{MODELS}/versions/{kept}").text
    assert said in page
    assert "/promote" not in page
    refused = office.post(f"{MODELS}/versions/{kept}/promote", **REASON)
    assert refused.status_code == 409
    assert "没有上线" in refused.text
    assert registry.champion == champion


def test_what_could_not_serve_is_refused_before_it_is_promoted(office: Console, registry: Registry) -> None:
    champion = registry.champion
    assert champion is not None
    keep(registry, registry.store / champion, "foreign", renamed)
    registry.compared("foreign", champion, verdict="better", reason="on 9 rows")
    office.sign_in("admin")
    rules = office.client.app.state.rules  # type: ignore[attr-defined]
    fees_first = BOOK.read_text(encoding="utf-8").replace("[[rule]]", FEES_FIRST + "[[rule]]", 1)
    rules.switch(fees_first, "tests", "年费优先", Act("管", "switch rules"))
    refused = office.post(f"{MODELS}/versions/foreign/promote", **REASON)
    assert refused.status_code == 409
    assert "没有上线" in refused.text
    assert registry.champion == champion


def test_a_damaged_model_is_shown_as_such_and_refused(office: Console, registry: Registry, kept: str) -> None:
    champion = registry.champion
    assert champion is not None
    registry.compared(kept, champion, verdict="better", reason="on 9 rows")
    damage(registry, kept)
    office.sign_in("admin")
    refused = office.post(f"{MODELS}/versions/{kept}/promote", **REASON)
    assert refused.status_code == 409
    assert "was changed" in refused.text
    assert str(registry.store) not in refused.text


def test_a_report_is_a_page_that_may_run_nothing(office: Console, registry: Registry, kept: str) -> None:
    client = office.sign_in("analyst")
    report = client.get(f"{MODELS}/versions/{kept}/report")
    assert report.status_code == 200
    policy = report.headers.get_list("content-security-policy")
    assert len(policy) == 1
    assert policy[0].endswith("sandbox")
    assert "script-src" not in policy[0]
    assert "macro-F1" in report.text
    page = client.get(f"{MODELS}/versions/{kept}")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "用途 What it is for" in page.text
    assert client.get(f"{MODELS}/versions/none").status_code == 404
    assert client.get(f"{MODELS}/versions/none/report").status_code == 404


def test_two_models_that_were_never_compared_say_how_to(office: Console, registry: Registry, kept: str) -> None:
    client = office.sign_in("analyst")
    page = client.get(f"{MODELS}/compare?old={registry.champion}&new={kept}").text
    assert f"complaints compare {registry.champion} {kept} --on" in page
    assert client.get(f"{MODELS}/compare?old=none&new={kept}").status_code == 200


def test_a_history_needs_a_page_of_ours_and_something_in_it(office: Console) -> None:
    client = office.sign_in("analyst")
    address = f"{MODELS}/histories?name=a.csv"
    assert client.post(address, content=b"a").status_code == 403
    headers = {"x-csrf-token": office.csrf(), "hx-request": "true"}
    assert client.post(address, content=b"", headers=headers).status_code == 422
    sent = client.post(address, content=b"a", headers=headers)
    assert sent.status_code == 201
    training = sent.headers["location"]
    assert client.get(training).status_code == 200
    assert office.post(f"{training}/train", reason="\x00\u200b").status_code == 422
    assert office.post(f"{training}/train", reason="x").status_code == 409
    assert office.post(f"{training}/check", encoding="klingon").status_code == 422
    assert office.post(f"{training}/check").status_code == 409
    assert client.get(f"{training}/findings").status_code == 404
    assert office.post(f"{training}/discard").status_code == 303
    assert "已放弃" in client.get(training).text
    assert client.get(f"{MODELS}/trainings/none").status_code == 404


# --- a real browser


@pytest.fixture
def training_site(registry: Registry, tmp_path: Path) -> Iterator[Site]:
    """A real server that follows its store, with a worker."""
    data = tmp_path / "data"
    application = create_app(Service(registry.load()), Settings(data=data, review_sample=0), registry)
    with serving_here(application) as site, working(site.database, data):
        yield site


def test_a_history_becomes_a_model_that_serves_and_the_old_one_comes_back(
    training_site: Site,
    open_page: Callable[..., Any],
    registry: Registry,
    corpus: list[Labelled],
    tmp_path: Path,
) -> None:
    """The main path, with a real training in the middle."""
    (tmp_path / "台账.csv").write_bytes(history(corpus))
    before = registry.champion
    page = open_page(address=training_site.address)
    page.set_default_timeout(180_000)
    page.goto(MODELS)
    page.get_by_label("已标注的历史").set_input_files(tmp_path / "台账.csv")
    page.get_by_role("button", name="上传并查看数据").click()
    page.get_by_role("heading", name="数据还不能用来训练").wait_for()
    page.get_by_role("cell", name="自助渠道").wait_for()
    page.locator("select[name=labels]").select_option("as-is")
    page.get_by_role("button", name="重新查看数据").click()
    page.get_by_role("heading", name="数据报告").wait_for()
    assert page.get_by_role("row", name=re.compile("没有内容")).count() == 1
    page.get_by_label("原因").fill("本行的两类")
    page.get_by_role("button", name="开始训练").click()
    page.locator(".stages li").first.wait_for()
    page.reload()  # it goes on without anybody looking
    page.locator(".stages li", has_text="分词").wait_for()
    page.get_by_role("heading", name="结论").wait_for()
    page.locator(".verdict-line", has_text="更好").wait_for()
    page.get_by_role("button", name="上线…").click()
    page.get_by_label("原因").fill("比在用的好")
    page.get_by_label("确认上线").check()
    page.get_by_role("button", name="上线").click()
    page.wait_for_url(f"**{MODELS}")
    after = registry.champion
    assert after != before
    assert (registry.history()[-1].act, registry.history()[-1].reason) == ("promoted", "比在用的好")

    def live(version: str | None) -> bool:
        page.reload()
        return bool(page.locator("footer code", has_text=version).count())

    until(lambda: live(after))
    page.get_by_text("退回上一个模型").click()
    page.get_by_label("原因").fill("演练")
    page.get_by_label("确认退回").check()
    page.get_by_role("button", name="退回").click()
    page.get_by_role("cell", name="演练").wait_for()
    assert registry.champion == before
    until(lambda: live(before))


FIGURE = {"value": 0.9, "low": 0.85, "high": 0.95}
BOTH = {"old": FIGURE, "new": FIGURE, "difference": {"value": -0.01, "low": -0.05, "high": 0.02}}
CATEGORIES = [
    {"code": "fraud_and_theft", "zh": "资金安全与盗刷", "en": "Fraud and theft", "rows": 1_234},
    {"code": "mobile_banking", "zh": "手机银行故障与体验", "en": "Mobile banking faults", "rows": 32},
]
DATA = {
    "read": 12_345,
    "kept": 12_000,
    "masked": 321,
    "train": 9_600,
    "test": 2_400,
    "bundled": 15_000,
    "lengths": {"least": 7, "half": 88, "most": 9_999},
    "months": {"2026-09": 4_000, "2026-10": 8_000},
    "findings_written": True,
    "findings": [{"zh": "同文不同类", "en": "same text, other label", "rows": 345, "done": "已剔除 dropped"}],
    "categories": CATEGORIES,
    "sources": [
        {
            "name": "台账.xlsx",
            "rows": 12_345,
            "own": False,
            "columns": {"text": "投诉内容", "label": "投诉类别"},
            "notes": ["编码 encoding: gb18030"],
        }
    ],
}
SOURCES = [
    {
        "name": "台账.xlsx",
        "own": False,
        "columns": [{"title": "投诉内容", "example": "钱没到账" * 15}, {"title": "类", "example": ""}],
    }
]
COMPARISON = {
    "old": "m1", "new": "m2", "rows": 2_400, "seen": 0, "accuracy": BOTH, "macro_f1": BOTH, "only_new": 12,
    "only_old": 50, "p_value": 0.003, "verdict": "worse", "zh": "更差：两个模型都没学过的2,400条上，差",
    "en": "worse: on 2,400 rows",
    "categories": [{**CATEGORIES[0], "recall": BOTH, "critical": True, "below_floor": True}],
}  # fmt: skip
STAGES = [
    {"stage": "查重 near duplicates", "done": 27_000, "total": 27_000, "seconds": 2.0, "remaining": 0.0},
    {"stage": "交叉验证 cross-validation", "done": 2, "total": 20, "seconds": 61.0, "remaining": 500.0},
]
STATES: dict[str, dict[str, Any]] = {
    "queued": {"status": "checking"},
    "blocked": {
        "status": "checked",
        "problem": "1 labels of 9 rows mean no category: 服务太度.",
        "report": {"sources": SOURCES, "unknown": [{"label": "服务太度", "rows": 9, "nearest": ["服务态度"]}]},
    },
    "ready": {"status": "checked", "report": {"sources": SOURCES, "data": DATA}},
    "training": {
        "status": "training",
        "started_at": now(),
        "stages": STAGES,
        "report": {"data": DATA},
        "reason": "每月",
    },
    "failed": {"status": "failed", "problem": "进程被信号9终止。 It was ended.", "log": "Traceback\n" + "x" * 300},
    "discarded": {"status": "discarded", "report": {"data": DATA}},
}


@pytest.mark.parametrize(("width", "language"), [(360, "zh"), (1_920, "en")])
def test_every_state_of_a_training_is_readable_in_any_window(
    training_pages: Site, open_page: Callable[..., Any], axe: Callable[[Any], None], width: int, language: str
) -> None:
    page = open_page(width, address=training_pages.address)
    for name in STATES:
        page.goto(f"{MODELS}/trainings/{name}?lang={language}")
        assert fits(page), name
        axe(page)
    page.goto(f"{MODELS}/trainings/done?lang={language}")
    page.get_by_text({"zh": "更差", "en": "Worse"}[language], exact=True).wait_for()
    assert fits(page)
    axe(page)
    for path in (MODELS, f"{MODELS}/versions/m2", f"{MODELS}/compare"):
        page.goto(f"{path}?lang={language}")
        assert fits(page), path
        axe(page)


@pytest.fixture
def training_pages(registry: Registry, kept: str, tmp_path: Path) -> Iterator[Site]:
    """A server whose trainings stand at every state there is; nobody works on them."""
    champion = registry.champion
    assert champion is not None
    registry.compared(kept, champion, verdict="worse", reason="worse: on 2,400 rows")
    data = tmp_path / "data"
    application = create_app(Service(registry.load()), Settings(data=data, review_sample=0), registry)
    result = {"version": kept, "metrics": {}, "comparison": {**COMPARISON, "old": champion}}
    done = {"status": "done", "result": result, "report": {"data": DATA}, "stages": STAGES, "reason": "每月"}
    plain = {"owner": "陈分析", "name": "二〇二六年十一月投诉台账（全行汇总，含分行上报）.xlsx", "created_at": now()}
    options = {"labels": "taxonomy", "split": "random", "bundled": None, "corrections": True}
    with serving_here(application) as site:
        with site.database.begin() as connection:
            for name, columns in {**STATES, "done": done}.items():
                row = {"training_id": name, "options": options, "starts": 1, "stages": [], "started_at": None}
                connection.execute(insert(TRAININGS), {**row, **plain, **columns})
        yield site


def test_it_can_be_done_by_keyboard_alone(training_pages: Site, open_page: Callable[..., Any]) -> None:
    page = open_page(address=training_pages.address)
    page.goto(f"{MODELS}/trainings/ready")
    page.get_by_label("原因").focus()
    page.keyboard.type("每月")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="正在训练").wait_for()
    page.get_by_role("button", name="取消").focus()
    page.keyboard.press("Enter")
    page.get_by_text("已放弃").wait_for()


def test_how_far_it_is_comes_by_itself_and_so_does_its_end(training_pages: Site, open_page: Callable[..., Any]) -> None:
    page = open_page(address=training_pages.address)
    page.goto(f"{MODELS}/trainings/training")
    assert page.locator("progress").last.get_attribute("value") == "2"
    told = TRAININGS.update().where(TRAININGS.c.training_id == "training")
    with training_pages.database.begin() as connection:
        connection.execute(told.values(stages=[STAGES[0], {**STAGES[1], "done": 15}]))
    page.locator("progress[value='15']").wait_for()
    assert page.locator("#said").inner_text() == "交叉验证"
    with training_pages.database.begin() as connection:
        connection.execute(told.values(status="failed", problem="数据不足"))
    page.get_by_role("heading", name="没有成功").wait_for()


def test_a_failed_upload_says_why(training_pages: Site, open_page: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "空.csv").touch()
    page = open_page(address=training_pages.address)
    page.goto(MODELS)
    page.get_by_label("已标注的历史").set_input_files(tmp_path / "空.csv")
    page.get_by_role("button", name="上传并查看数据").click()
    page.locator("#upload-fault", has_text="文件为空").wait_for()
