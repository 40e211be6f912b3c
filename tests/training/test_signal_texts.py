"""Reading what was read for signals: all of it, or the place of the fault."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.errors import CorpusError
from classifier.signals import SIGNALS
from training import Labelled, read_signal_texts
from training.signal_texts import SIGNAL_TEXTS

CORPUS = [Labelled("柜员骂我老不死", "service_attitude", (), "branch", "forum")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two texts for every signal, of which one was read for all, and one of the corpus that was read."""
    for code in SIGNALS:
        (tmp_path / f"{code}.csv").write_text(
            "text,label,span\n我去告你们！,1,我去告\n算了不告了,0,\n", encoding="utf-8"
        )
    (tmp_path / "read").mkdir()
    read = "file,row,signal,label,span\nservice_attitude,1,vulnerable,1,老不死\nservice_attitude,1,legal,?,\n"
    (tmp_path / "read" / "corpus.csv").write_text(read, encoding="utf-8")
    read = "file,row,signal,label,span\nmedia,1,legal,1,告你们\nmedia,1,group,?,\n"
    (tmp_path / "read" / "written.csv").write_text(read, encoding="utf-8")
    (tmp_path / "read" / "bare.txt").write_text("法院\n", encoding="utf-8")
    return tmp_path


def test_a_text_is_for_the_signals_that_somebody_decided_on(folder: Path) -> None:
    *own, read, bare = read_signal_texts(CORPUS, folder)
    assert (bare.text, dict(bare.carries), set(bare.decided)) == ("法院", {}, set(SIGNALS))
    also = own.pop(2 * list(SIGNALS).index("media"))
    assert [(set(text.decided), dict(text.carries), text.written_for) for text in own] == [
        each
        for code in SIGNALS
        for each in (({code}, {code: "我去告"}, code), ({code}, {}, code))
        if each != ({"media"}, {"media": "我去告"}, "media")
    ]
    assert (dict(also.carries), also.written_for) == ({"media": "我去告", "legal": "告你们"}, "media")
    assert also.decided == SIGNALS.keys() - {"group"}
    assert (read.text, dict(read.carries), read.written_for) == ("柜员骂我老不死", {"vulnerable": "老不死"}, None)
    assert read.decided == SIGNALS.keys() - {"legal"}


def test_all_that_is_bundled_can_be_read(corpus: list[Labelled]) -> None:
    texts = read_signal_texts(corpus)
    files = [path.read_text(encoding="utf-8") for path in SIGNAL_TEXTS.glob("*.csv")]
    assert sum(text.written_for is not None for text in texts) > 500 * len(files)
    assert len({text.text for text in texts if text.written_for is None}) > 5_000


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        ("legal.csv", lambda s: s.replace("span", "place"), r"legal\.csv, line 1: the header.*Write text,label,span"),
        ("legal.csv", lambda s: s.replace("我去告\n", "去法院\n"), "line 2: '去法院' is not in the text.*Copy"),
        ("legal.csv", lambda s: s.replace("1,我去告", "1,"), r"line 2: '' is not in the text"),
        ("legal.csv", lambda s: s.replace("0,", "0,不告"), r"line 3: wrong label.*Write 1 and a span, or 0 and none"),
        ("legal.csv", lambda s: s.replace("0,", "no,"), "line 3: wrong label"),
        ("legal.csv", lambda s: s.replace(",0,", ""), "line 3: wrong number of cells"),
        ("read/corpus.csv", lambda s: s.replace(",1,v", ",2,v"), "line 2: there is no such text.*Read the texts"),
        ("read/corpus.csv", lambda s: s.replace("service_a", "a"), "line 2: there is no such text"),
        ("read/corpus.csv", lambda s: s.replace(",1,v", ",x,v"), "line 2: there is no such text"),
        ("read/corpus.csv", lambda s: s.replace("vuln", "v"), "line 2: unknown signal 'verable'.*Use one of: money_"),
        ("read/corpus.csv", lambda s: s.replace("老不死", "老人"), "line 2: '老人' is not in the text"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place_and_remedy(
    folder: Path, file: str, change: Callable[[str], str], says: str
) -> None:
    path = folder / file
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(CorpusError, match=says):
        read_signal_texts(CORPUS, folder)


def test_a_signal_without_its_file_is_named(folder: Path) -> None:
    shutil.move(folder / "legal.csv", folder / "law.csv")
    with pytest.raises(CorpusError, match=r"legal\.csv: there is no such file"):
        read_signal_texts(CORPUS, folder)
