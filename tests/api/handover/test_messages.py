"""Signatures as Standard Webhooks has them."""

from __future__ import annotations

from api.handover.messages import signature


def test_the_example_of_the_standard() -> None:
    told = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", told) == expected
