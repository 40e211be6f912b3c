"""Hostile files: each ends as a job, done or failed with its reason, and harms nobody."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from tests.api.hostile import archives, files
from tests.api.hostile.bodies import TEXT, Make
from tests.api.hostile.target import Target, documented, strict

WHOLE: Final = os.environ.get("HYPOTHESIS_PROFILE") == "proof"
FILES: Final[dict[str, Make]] = {**archives.FILES, **files.FILES}
SMALL: Final = """
xlsx_of_rows xlsx_that_says_it_is_small xlsx_with_external_links_and_dde xlsx_of_billion_laughs_in_its_strings
xls_with_garbage csv_of_a_million_columns csv_with_an_unclosed_quote html_of_2000_nested_tables
parquet_with_flipped_bytes parquet_with_a_footer_of_2_to_the_31
""".split()
"""What the gate has time for."""
DRAWN: Final = """
random_bytes a_good_beginning_and_random_bytes xlsx_with_flipped_bytes xlsx_cut_off xls_with_garbage
jsonl_of_hostile_values parquet_with_flipped_bytes
""".split()
"""Those that are another file each time."""
JOB_SECONDS: Final = 400
"""A file is read or given up within this time."""


def read_to_its_end(target: Target, path: Path) -> dict[str, Any]:
    """Upload a file and wait for the end of its job, whatever that is."""
    begun = time.monotonic()
    with path.open("rb") as file:
        status, kind, content = target.post("/v1/jobs?name=x", {}, file, path.stat().st_size)
    documented(target, "/v1/jobs", status, kind, content)
    assert status in (200, 202), content
    job: dict[str, Any] = strict(content)
    place = f"/v1/jobs/{job['job_id']}"
    while job["status"] not in ("done", "failed"):
        if time.monotonic() - begun > JOB_SECONDS:
            target.stop()  # else all that follows waits for it too
            target.start()
            raise AssertionError(f"after {JOB_SECONDS} s its job is not at its end: {job}")
        time.sleep(0.05)
        job = target.server.ask(place).json()
    assert (job["problem"] is None) == (job["status"] == "done")
    assert str(target.data) not in str(job["problem"])
    result = target.server.ask(f"{place}/result")
    assert (result.status, result.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    return job


@pytest.mark.parametrize("name", FILES if WHOLE else SMALL)
def test_a_hostile_file_ends_as_a_job_and_harms_nobody(
    name: str, target: Target, draw: Random, tmp_path: Path, record_property: Any
) -> None:
    for _ in range(20 if WHOLE and name in DRAWN else 1):
        (tmp_path / "file").write_bytes(FILES[name](draw))
        job = read_to_its_end(target, tmp_path / "file")
        record_property("job", f"{job['status']}, {job['rows_done']} rows, {job['rows_failed']} bad, {job['problem']}")
        target.fine()
        target.nothing_left()


def test_a_hostile_row_spoils_no_other(target: Target, draw: Random, tmp_path: Path) -> None:
    lines: list[bytes] = []
    for row in files.hostile_rows(draw):
        lines += [row, json.dumps({"text": f"{TEXT}{len(lines)}"}, ensure_ascii=False).encode()]
    (tmp_path / "file").write_bytes(b"\n".join(lines))
    job = read_to_its_end(target, tmp_path / "file")
    assert (job["status"], job["rows_done"]) == ("done", len(lines)), job
    assert job["rows_failed"] <= len(lines) // 2
    target.fine()
