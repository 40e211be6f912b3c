"""The README's first command, as a stranger types it."""

from __future__ import annotations

import pytest

from cli.serve import serve
from tests.first_start import BUILT, TEXT, FirstStart


@pytest.mark.skipif(not BUILT, reason="runs only in the environment that make builds")
def test_a_stranger_types_one_command_and_sends_a_complaint(first_start: FirstStart) -> None:
    assert first_start.first["status"] == 200
    body = first_start.first["body"]
    assert body["category"]["code"] == "card_fees"
    assert body["department"]["code"] in ("credit_card_center", "triage")
    assert body["model"] == first_start.model
    assert "No model yet" in first_start.first_log

    assert first_start.second == first_start.first
    assert "No model yet" not in first_start.second_log
    assert TEXT not in first_start.second_log


def test_the_server_listens_to_this_machine_only() -> None:
    """Until keys exist there is no way to name another host."""
    assert "host" not in serve.__annotations__
