"""Requests that are no correct HTTP, stop in the midst, or never end."""

from __future__ import annotations

import json
from random import Random
from typing import Final

from tests.api.hostile.bodies import TEXT, flipped

_HEAD: Final = b"POST /v1/classify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
_JSON: Final = json.dumps({"text": TEXT}).encode()


def _length(*values: bytes, content: bytes = _JSON) -> bytes:
    return _HEAD + b"".join(b"Content-Length: " + value + b"\r\n" for value in values) + b"\r\n" + content


def _chunked(content: bytes, *more: bytes) -> bytes:
    return _HEAD + b"Transfer-Encoding: chunked\r\n" + b"".join(more) + b"\r\n" + content


_RIGHT: Final = b"%d" % len(_JSON)
_CHUNK: Final = b"%x\r\n%s\r\n" % (len(_JSON), _JSON)

FRAMES: Final[dict[str, bytes]] = {
    "no_length": _HEAD + b"\r\n" + _JSON,
    "length_0": _length(b"0"),
    "length_too_small": _length(b"5"),
    "length_too_large": _length(b"500"),
    "length_far_too_large": _length(b"999999999999"),
    "length_of_30_digits": _length(b"9" * 30),
    "length_of_5000_digits": _length(b"9" * 5_000),
    "length_2_to_the_63": _length(b"9223372036854775808"),
    "length_negative": _length(b"-1"),
    "length_with_plus": _length(b"+" + _RIGHT),
    "length_hexadecimal": _length(b"0x10"),
    "length_empty": _length(b""),
    "length_of_words": _length(b"many"),
    "length_superscript": _length(b"\xc2\xb2"),
    "length_listed_twice": _length(_RIGHT + b", " + _RIGHT),
    "length_twice_the_same": _length(_RIGHT, _RIGHT),
    "length_twice_different": _length(_RIGHT, b"5"),
    "length_and_chunks": _chunked(_CHUNK + b"0\r\n\r\n", b"Content-Length: 5\r\n"),
    "chunks_and_more_encodings": _HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + _CHUNK + b"0\r\n\r\n",
    "chunks_named_oddly": _HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + _CHUNK + b"0\r\n\r\n",
    "chunks_that_stop_before_the_first": _chunked(b""),
    "chunks_that_stop_in_a_size": _chunked(b"1"),
    "chunks_that_stop_in_the_midst": _chunked(_CHUNK[:20]),
    "chunks_that_stop_before_the_last": _chunked(_CHUNK),
    "chunks_that_stop_before_the_end": _chunked(_CHUNK + b"0\r\n"),
    "chunks_of_no_size": _chunked(b"\r\n" + _CHUNK),
    "chunks_of_a_wrong_size": _chunked(b"5\r\n" + _JSON + b"\r\n0\r\n\r\n"),
    "chunks_of_size_zz": _chunked(b"zz\r\n"),
    "chunks_of_negative_size": _chunked(b"-5\r\n" + _JSON),
    "chunks_of_immense_size": _chunked(b"f" * 16 + b"\r\nx"),
    "chunks_of_size_with_5000_digits": _chunked(b"0" * 5_000 + b"1\r\nx\r\n0\r\n\r\n"),
    "chunks_of_one_byte": _chunked(b"".join(b"1\r\n%c\r\n" % byte for byte in _JSON) + b"0\r\n\r\n"),
    "upload_that_stops": b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999\r\n\r\ntext\n",
    "upload_in_chunks_that_stops": (
        b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntext\n\r\n"
    ),
    "no_host": b"GET /v1/categories HTTP/1.1\r\n\r\n",
    "two_hosts": b"GET /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
    "http_1_0": b"GET /v1/categories HTTP/1.0\r\n\r\n",
    "http_0_9": b"GET /v1/categories\r\n\r\n",
    "http_9_9": b"GET /v1/categories HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    "http_2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "zeros": bytes(1_000),
    "line_ends_only": b"\r\n" * 1_000,
    "lone_line_feeds": b"GET /v1/categories HTTP/1.1\nHost: 127.0.0.1\n\n",
    "lone_carriage_return": b"GET /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\rX: y\r\n\r\n",
    "header_without_colon": b"GET /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\nnonsense\r\n\r\n",
    "header_with_a_blank_before_the_colon": b"GET /v1/categories HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
    "header_folded": b"GET /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\r\n b\r\n\r\n",
    "header_with_nul": b"GET /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\0b\r\n\r\n",
    "header_beyond_ascii": b"GET /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-ID: \xff\xfe\r\n\r\n",
    "path_beyond_ascii": b"GET /v1/complaints/\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "path_of_broken_escapes": b"GET /v1/complaints/%ff%zz%0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "path_with_nul": b"GET /v1/complaints/a%00b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "path_upwards": b"GET /v1/../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "path_long": b"GET /v1/complaints/" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "query_beyond_ascii": b"GET /v1/complaints?words=\xff&limit=%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "query_of_many": b"GET /v1/complaints?" + b"limit=1&" * 7_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "query_of_an_immense_number": (
        b"GET /v1/complaints?before=" + b"9" * 5_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    ),
    "whole_address": b"GET http://evil.example/v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "no_path": b"GET  HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "star": b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "connect": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "trace": b"TRACE /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "unknown_method": b"BREW /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "method_in_small_letters": b"get /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "websocket": (
        b"GET /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ),
    "broken_websocket": (
        b"GET /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    ),
    "upgrade_to_http_2": (
        b"GET /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    ),
    "expecting_to_continue": _length(_RIGHT, content=b"").replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"),
    "get_with_a_body": b"GET /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999\r\n\r\n"
    + b"x" * 99_999,
    "a_hundred_at_once": b"GET /v1/categories HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 100,
    "hidden_in_a_body": _length(_RIGHT) + b"DELETE /v1/complaints/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}
"""Requests that are no correct HTTP, stop in the midst, or ask for what no caller asks for."""


def frame(draw: Random) -> bytes:
    """One of those, spoilt further."""
    return flipped(draw, draw.choice(list(FRAMES.values())))
