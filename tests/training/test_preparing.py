"""From files to a lesson: what the bundled texts may be used for."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from classifier import Taxonomy
from training import Labelled
from training.history import Columns, titles
from training.labels import UnknownLabelsError
from training.preparing import Plan, prepare
from training.sources import open_file

PLAN = Plan(taxonomy=None, as_is=False, skip_unknown=False, bundled=None, split="random", test=0.3, preset=None, seed=1)


def silent(*_: object) -> None:
    """Told how far it is, it says nothing."""


def written(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("内容", "类别"), *rows])
    return path


def test_no_bundled_text_that_the_history_has_too_is_learnt_from(corpus: list[Labelled], tmp_path: Path) -> None:
    """Word for word, or nearly."""
    taxonomy = Taxonomy.bundled()
    longer = [row for row in corpus if len(row.text) > 60]
    same, nearly = longer[:40], longer[1_000:1_040]
    rows = [(row.text, taxonomy[row.category].zh) for row in same]
    rows += [(f"您好，{row.text}", taxonomy[row.category].zh) for row in nearly]
    path = written(tmp_path / "history.csv", rows)
    sources = [open_file(path, titles({}))]
    prepared = prepare(sources, Columns({}), PLAN, silent)
    bundled = {row.text for row in prepared.lesson.rows if row.voice}
    assert len(bundled) > 14_000
    kept = {row.text.removeprefix("您好，") for row in (*prepared.lesson.rows, *prepared.lesson.test) if not row.voice}
    assert kept
    assert not kept & bundled


def test_of_categories_of_its_own_nothing_bundled_is_learnt(tmp_path: Path) -> None:
    rows = [(f"小区{n}物业乱收费没人管", "城乡建设") for n in "一二三四五六七八九"]
    rows += [(f"学校{n}分班不公开名单", "教育文体") for n in "一二三四五六七八九"]
    sources = [open_file(written(tmp_path / "history.csv", rows), titles({}))]
    prepared = prepare(sources, Columns({}), Plan(None, True, False, None, "random", 0.3, None, 1), silent)
    assert not any(row.voice for row in prepared.lesson.rows)
    assert {row.category for row in prepared.lesson.rows} == {"cheng_xiang_jian_she", "jiao_yu_wen_ti"}


def test_rows_with_unknown_labels_stop_the_run_or_are_left_out_and_told(corpus: list[Labelled], tmp_path: Path) -> None:
    rows = [(row.text, row.category) for row in corpus[:2_000:10]]
    history = [*rows, ("说不清是什么事情", "乱填"), ("也不知道归谁", "乱填")]
    sources = [open_file(written(tmp_path / "history.csv", history), titles({}))]
    with pytest.raises(UnknownLabelsError, match="2 rows"):
        prepare(sources, Columns({}), PLAN, silent)
    report = prepare(sources, Columns({}), replace(PLAN, skip_unknown=True), silent).report
    told = [finding for finding in report.findings if finding.kind == "unknown_label"]
    assert [(finding.label, finding.text) for finding in told] == [("乱填", text) for text, _ in history[-2:]]
    assert report.read == len(history)
    assert report.kept <= len(rows)
