"""What codes are called by people who read pages: why a case waits, why it was routed, what happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.console.pages import Words

WHY: Final[Mapping[str, Words]] = {
    "uncertain": Words("把握不够", "Not sure enough"),
    "sample": Words("盲检", "Blind sample"),
    "returned": Words("部门退回", "Returned"),
}
"""Why a case waits for a reviewer."""

SELECTION: Final[Mapping[str, Words]] = {
    **WHY,
    "review": WHY["uncertain"],
    "correction": Words("主动更正", "Noticed by a person"),
}
"""Why a person looked at what they corrected."""

REASON: Final[Mapping[str | None, Words]] = {
    None: Words("交办", "Routed"),
    "intake": Words("登记时交办", "Routed on arrival"),
    "corrected": Words("改类后重新交办", "Routed again after a correction"),
    "returned": Words("退单后重新交办", "Routed again after a return"),
    "withdrawn": Words("撤销判定后重新交办", "Routed again after a judgement was taken back"),
    "reopened": Words("重开后重新交办", "Routed again after reopening"),
    "calendar": Words("放假安排公布后重算时限", "Deadlines computed again: holidays were published"),
}
"""Why a case was routed."""

EVENT: Final[Mapping[str, Words]] = {
    "accepted": Words("受理", "Accepted"),
    "first_response": Words("首次响应", "First response given"),
    "extended": Words("延期", "Extended"),
    "resolved": Words("办结", "Resolved"),
    "withdrawn": Words("撤诉", "Withdrawn by the customer"),
    "reopened": Words("重开", "Reopened"),
    "followed_up": Words("回访", "Followed up"),
    "returned": Words("退单", "Returned by the department"),
    "first_response_near": Words("首次响应快到期", "First response nearly due"),
    "first_response_breached": Words("首次响应超期", "First response overdue"),
    "resolution_near": Words("办结快到期", "Decision nearly due"),
    "resolution_breached": Words("办结超期", "Decision overdue"),
}
"""What happened to a case."""

ACT: Final[Mapping[str, Words]] = {
    "accepted": Words("受理", "Accept"),
    "first_response": Words("首次响应", "Give the first response"),
    "extended": Words("延期", "Extend"),
    "resolved": Words("办结", "Resolve"),
    "withdrawn": Words("撤诉", "Withdraw"),
    "reopened": Words("重开", "Reopen"),
    "followed_up": Words("回访", "Follow up"),
}
"""The same as something to do."""

RELATION: Final[Mapping[str, Words]] = {
    "same_customer": Words("同一客户", "Same customer"),
    "same_text": Words("文字相同", "Same text"),
    "parallel": Words("其他客户同样内容", "Same text of another customer"),
}
"""What an earlier case of the same matter has in common."""

KIND: Final[Mapping[str, Words]] = {
    "complaint": Words("投诉", "Complaint"),
    "enquiry": Words("咨询", "Enquiry"),
    "suggestion": Words("建议", "Suggestion"),
    "praise": Words("表扬", "Praise"),
    "empty": Words("无实质内容", "Nothing in it"),
}
"""What kind of case it is."""
