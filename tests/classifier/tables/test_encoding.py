"""Telling a file's encoding by its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.errors import TableError
from classifier.tables.encoding import detect_encoding, known_encoding
from training import Labelled

SIMPLIFIED = "投诉内容\n信用卡年费乱收，要求退还，客服态度很差\n手机银行闪退，登录不了\n"
TRADITIONAL = "投訴內容\n信用卡年費亂收，要求退還，客服態度很差\n帳戶被凍結，櫃檯行員說要等三個工作天\n"


def detected(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return detect_encoding(path)


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
@pytest.mark.parametrize("text", [SIMPLIFIED, TRADITIONAL, "投诉内容\n盗刷\n"])
def test_usual_encodings(tmp_path: Path, text: str, encoding: str, told: str) -> None:
    assert detected(tmp_path / "f.csv", text.encode(encoding)) == told


def test_plain_ascii_is_utf8(tmp_path: Path) -> None:
    assert detected(tmp_path / "f.csv", b"id,text\n1,hello\n") == "utf-8"


@pytest.mark.parametrize("text", [TRADITIONAL, "內容\n轉帳失敗\n"])
def test_big5_is_named_with_its_remedy(tmp_path: Path, text: str) -> None:
    with pytest.raises(TableError, match=r"looks like Big5\. Use --encoding big5"):
        detected(tmp_path / "f.csv", text.encode("big5"))


def test_no_corpus_text_is_taken_for_big5(tmp_path: Path, corpus: list[Labelled]) -> None:
    texts = [row.text for row in corpus if len(row.text) > 15]
    assert {detected(tmp_path / "f.csv", text.encode("gb18030")) for text in texts[::7]} <= {"gb18030", "utf-8"}


def test_one_broken_byte_does_not_turn_utf8_into_gibberish(tmp_path: Path) -> None:
    assert detected(tmp_path / "f.csv", (SIMPLIFIED * 5).encode() + b"\xff\n") == "utf-8"


def test_one_broken_byte_does_not_turn_gbk_away(tmp_path: Path) -> None:
    assert detected(tmp_path / "f.csv", (SIMPLIFIED * 5).encode("gbk") + b"\xff\n") == "gb18030"


def test_a_row_in_another_encoding_does_not_turn_the_file_away(tmp_path: Path) -> None:
    assert detected(tmp_path / "f.csv", (SIMPLIFIED * 3).encode() + "信用卡年费\n".encode("gbk")) == "utf-8"


def test_noise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="is neither UTF-8 nor GB18030"):
        detected(tmp_path / "f.csv", bytes(range(128, 256)) * 20)


@pytest.mark.parametrize("name", ["klingon", "base64", "zlib", "undefined", "utf\0008", "中文"])
def test_an_unknown_encoding_is_named(name: str) -> None:
    assert known_encoding("BIG5") == "big5"
    with pytest.raises(TableError, match="unknown encoding") as refused:
        known_encoding(name)
    assert repr(name) in str(refused.value)
