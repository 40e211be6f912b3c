"""A long text is shown around its evidence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from classifier.model import Evidence
from training.report.confusions import SHOWN, around_evidence


def shown(parts: list[dict[str, object]]) -> str:
    return "".join(str(part["text"]) for part in parts)


def test_a_short_text_is_shown_whole() -> None:
    assert around_evidence("收费", []) == [{"text": "收费", "evidence": False}]


def test_a_long_text_is_shown_where_most_evidence_is() -> None:
    text = "甲" * 300 + "年费" + "乙" * 10 + "收费" + "丙" * 300 + "额度"
    words = [
        Evidence("年费", 1.0, ((300, 302),)),
        Evidence("收费", 1.0, ((312, 314),)),
        Evidence("额度", 1.5, ((614, 616),)),
    ]
    parts = around_evidence(text, words)
    assert [part["text"] for part in parts if part["evidence"]] == ["年费", "收费"]
    assert parts[0] == parts[-1] == {"text": "…", "evidence": False}
    assert len(shown(parts)) == SHOWN + 2


def test_a_long_text_without_evidence_is_shown_from_its_beginning() -> None:
    assert shown(around_evidence("甲乙" + "丙" * 500, [])) == "甲乙" + "丙" * (SHOWN - 2) + "…"


@given(st.text(min_size=1, max_size=300), st.lists(st.tuples(st.integers(0, 299), st.integers(1, 9)), max_size=5))
def test_what_is_shown_stands_in_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    words = [Evidence("x", 1.0, ((min(a, len(text) - 1), min(a + n, len(text))),)) for a, n in spans]
    parts = around_evidence(text, words)
    whole = text.encode("utf-8", "replace").decode()
    body = shown(parts)
    assert body in whole or body.strip("…") in whole
    assert all(part["text"] for part in parts)
    assert any(part["evidence"] for part in parts) == bool(spans)
