"""模型 Models: a history becomes a model, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from api.app import create_app
from api.service import Service
from api.settings import Settings
from api.storage import now
from api.storage.trainings import TRAININGS
from models import Registry
from tests.api.console.conftest import Site, fits, serving_here
from tests.api.console.models.conftest import MODELS, working
from tests.api.jobs.conftest import until
from tests.api.jobs.test_jobs import APP, FEE
from tests.api.trainings.conftest import history
from training import Labelled


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


def test_two_models_are_compared_on_a_file_and_the_better_one_may_serve(
    training_site: Site,
    open_page: Callable[..., Any],
    registry: Registry,
    kept: str,
    tmp_path: Path,
) -> None:
    """Rows with labels that nobody knows are left out when one says so; the verdict stands in the history."""
    texts = [f"第{n}次了，{words}" for n in range(30) for words in (FEE, APP)]
    rows = [f"{text},{'card_fees' if FEE in text else 'mobile_banking'}" for text in texts]
    (tmp_path / "本月.csv").write_text("\n".join(["投诉内容,类别", *rows, "哦哦哦,乱填"]), encoding="utf-8")
    page = open_page(address=training_site.address)
    page.set_default_timeout(60_000)
    page.goto(f"{MODELS}/versions/{kept}")
    page.get_by_role("link", name="比较", exact=True).click()
    page.locator("#history").set_input_files(tmp_path / "本月.csv")
    page.get_by_role("button", name="上传并比较").click()
    page.get_by_role("cell", name="乱填").wait_for()
    page.get_by_role("button", name="略去这 1 行，继续").click()
    page.get_by_role("heading", name="结论：两个模型比较").wait_for()
    page.get_by_text("只比较了 60 条").wait_for()
    said = registry.history()[-1]
    assert (said.act, said.version, said.against) == ("compared", kept, registry.champion)
    page.goto(f"{MODELS}/compare?old={registry.champion}&new={kept}")
    page.get_by_text("各类别的召回率").wait_for()


def test_what_was_compared_later_stands_with_the_training_too(
    training_pages: Site, open_page: Callable[..., Any], kept: str
) -> None:
    result = {"version": kept, "metrics": {}, "comparison": None}
    told = TRAININGS.update().where(TRAININGS.c.training_id == "done")
    with training_pages.database.begin() as connection:
        connection.execute(told.values(result=result))
    page = open_page(address=training_pages.address)
    page.goto(f"{MODELS}/trainings/done")
    page.get_by_text("后来用另一份数据比较过").wait_for()
    assert page.get_by_text("没有自动比较").count() == 0


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
    "corrections": {
        "name": None,
        "status": "checked",
        "report": {"sources": [{**SOURCES[0], "own": True}], "data": {**DATA, "learnt_already": 12}},
    },
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
    for name in (*STATES, "compared"):
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
            compared = {**done, "options": {**options, "compared": [champion, kept]}}
            for name, columns in {**STATES, "done": done, "compared": compared}.items():
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
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="取消").focus()
    page.keyboard.press("Enter")
    page.get_by_text("已放弃").wait_for()


def test_a_file_is_not_deleted_before_one_has_said_so_twice(
    training_pages: Site, open_page: Callable[..., Any]
) -> None:
    page = open_page(address=training_pages.address)
    page.goto(f"{MODELS}/trainings/ready")
    with page.expect_event("dialog", lambda dialog: dialog.dismiss() or True):
        page.get_by_role("button", name="放弃，删除文件").click()
    assert page.get_by_role("heading", name="开始训练？").is_visible()


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
