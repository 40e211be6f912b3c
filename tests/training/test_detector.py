"""The detector as the bundled texts make it: judged on what it had not seen, and on people it never met."""

from __future__ import annotations

import pytest

from classifier import ComplaintModel
from classifier.signals import SIGNALS
from models import Manifest
from training.detector import SignalScore

CLEAR = {
    "money_at_risk": "手机刚被偷，里面绑着卡，有人正在一笔一笔往外转，赶紧给我冻住",
    "self_harm": "你们天天催，我真的撑不下去了，今晚就从楼上跳下去",
    "regulator": "年费不退，我已经向12378反映了",
    "media": "再不处理我就发到抖音上让大家看看",
    "legal": "利息算错了还不认，我准备去法院起诉你们",
    "group": "我们厂三十多名工人联名反映，代发工资晚了十天",
    "staff_misconduct": "理财经理冒充我的签名，买了五万块保险",
    "vulnerable": "我父亲八十二岁，腿脚不便，你们非要他本人来柜台",
    "said_before": "这件事上个月就投诉过了，到现在也没解决",
}


def test_every_signal_is_judged_on_its_texts(manifest: Manifest) -> None:
    scores = [SignalScore(**score) for score in manifest.metrics["signals"]]
    assert [score.code for score in scores] == list(SIGNALS)
    assert min(score.texts for score in scores) >= 500
    assert min(min(score.precision, score.recall) for score in scores) > 0.75
    assert max(score.false_alarms for score in scores) < 0.1
    assert max(score.mistaken for score in scores) < 0.25


@pytest.mark.parametrize("code", SIGNALS)
def test_a_clear_case_is_found_in_its_place(model: ComplaintModel, code: str) -> None:
    text = f"我是你们的储蓄客户。{CLEAR[code]}"
    found = {signal.code: signal for signal in model.predict([text])[0].signals}
    assert code in found
    assert found[code].start >= text.index("。"), "nothing is said in front of it"


@pytest.mark.parametrize(
    "text",
    ["手续费怎么又涨了，请说明", "app打不开，一直转圈", "排队两个小时才叫到号，窗口开得太少", "贷款", "投诉", "卡"],
)
def test_an_ordinary_complaint_carries_none(model: ComplaintModel, text: str) -> None:
    assert model.predict([text])[0].signals == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [("再不退我就打12378", "regulator"), ("再不退我就发到抖音上", "media"), ("再不退我就去法院起诉", "legal")],
)
def test_a_threat_is_taken_for_what_it_is(model: ComplaintModel, text: str, code: str) -> None:
    found = {signal.code for signal in model.predict([f"年费扣错了，{text}"])[0].signals}
    assert found & {"regulator", "media", "legal"} == {code}


def test_denied_and_quoted_it_is_none(model: ComplaintModel) -> None:
    assert {"regulator", "legal"}.isdisjoint(
        signal.code
        for text in ("我不会去投诉到银保监，只要你们退钱", "这点钱犯不着打官司，把利息退了就行")
        for signal in model.predict([text])[0].signals
    )
