"""Single cells."""

from __future__ import annotations

import time as clock
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.tables.cells import as_text, neutralised


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("007", "007"),
        (3.0, "3"),
        (0.1, "0.1"),
        (-2.50, "-2.5"),
        (1e-7, "0.0000001"),
        (6222021234567890123, "6222021234567890123"),
        (6.22202123456789e18, "6222021234567890000"),
        (True, "TRUE"),
        (datetime(2026, 5, 1), "2026-05-01"),
        (datetime(2026, 5, 1, 9, 30), "2026-05-01 09:30:00"),
        (date(2026, 5, 1), "2026-05-01"),
        (time(9, 30), "09:30:00"),
        (Decimal("1.10"), "1.10"),
        (["退", 1], '["退", 1]'),
        (float("nan"), "nan"),
    ],
)
def test_as_a_person_would_type_it(cell: object, text: str) -> None:
    assert as_text(cell) == text


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "+1+2",
        "-1-2",
        "@SUM(A1)",
        " =1+1",
        "\t=cmd|' /C calc'!A0",
        "＝1+1",
        "-cmd|calc",
        "\r=1",
        '=HYPERLINK("x")',
    ],
)
def test_a_formula_is_shown_and_not_run(formula: str) -> None:
    assert neutralised(formula) == f"'{formula}"


@pytest.mark.parametrize(
    "harmless",
    ["", "年费", "退款-5元", "-5.00", "+3%", "-1,000.50", "+86 138 0013 8000", "-", "--", "1e5", "a=b", "'=1"],
)
def test_anything_else_is_left_alone(harmless: str) -> None:
    assert neutralised(harmless) == harmless


@given(st.text(max_size=30))
def test_neutralising_twice_is_neutralising_once(text: str) -> None:
    assert neutralised(neutralised(text)) == neutralised(text)


def test_a_hostile_cell_costs_no_time() -> None:
    begun = clock.perf_counter()
    neutralised("+" + "1 " * 100_000 + "x")
    neutralised("+" + "1," * 100_000 + "x")
    assert clock.perf_counter() - begun < 5
