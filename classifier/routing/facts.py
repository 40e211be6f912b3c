"""What is known of a case when it is routed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from classifier.model import Prediction

CHANNELS: Final[Mapping[str, str]] = {
    "hotline": "热线",
    "branch": "网点",
    "app": "手机银行",
    "web": "网站",
    "letter": "信函",
    "regulator_referral": "监管转办",
    "media": "媒体",
}
"""投诉渠道: by which way a complaint arrived, and what it is called."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case when it is routed.

    Attributes
    ----------
    prediction : Prediction
        What the model read and says of it, signals too.
    arrived : datetime
        With its time zone; time limits count from it.
    channel, region, branch : str or None
        By which way it arrived; which region and branch it complains about.
    metadata : mapping
        ``segment``, ``product``, ``business_channel`` (str) and ``amount`` (Decimal, yuan), as far as they are known.
    """

    prediction: Prediction
    arrived: datetime
    channel: str | None = None
    region: str | None = None
    branch: str | None = None
    metadata: Mapping[str, str | Decimal] = field(default_factory=dict)
