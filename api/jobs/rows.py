"""A row of a file as the request it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.cases import IntakeRequest
from classifier.tables import Table
from classifier.tables.cells import as_text
from classifier.tables.columns import CHANNELS, COMPLAINT_ID, find_columns, written_moment
from classifier.text import normalize

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "complaint_id": COMPLAINT_ID,
    "channel": ("投诉渠道", "渠道", "来源渠道"),
    "region": ("地区", "区域", "投诉地区"),
    "branch": ("网点", "支行", "机构", "被投诉机构"),
    "received_at": ("受理时间", "投诉时间", "投诉日期", "受理日期"),
    "segment": ("客户类型", "客户类别"),
    "product": ("产品", "产品名称", "投诉产品"),
    "amount": ("金额", "涉及金额", "涉诉金额"),
    "customer_key": ("客户号", "客户编号"),
    "business_channel": ("业务办理渠道",),
    "referral_no": ("转办编号", "转办单号"),
    "metadata": (),
}
"""Fields of a request and the usual Chinese names of their columns; the fields' own names are understood too."""

_METADATA: Final = ("segment", "product", "amount", "customer_key", "business_channel", "referral_no")


class Columns:
    """Where a table has the fields of a request.

    Parameters
    ----------
    table : Table
    text : int
        Index of the column that holds the complaint.
    """

    def __init__(self, table: Table, text: int) -> None:
        self._titles = table.columns
        found = find_columns(table.columns, COLUMNS)
        self._places = {"text": text} | {field: place for field, place in found.items() if place != text}

    @property
    def found(self) -> Mapping[str, str]:
        """The fields that the table has, and the titles of their columns."""
        return {field: self._titles[place] for field, place in self._places.items()}

    def sent_id(self, cells: Sequence[Any]) -> str | None:
        """By which whoever sent a row knows it, whatever is wrong with the rest; None without."""
        place = self._places.get("complaint_id")
        return None if place is None else as_text(cells[place]).strip() or None

    def request(self, cells: Sequence[Any]) -> IntakeRequest:
        """The request a row stands for. Raises `pydantic.ValidationError`."""
        values: dict[str, Any] = {"text": as_text(cells[self._places["text"]]), "metadata": {}}
        if "metadata" in self._places and cells[self._places["metadata"]]:
            values["metadata"] = cells[self._places["metadata"]]  # the object of a JSON line, else it is refused
            if not isinstance(values["metadata"], dict):
                return IntakeRequest.model_validate(values)
            values["metadata"] = dict(values["metadata"])
        for field, place in self._places.items():
            if field in ("text", "metadata"):
                continue
            value = as_text(cells[place]).strip()
            if value:
                target = values["metadata"] if field in _METADATA else values
                target[field] = _READ.get(field, str)(value)
        return IntakeRequest.model_validate(values)


def _channel(value: str) -> str:
    return CHANNELS.get(normalize(value), value)


def _amount(value: str) -> str:
    return value.replace(",", "").replace("，", "").removesuffix("元").lstrip("¥￥")


_READ: Final = {"channel": _channel, "amount": _amount, "received_at": written_moment}
