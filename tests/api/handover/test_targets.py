"""Where a webhook may point to."""

from __future__ import annotations

import pytest

from api.handover.targets import TargetError, allowed_networks, check_target, post
from tests.api.handover.receiver import receiving

LOOPBACK = allowed_networks("127.0.0.0/8")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://127.0.0.1/x", "no address of a receiver"),
        ("https:///path", "no address of a receiver"),
        ("https://user:secret@127.0.0.1/", "no address of a receiver"),
        ("https://127.0.0.1/", "127.0.0.1 is private"),
        ("https://localhost/", "is private"),
        ("https://10.1.2.3/", "10.1.2.3 is private"),
        ("https://192.168.0.9:8443/", "192.168.0.9 is private"),
        ("https://169.254.169.254/latest/meta-data", "169.254.169.254 is private"),
        ("https://[::1]/", "::1 is private"),
        ("https://[::ffff:10.0.0.1]/", "is private"),
        ("https://0.0.0.0/", "0.0.0.0 is private"),
        ("http://93.184.216.34/", "unencrypted"),
        ("https://no-such-host.invalid/", "cannot be looked up"),
    ],
)
def test_it_is_refused_with_its_reason(url: str, says: str) -> None:
    with pytest.raises(TargetError, match=says):
        check_target(url, ())


def test_an_allowed_network_may_be_told_even_unencrypted() -> None:
    parts, number = check_target("http://127.0.0.1:9/x", LOOPBACK)
    assert (parts.path, number) == ("/x", "127.0.0.1")


def test_a_list_of_networks_that_is_none_is_named() -> None:
    with pytest.raises(TargetError, match="COMPLAINTS_WEBHOOK_NETWORKS"):
        allowed_networks("10.0.0.0/8, intranet")


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with receiving("redirect") as receiver:
        assert post(receiver.url, LOOPBACK, b"{}", {}).status == 302
        assert len(receiver.got) == 1


def test_what_is_posted_arrives_with_its_headers() -> None:
    with receiving("429 7") as receiver:
        answer = post(receiver.url, LOOPBACK, b'{"a": 1}', {"webhook-id": "m"})
    assert (answer.status, answer.retry_after) == (429, 7.0)
    headers, body = receiver.got[0]
    assert (body, headers["webhook-id"]) == (b'{"a": 1}', "m")
