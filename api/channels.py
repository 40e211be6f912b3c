"""What the channels are called by which complaints arrive."""

from __future__ import annotations

from typing import Final

from classifier.taxonomy import Named

CHANNELS: Final = {
    named.code: named
    for named in (
        Named("hotline", "客服热线", "Hotline"),
        Named("branch", "网点", "Branch"),
        Named("app", "手机银行", "App"),
        Named("web", "网站", "Web"),
        Named("letter", "来信", "Letter"),
        Named("regulator_referral", "监管转办", "Referred by the regulator"),
        Named("media", "媒体", "Media"),
    )
}
