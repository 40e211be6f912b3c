"""试一试 Try: paste a text and see what is said of it. Nothing of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from api.access.gate import Reader
from api.channels import CHANNELS
from api.console import CONSOLE
from api.console.pages import Page, Words, partial, render
from api.console.sessions import Form
from api.problems import field_errors
from api.routes.classify import Ask
from api.schemas import ClassifyRequest
from api.serving import Serving
from classifier.errors import EmptyTextError, TextError
from classifier.text import MAX_CHARS, readable
from classifier.thresholds import DOUBTS

PAGE: Final = Page(f"{CONSOLE}/try", Words("试一试", "Try"), ("intake", "review", "analyst"))

EXAMPLES: Final = (
    (
        Words("年费", "Annual fee"),
        "信用卡年费说好刷满六次就免，现在又扣了我300元。打客服热线说系统自动扣的，让我等消息，等了一个星期没人理。"
        "要求退还年费，并说明为什么承诺不算数。",
    ),
    (
        Words("被骗转账", "Fraud"),
        "刚才有人冒充客服让我下载软件共享屏幕，我手机银行里的四万八被转走了，现在还在往外转！我已经报警，"
        "你们马上把账户给我冻结，再不处理我就找媒体曝光，去金融监管局投诉你们。",
    ),
    (
        Words("网点与理财", "Branch and fund"),
        "我妈七十多岁，去你们支行存定期，柜台那个姓张的经理硬说理财和存款一样，让她签字买了基金，到现在亏了两万多。"
        "去网点找，大堂经理态度很差，说买的时候自己看清楚。",
    ),
)
"""Made up."""

router = APIRouter()


@router.get(PAGE.path)
def show(
    request: Request, caller: Reader, serving: Ask, example: Annotated[int | None, Query(ge=1, le=3)] = None
) -> Response:
    """The page, empty or with an example that has been read."""
    form = {"text": EXAMPLES[example - 1][1]} if example else {}
    return _page(request, form, serving)


@router.post(PAGE.path)
def read(request: Request, caller: Reader, serving: Ask, form: Form) -> Response:
    """Read what has been typed: the whole page, or its result alone for htmx."""
    if partial(request):
        return render(request, "try/result.html", **_reading(form, serving))
    return _page(request, form, serving)


def _page(request: Request, form: Mapping[str, str], serving: Serving) -> Response:
    return render(
        request,
        "try/page.html",
        form={name: form.get(name, "") for name in ("text", "channel", "region", "branch", "product")},
        channels=CHANNELS,
        examples=EXAMPLES,
        **_reading(form, serving),
    )


def _reading(form: Mapping[str, str], serving: Serving) -> dict[str, Any]:
    """What is said of a text, or what is wrong with what was typed."""
    text = form.get("text", "")
    said: dict[str, Any] = {"text": text, "answer": None, "faults": {}, "doubts": DOUBTS, "least": None}
    if not text.strip():
        if "read" in form:
            said["faults"] = {"text": _NO_TEXT}
        return said
    known = {name: form[name].strip() for name in ("channel", "region", "branch") if form.get(name, "").strip()}
    product = form.get("product", "").strip()
    sent = {"text": text, **known, "metadata": {"product": product} if product else {}, "explain": True}
    try:
        said["answer"] = serving.answer(ClassifyRequest.model_validate(sent))
        said["least"] = serving.bundle.model.thresholds.needed(len(readable(text)))
    except ValidationError as error:
        found = field_errors(error.errors(include_url=False, include_input=False))
        names = (field.pointer.rpartition("/")[2] for field in found)
        said["faults"] = {name: _FAULTS.get(name, _LONG_FIELD) for name in names}
    except EmptyTextError:
        said["faults"] = {"text": _NO_TEXT}  # such as invisible characters
    except TextError:
        said["faults"] = {"text": _LONG_TEXT}
    return said


_NO_TEXT: Final = Words("请先输入投诉内容。", "Type or paste a complaint first.")
_LONG_TEXT: Final = Words(
    f"内容太长：最多{MAX_CHARS:,}个字。请删去与投诉无关的部分。",
    f"The text is too long: {MAX_CHARS:,} characters at most. Leave out what is no part of the complaint.",
)
_LONG_FIELD: Final = Words("这一栏最多200个字，不能换行。", "At most 200 characters, on one line.")
_FAULTS: Final = {"text": _LONG_TEXT, "channel": Words("没有这个渠道。", "There is no such channel.")}
