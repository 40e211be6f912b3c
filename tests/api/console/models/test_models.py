"""模型 Models: what analysts and administrators do there, by requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from api.app import create_app
from api.service import Service
from api.settings import Settings
from api.storage import Act, Database
from api.storage.schema import ACTS
from classifier.routing import BUNDLED as BOOK
from models import Registry
from tests.api.console.conftest import Console
from tests.api.console.models.conftest import MODELS
from tests.api.copies import damage, keep, renamed
from tests.api.jobs.conftest import until
from tests.conftest import asking

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
def office(registry: Registry, tmp_path: Path, make_key: Callable[..., str]) -> Iterator[Console]:
    """The console of a service that follows its store."""
    application = create_app(Service(registry.load()), Settings(data=tmp_path / "data", review_sample=0), registry)
    with asking(application) as client:
        database = client.app.state.database  # type: ignore[attr-defined]
        keys = {scope: make_key(database, f"{scope}的人", scope) for scope in ("intake", "review", "analyst", "admin")}
        yield Console(client, database, keys)


def acts(database: Database) -> list[tuple[str, str, str]]:
    with database.connect() as connection:
        asked = select(ACTS.c.act, ACTS.c.owner, ACTS.c.subject).order_by(ACTS.c.number)
        return [
            (row.act, row.owner, row.subject)
            for row in connection.execute(asked)
            if "promote roll back".find(row.act) >= 0
        ]


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
    assert "还没有比较过" in page
    assert "上传并比较" in page
    assert client.get(f"{MODELS}/compare?old=none&new={kept}").status_code == 200
    headers = {"x-csrf-token": office.csrf(), "hx-request": "true"}
    address = f"{MODELS}/histories?name=a.csv&new={kept}&old="
    assert client.post(f"{address}--sql=cases", content=b"a", headers=headers).status_code == 404
    assert client.post(f"{address}{registry.champion}", content=b"a", headers=headers).status_code == 201


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
