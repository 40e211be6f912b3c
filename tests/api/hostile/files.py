"""Files made to break whatever reads them, by name; all drawn from a `random.Random`."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tests.api.hostile.archives import LAUGHS
from tests.api.hostile.bodies import TEXT, VALUES, Make, some, string


def quoted(draw: Random) -> bytes:
    """A quote that is never closed, over many megabytes of lines that are too long to be complaints."""
    return b'text,region\n"' + (b"x" * 25_000 + ",苏州\n".encode()) * draw.randint(1_100, 1_300)


def every_line_quoted(draw: Random) -> bytes:
    """Each line leaves a quote open, whether one was open before it or not."""
    return b"text,region\n" + b'a","b\n' * draw.randint(1_000_000, 1_500_000)


def columns(draw: Random) -> bytes:
    number = draw.randint(1_000_000, 1_200_000)
    return b"\n".join([b",".join(b"c%d" % n for n in range(number)), b"," * (number - 1), b"x"])


def wide_rows(_: Random) -> bytes:
    """As many columns as Excel has, in as many rows as a block has."""
    return b",".join(b"%d" % n for n in range(16_383)) + b",text\n" + (b"," * 16_383 + b"x\n") * 3_000


def formulas(_: Random) -> bytes:
    cells = ["=cmd|'/c calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", '"=1,2"', "＝1+1", "%0A=1"]
    return ("投诉内容,投诉编号\n" + "".join(f"{cell}{TEXT},{n}\n" for n, cell in enumerate(cells))).encode()


def hostile_lines(draw: Random) -> bytes:
    lines = [b"{" + string(draw) + b":" + draw.choice(VALUES)(draw) + b"}" for _ in range(200)]
    lines += [b'{"text":' + draw.choice(VALUES)(draw) + b"}" for _ in range(200)]
    return b"\n".join(line.replace(b"\n", b" ") for line in lines)


def deep_lines(draw: Random) -> bytes:
    """Depths that are read at one place of the program and too deep for another."""
    depths = [*range(880, 1_000), *(10**n for n in range(2, 6)), draw.randint(1, 100_000)]
    return b"\n".join(b'{"text":' + b"[" * depth + b"]" * depth + b"}" for depth in depths)


def deep_objects(_: Random) -> bytes:
    return b"\n".join(b'{"text":"x","a":' + b'{"a":' * 100_000 + b"0" + b"}" * 100_001 for _ in range(20))


def many_fields(_: Random) -> bytes:
    lines = (b",".join(b'"%d":0' % n for n in range(at, at + 20_000)) for at in range(0, 1_000_000, 20_000))
    return b"\n".join(b'{"text":"x",' + line + b"}" for line in lines)


def nested_tables(depth: int, inside: bytes = b"x") -> bytes:
    return b"<html>" + b"<table><tr><td>" * depth + inside + b"</td></tr></table>" * depth + b"</html>"


def spreadsheet_xml(_: Random) -> bytes:
    return (
        b'<?xml version="1.0"?>' + LAUGHS + b'<?mso-application progid="Excel.Sheet"?><Workbook '
        b'xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table><Row><Cell><Data>&l12;</Data></Cell>'
        b"</Row></Table></Worksheet></Workbook>"
    )


def laughing_table(_: Random) -> bytes:
    """As that, but called a page, so that it is read as one."""
    return (
        b'<?xml version="1.0"?>' + LAUGHS + b"<html><table><tr><td>text</td></tr><tr><td>&l12;</td></tr></table></html>"
    )


# --- Parquet


def parquet(columns: dict[str, Sequence[object] | pa.Array], **options: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def flipped_parquet(draw: Random) -> bytes:
    good = bytearray(parquet({"text": [TEXT + str(n) for n in range(500)], "region": ["苏州"] * 500}))
    for _ in range(some(draw, 30)):
        good[draw.randrange(4, len(good) - 8)] = draw.randrange(256)
    return bytes(good)


def endless_parquet(_: Random) -> bytes:
    """A hundred million rows in a megabyte: the same text again and again."""
    file = io.BytesIO()
    rows = 1_000_000
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), [TEXT])
    table = pa.table({"text": column})
    with pq.ParquetWriter(file, table.schema, compression="zstd", store_schema=False) as writer:
        for _ in range(100):
            writer.write_table(table)
    return file.getvalue()


def long_parquet(_: Random) -> bytes:
    """One long text that stands in every row."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000, pa.int32()), pa.array(["年" * (20 << 20)]))
    return parquet({"text": column}, compression="zstd", store_schema=False)


def deep_parquet(_: Random) -> bytes:
    value: object = "x"
    kind = pa.string()
    for _ in range(60):
        value, kind = {"a": value}, pa.struct([("a", kind)])
    return parquet({"text": pa.array([value], kind)})


def wide_parquet(_: Random) -> bytes:
    return parquet({f"c{n}": [None] for n in range(20_000)} | {"text": ["x"]})


def _footer(length: int, content: bytes = b"x" * 100) -> bytes:
    return b"PAR1" + content + struct.pack("<I", length) + b"PAR1"


def some_bytes(draw: Random) -> bytes:
    return draw.randbytes(some(draw, 1 << 20))


def begins_well(draw: Random) -> bytes:
    magic = [
        b"PK\3\4",
        b"PAR1",
        b"\xd0\xcf\x11\xe0",
        b"<html>",
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\x1f\x8b",
        b"%PDF-1.7",
    ]
    return draw.choice(magic) + draw.randbytes(some(draw, 1 << 16))


FILES: Final[dict[str, Make]] = {
    "random_bytes": some_bytes,
    "a_good_beginning_and_random_bytes": begins_well,
    "xml_spreadsheet_of_billion_laughs": spreadsheet_xml,
    "html_of_billion_laughs": laughing_table,
    "html_of_unclosed_things": lambda draw: b"<html><table><!--" + draw.randbytes(9_999) + b"<![CDATA[<table><tr" * 999,
    "html_of_immense_spans": lambda _: (
        b'<table><tr><td colspan="2147483647" rowspan="99999999999">text</td></tr></table>'
    ),
    "csv_of_formulas": formulas,
    "csv_of_zeros": lambda _: b"text\n" + bytes(9) + "年费".encode() * 999,
    "csv_in_utf_16_cut_off": lambda _: f"text\n{TEXT}\n".encode("utf-16")[:-1],
    "csv_of_lone_surrogates": lambda _: b"text\n" + b"\xed\xa0\x80\xed\xbf\xbf\n" * 99,
    "csv_of_marks": lambda _: b"\xef\xbb\xbf" * 999,
    "csv_with_no_text": lambda _: b"a,b\n1,2\n",
    "csv_with_a_hostile_header": lambda _: b'"\0\x1b[2J=cmd|/c calc!A0",' + b'"' + b"x" * 99_999 + b'"\n1,2\n',
    "jsonl_of_hostile_values": hostile_lines,
    "jsonl_of_deep_texts": deep_lines,
    "jsonl_of_deep_objects": deep_objects,
    "jsonl_of_fields_no_database_keeps": lambda _: b'{"a\\u0000b":1,"\\ud800":2,"c":3}\n',
    "jsonl_of_immense_numbers": lambda _: b'{"text":"x","amount":' + b"9" * 100_000 + b'}\n{"text":1e999999999}\n',
    "json_array": lambda _: b'[{"text":"x"}]',
    "parquet_with_a_footer_of_2_to_the_31": lambda _: _footer(1 << 31),
    "parquet_with_a_footer_just_below": lambda _: _footer((1 << 31) - 1),
    "parquet_with_a_footer_of_2_to_the_32": lambda _: _footer(0xFFFFFFFF),
    "parquet_with_a_footer_of_nothing": lambda _: _footer(0),
    "parquet_with_a_broken_footer": lambda draw: _footer(5_000, draw.randbytes(5_000)),
    "parquet_with_flipped_bytes": flipped_parquet,
    "parquet_cut_off": lambda _: parquet({"text": [TEXT]})[:-20],
    "parquet_of_deep_types": deep_parquet,
    "html_of_100000_nested_tables": lambda _: nested_tables(100_000),
    "html_of_250_nested_tables": lambda _: nested_tables(250),
    "html_of_2000_nested_tables": lambda _: nested_tables(2_000),
    "html_of_nested_tables_about_much_blank": lambda _: nested_tables(80, b" " * (5 << 20)),
    "html_of_nested_tags": lambda _: b"<table><tr><td>" + b"<b>" * 1_000_000 + b"text</table>",
    "html_of_attributes": lambda _: (
        b"<table " + b" ".join(b"a%d=1" % n for n in range(500_000)) + b"><tr><td>text</table>"
    ),
    "html_of_cells": lambda _: b"<table><tr><td>text</td></tr>" + b"<tr>" + b"<td>x" * 5_000_000 + b"</table>",
    "html_of_small_tables": lambda _: b"<table><tr><td>text</table>" * 1_000_000,
    "csv_of_a_million_columns": columns,
    "csv_of_wide_rows": wide_rows,
    "csv_of_commas": lambda _: b"," * (100 << 20),
    "csv_of_line_ends": lambda _: b"\n" * (100 << 20),
    "csv_of_quotes": lambda _: b'"' * (50 << 20),
    "csv_with_an_unclosed_quote": quoted,
    "csv_with_a_quote_open_on_every_line": every_line_quoted,
    "csv_of_one_line": lambda _: b"text" + b"x" * (50 << 20),
    "csv_with_a_long_first_text": lambda _: b"text\n" + "年费太高".encode() * (4 << 20),
    "csv_with_the_same_name_in_every_column": lambda _: b",".join([b"text"] * 16_384) + b"\nx\n",
    "csv_of_broken_bytes": lambda draw: b"text\n" + draw.randbytes(30 << 20).replace(b"\0", b"x"),
    "csv_of_zeros_everywhere": lambda _: bytes(50 << 20),
    "json_of_one_line": lambda _: b'{"text":"' + b"x" * (50 << 20) + b'"}',
    "json_of_one_line_that_never_ends": lambda _: b'{"text":"' + b"\\u5e74" * (8 << 20),
    "json_of_one_line_of_objects": lambda _: b'{"text":[' + b'{"":0},' * (7 << 20) + b"0]}",
    "json_of_brackets": lambda _: b"{" + b"[" * (50 << 20),
    "jsonl_of_a_million_fields": many_fields,
    "parquet_of_100_million_rows": endless_parquet,
    "parquet_of_one_long_text": long_parquet,
    "parquet_of_20000_columns": wide_parquet,
}
"""By name; the first are small, the rest large, or become so when they are read."""


def hostile_rows(draw: Random) -> Iterator[bytes]:
    """Lines of JSON Lines in UTF-8, each of which is wrong or odd in its own way."""
    for depth in (*range(900, 1_000, 3), 50_000):
        yield b'{"text":' + b"[" * depth + b"]" * depth + b"}"
    for value in (b"0e99999999999999999999", b"1e999999", b"-0", b"NaN", b"9" * 5_000, rb'"\ud800"', rb'"\u0000"'):
        for field in (b"text", b"complaint_id", b"amount"):
            yield b'{"text":"x","%s":%s}' % (field, value)
    for make in VALUES:
        for field in (b"text", b"complaint_id", b"amount", b"region", b"received_at", b"channel"):
            value = make(draw).decode("utf-8", "ignore").replace("\n", " ").replace("\r", " ")
            yield b'{"text":"x","%s":%s}' % (field, value.encode())
