"""JSON bodies that nobody sends by accident, all drawn from a `random.Random`, so that a seed makes them again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

Make = Callable[[Random], bytes]
"""Makes one thing, drawn."""

TEXT: Final = "信用卡年费说好刷满六次就免，现在又扣了我300元年费，要求退还年费。"

# --- values, and bodies with one of them somewhere


def some(draw: Random, most: int) -> int:
    """A number up to `most`, each order of magnitude as likely as the next."""
    return int(most ** draw.random())


def nested(draw: Random) -> bytes:
    opened, closed = draw.choice([(b"[", b"]"), (b'{"a":', b"}"), (b'[{"":[', b"]}]"), (b"[0,", b"]")])
    depth = draw.choice([some(draw, 100_000), draw.randint(900, 1_100), draw.randint(240, 260)])
    return opened * depth + draw.choice([b"", b"0", b'"x"']) + closed * draw.choice([depth, depth, depth - 1, 0])


def number(draw: Random) -> bytes:
    digits = bytes(draw.choices(b"0123456789", k=some(draw, 100_000)))
    odd = b"1e999999 -1e999999 1e-999999 -0 -0.0 NaN Infinity -Infinity nan 0x10 01 +1 .5 1. 1e 1_000 - 0e" + b"9" * 20
    return draw.choice([digits, b"-" + digits, b"0." + digits, b"1e" + digits[:20], *odd.split()])


def string(draw: Random) -> bytes:
    pieces = [
        *(rb"\ud800", rb"\udfff\ud800", rb"\ud83d", rb"\u0000", rb"\u000", rb"\x41", rb"\uFFFF", rb"\u202e", rb"\""),
        *(b"\xed\xa0\x80", b"\x00", b"\x1f", b"\xff", b"\xc0\x80", b"\xe5\xb9", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf"),
        *(
            "年费".encode(),
            "年费".encode("gb18030"),
            b"a\xcc\x80" * 50,
            "﷽".encode() * 20,
            "👩‍👩‍👧".encode() * 9,
            b"\r\n",
        ),
        *(
            b"13800138000",
            b"'; DROP TABLE complaints; --",
            b"=cmd|'/c calc'!A0",
            b"../../etc/passwd",
            b"${jndi:ldap://x}",
        ),
        draw.randbytes(some(draw, 3_000)).replace(b'"', b"'"),
    ]
    return b'"' + b"".join(draw.choices(pieces, k=some(draw, 30))) + draw.choice([b'"', b'"', b'"', b""])


def long_string(draw: Random) -> bytes:
    unit = draw.choice(
        [b"x", "年".encode(), rb"\u5e74", rb"\u0000", b" ", "年费太高 13800138000 ".encode(), b"a@b.", b"1-"]
    )
    return b'"' + unit * (some(draw, 300_000) // len(unit)) + b'"'


def many_keys(draw: Random) -> bytes:
    keys = some(draw, 20_000)
    same = draw.random() < 0.5
    return b"{" + b",".join(b'"%x":0' % (0 if same else n) for n in range(keys)) + b"}"


def literal(draw: Random) -> bytes:
    return draw.choice([b"null", b"true", b"[]", b"{}", b'""', b"[[]]", b"nul", b"True", b"", b"'x'", b"/**/1", b"[,]"])


VALUES: Final = (nested, number, string, string, long_string, many_keys, literal)

DOORS: Final = {
    "/v1/classify": ("text", "channel", "region", "received_at", "top_k", "explain", "metadata", "x"),
    "/v1/classify/batch": ("items", "items", "x"),
    "/v1/complaints": ("text", "complaint_id", "branch", "received_at", "metadata", "x"),
    "/v1/complaints/{complaint_id}/correction": ("category", "by", "note", "x"),
}
"""Paths that take JSON, and fields of their bodies."""


@dataclass(frozen=True)
class Body:
    """A request that is correct HTTP, whatever its body is."""

    path: str
    headers: dict[str, str]
    content: bytes
    about: str


def body(draw: Random) -> Body:
    """A request to one of the doors with something hostile in it."""
    path = draw.choice(list(DOORS))
    make = draw.choice(VALUES)
    value = make(draw)
    fields = [(b'"%s"' % name.encode(), value) for name in draw.choices(DOORS[path], k=draw.choice([1, 1, 2]))]
    if draw.random() < 0.1:
        fields = [(string(draw), value)]
    if draw.random() < 0.2:
        fields = [(b'"metadata"', b'{"%s":%s}' % (draw.choice([b"amount", b"product", b"customer_key"]), value))]
    if draw.random() < 0.7:
        fields.insert(draw.randint(0, 1), (b'"text"', json.dumps(TEXT).encode()))
    content = b"{" + b",".join(key + b":" + value for key, value in fields) + b"}"
    if path.endswith("batch") and draw.random() < 0.8:
        good = json.dumps({"text": TEXT}).encode()
        content = b'{"items":[' + b",".join([good, draw.choice([content, value]), good]) + b"]}"
    if draw.random() < 0.1:
        content = value
    spoil = draw.choice(SPOILING) if draw.random() < 0.3 else None
    headers = {"content-type": "application/json"}
    if spoil:
        content = spoil(draw, content)
    if draw.random() < 0.1:
        headers["content-type"] = draw.choice(TYPES)
    if draw.random() < 0.1:
        headers |= draw.choice(HEADERS)
    return Body(path, headers, content, f"{make.__name__} {spoil.__name__ if spoil else ''}")


def cut_off(draw: Random, content: bytes) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def marked(_: Random, content: bytes) -> bytes:
    return b"\xef\xbb\xbf" + content


def recoded(draw: Random, content: bytes) -> bytes:
    encoding = draw.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "gb18030", "utf-7"])
    return content.decode("utf-8", "replace").encode(encoding, "replace")


def flipped(draw: Random, content: bytes) -> bytes:
    spoilt = bytearray(content)
    for _ in range(some(draw, 20)):
        if spoilt:
            spoilt[draw.randrange(len(spoilt))] = draw.randrange(256)
    return bytes(spoilt)


def followed(draw: Random, content: bytes) -> bytes:
    return content + draw.choice([content, b"\0", b"}", b",", b"x", b"\n{}"])


def packed(_: Random, content: bytes) -> bytes:
    return gzip.compress(content)


SPOILING: Final = (cut_off, cut_off, marked, recoded, flipped, followed, packed)

TYPES: Final = (
    *(
        "",
        "text/plain",
        "application/json;",
        "application/json; charset=utf-16",
        "application/jsonp",
        "APPLICATION/JSON",
    ),
    *(
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        ";;;",
        "application/json, text/plain",
        "\xff",
    ),
    "a" * 8_000,
)
HEADERS: Final = (
    {"idempotency-key": "x" * 201},
    {"idempotency-key": "\xff"},
    {"idempotency-key": ""},
    {"x-request-id": "../" * 100},
    {"x-request-id": "\x80\xff"},
    {"content-encoding": "gzip"},
    {"authorization": "Bearer " + "x" * 5_000},
    {"authorization": "\xff\xfe"},
    {"origin": "null"},
    {"host": "127.0.0.1:80:80"},
    {"host": "[::1"},
    {"accept": "application/xml;q=x"},
    {"x-forwarded-for": "1.2.3.4, \xff"},
)


def _filled(start: bytes, unit: bytes, end: bytes, most: int) -> bytes:
    return start + unit * ((most - len(start) - len(end)) // len(unit)) + end


def _keys(number: int) -> bytes:
    return b"{" + b",".join(b'"%x":0' % n for n in range(number)) + b"}"


_BATCH: Final = 16 << 20
_ONE: Final = 1 << 20
_DEEP: Final = b'{"":' * 400 + b"0" + b"}" * 400 + b","

LARGE: Final[dict[str, tuple[str, Callable[[], bytes]]]] = {
    "empty_objects": ("/v1/classify/batch", lambda: _filled(b'{"items":[', b"{},", b"{}]}", _BATCH)),
    "small_objects": ("/v1/classify/batch", lambda: _filled(b'{"items":[', b'{"":0},', b"{}]}", _BATCH)),
    "lists_in_lists": ("/v1/classify/batch", lambda: _filled(b'{"items":[', b"[[]],", b"{}]}", _BATCH)),
    "deep_objects": ("/v1/classify/batch", lambda: _filled(b'{"items":[', _DEEP, b"{}]}", _BATCH)),
    "deep_objects_in_an_item": (
        "/v1/classify/batch",
        lambda: _filled(b'{"items":[{"text":"a","x":[', _DEEP, b"{}]}]}", _BATCH),
    ),
    "a_million_unknown_fields": ("/v1/classify/batch", lambda: _keys(1_500_000)),
    "an_item_of_a_million_unknown_fields": ("/v1/classify/batch", lambda: b'{"items":[' + _keys(1_500_000) + b"]}"),
    "a_thousand_items_of_unknown_fields": (
        "/v1/classify/batch",
        lambda: b'{"items":[' + b",".join([_keys(2_000)] * 900) + b"]}",
    ),
    "the_same_field_a_million_times": ("/v1/classify/batch", lambda: _filled(b"{", b'"items":[],', b'"x":0}', _BATCH)),
    "numbers": ("/v1/classify/batch", lambda: _filled(b'{"items":[', b"1.5,", b"0]}", _BATCH)),
    "one_long_number": ("/v1/classify/batch", lambda: _filled(b'{"items":[', b"9", b"]}", _BATCH)),
    "one_long_text": ("/v1/classify/batch", lambda: _filled(b'{"items":[{"text":"', b"\\u5e74", b'"}]}', _BATCH)),
    "blanks": ("/v1/classify/batch", lambda: _filled(b"{", b" ", b'"items":[0]}', _BATCH)),
    "brackets": ("/v1/classify/batch", lambda: b"[" * _BATCH),
    "unknown_fields_of_a_complaint": ("/v1/complaints", lambda: _keys(100_000)),
    "a_text_of_escapes": ("/v1/complaints", lambda: _filled(b'{"text":"', b"\\u0000", b'"}', 120_000)),
    "a_long_number_as_amount": (
        "/v1/complaints",
        lambda: _filled(b'{"text":"\xe5\xb9\xb4","metadata":{"amount":"', b"9", b'"}}', _ONE),
    ),
    "a_long_name_of_a_field": ("/v1/classify", lambda: _filled(b'{"text":"a","', b"x", b'":0}', _ONE)),
}
"""Bodies as large as they may be, each of a million things or one long one."""
