"""Reading labelled complaints: what is wrong is named with file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier import Taxonomy
from classifier.errors import CorpusError
from training import Labelled, read_bundled_corpus
from training.labelled import fingerprint

HEADER = "text,category,secondary,channel,voice\n"


def read(folder: Path, content: str, taxonomy: Taxonomy) -> list[Labelled]:
    (folder / "a.csv").write_text(content, encoding="utf-8")
    return read_bundled_corpus(taxonomy, folder)


def test_a_good_file(tmp_path: Path, taxonomy: Taxonomy) -> None:
    rows = read(tmp_path, HEADER + '"年费，乱收",card_fees,card_services;other,web,letter\n', taxonomy)
    assert rows == [Labelled("年费，乱收", "card_fees", ("card_services", "other"), "web", "letter")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("text,label\n", r"a\.csv, line 1: the header is .*Write text,category"),
        (HEADER + "年费,card_fee,,web,letter\n", r"a\.csv, line 2: unknown category 'card_fee'.*Use one of"),
        (HEADER + "年费,card_fees,card_fees,web,letter\n", "unknown secondary category 'card_fees'"),
        (HEADER + "年费,card_fees,,fax,letter\n", "unknown channel 'fax'"),
        (HEADER + "年费,card_fees,,web,song\n", "unknown voice 'song'"),
        (HEADER + "年,费,card_fees,,web,letter\n", "wrong number of cells.*double quotes"),
        (HEADER + '" ",card_fees,,web,letter\n', "line 2: 内容为空 the text is empty"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, taxonomy: Taxonomy, content: str, says: str) -> None:
    with pytest.raises(CorpusError, match=says):
        read(tmp_path, content, taxonomy)


def test_an_empty_folder_is_refused(tmp_path: Path, taxonomy: Taxonomy) -> None:
    with pytest.raises(CorpusError, match=r"there is no \*\.csv file"):
        read_bundled_corpus(taxonomy, tmp_path)


def test_the_fingerprint_changes_with_any_text_label_or_order(corpus: list[Labelled]) -> None:
    some = corpus[:3]
    other = Labelled(some[0].text, "other", (), some[0].channel, some[0].voice)
    prints = {fingerprint(rows) for rows in (some, some[::-1], some[:2], [other, *some[1:]])}
    assert len(prints) == 4
    assert fingerprint(list(some)) == fingerprint(some)
