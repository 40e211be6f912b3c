"""What is wrong with a file or a row, as jobs tell it to programs, for people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from api.console.pages import Words

_KNOWN: Final[Sequence[tuple[re.Pattern[str], str, str]]] = [
    (re.compile(pattern), chinese, next(iter(english), ""))
    for pattern, chinese, *english in (
        (r"the text is empty", "投诉内容为空", "The complaint is empty"),
        (r"^text: String should have at most (\d+)|the text has .*the limit is ([\d,]+)", "投诉内容过长（最多{0}字）"),
        (
            r"^channel: ",
            "渠道不在规定的范围内；可用：热线、网点、手机银行、网站、信函、监管、媒体，或对应代码",
            "The channel is not hotline, branch, app, web, letter, regulator_referral, media, nor their usual names",
        ),
        (
            r"^complaint_id: String should match",
            "投诉编号含有不允许的字符（可用字母、数字和 . : @ ~ + - _）",
            "The complaint's number has a character that is not allowed (letters, digits and . : @ ~ + - _ are)",
        ),
        (
            r"^complaint_id: ",
            "投诉编号过长（最多200个字符）",
            "The complaint's number is too long (200 characters at most)",
        ),
        (
            r"^received_at: ",
            "受理时间不是可识别的日期时间，例如 2026/11/3 9:05",
            "When it was received is no day or time, such as 2026/11/3 9:05",
        ),
        (r"^metadata/amount: ", "金额不是数字，或超出范围", "The amount is no number, or out of range"),
        (r"^metadata/?(\w*): ", "附加信息（{0}）不合要求", "What more is said of it ({0}) cannot be used"),
        (
            r"^region: ",
            "地区不合要求：最多200个字，不能换行",
            "The region has more than 200 characters, or several lines",
        ),
        (
            r"^branch: ",
            "网点不合要求：最多200个字，不能换行",
            "The branch has more than 200 characters, or several lines",
        ),
        (r"Another complaint is kept under this complaint_id", "这个编号下已有另一件不同的投诉"),
        (r"has been erased", "这件投诉的投诉人信息已抹除，不再收录"),
        (r"nobody chose its column within a day", "一天之内没有人选定投诉所在的列，文件已删除。请重新上传"),
        (r"given up before it was read", "读取之前已放弃，文件已删除"),
        (r"The same file has been sent before", "同一文件、同样的选择已提交过：结果在先前的那一次里"),
        (r"no longer in the data folder", "文件已不在数据目录中。请重新上传"),
        (r"cannot be read as Excel", "无法作为Excel打开。请去掉密码，或在Excel中打开后另存为.xlsx再上传"),
        (r"cannot be read as Parquet", "无法作为Parquet打开。请重新导出"),
        (
            r"more than ([\d,]+) MiB of memory",
            "读取要用的内存超过{0} MiB，或文件会使程序崩溃。请另存为CSV或分成几份",
        ),
        (r"brought no row in|looking at it took more than", "读取太慢，已停止。请另存为CSV，或分成几份"),
        (r"has ([\d,]+) rows\. Cut", "有{0}行，太多了。请分成几份"),
        (r"has ([\d,]+) columns", "有{0}列，不像投诉台账。请检查分隔符，或只导出需要的列"),
        (r"looks like Big5", "看起来是Big5编码。请在编码里选择Big5后重新查看"),
        (r"is neither UTF-8 nor GB18030", "既不是UTF-8也不是GB18030编码。请选择它的编码后重新查看"),
        (r"is a (\w+) file, no table", "这是{0}文件，不是表格。请上传CSV、Excel等表格文件"),
        (r"is neither a table nor text", "既不是表格也不是文本。如果是没有标记的UTF-16，请选择该编码后重新查看"),
        (r"is not ([\w-]+) \(", "不是{0}编码。请换一种编码"),
        (r"the (?:file|table) is empty", "文件或所选工作表是空的"),
        (r"there is no header", "没有表头。请把列名放在第一行"),
        (r"no column '(.*?)'", "没有名为“{0}”的列"),
        (r"no sheet '(.*?)'", "没有名为“{0}”的工作表"),
        (r"is a JSON array", "是JSON数组。请改为每行一个JSON对象（JSON Lines）"),
        (r"is an Excel 2003 XML sheet", "是Excel 2003 XML格式。请另存为.xlsx"),
        (r"^By that time it would come before", "照这个时间，它早于案件后来已登记的事：请改正时间"),
        (r"^The case is open", "案件还没有办结或撤诉，不能做这一步"),
        (r"^The case is closed", "案件已经办结或撤诉：要先重开"),
        (r"has been accepted already", "案件已经受理过"),
        (r"first response has been given already", "首次响应已经给过"),
        (r"It is still to come", "时间在将来：事情发生之后再登记"),
        (r"The law allows it until (.*?)\. *$|The law allows it until (.*) \(China\)", "按规定最迟只能延到{0}"),
        (r"No further extension", "不能再延期了"),
        (r"No law sets a limit", "这件没有法定期限：请填写延到什么时候"),
        (r"^(\w+) needs it", "这一步有必填项没有填"),
        (r"does not belong to", "填了不属于这一步的内容"),
        (r"There is no such category", "没有这个类别"),
        (r"^The category says (.*)\.$", "这个类别已经定了：{0}"),
        (r"^Use one of: (.*)\.$", "请从这些里选：{0}"),
        (r"nothing more is kept of it", "投诉人信息已抹除，不能再登记内容"),
        (r"^(?:at|until): ", "时间不是可识别的日期时间，例如 2026-11-24T09:30"),
        (r"^(?:category|event): ", "请先选择"),
        (r"^note: ", "说明要填，最多2,000字"),
        (r"^satisfaction: ", "请选择满意度"),
        (r"cannot tell which column holds the complaint", "看不出哪一列是投诉内容"),
    )
]


def reason(problem: str) -> Words:
    """A problem in both languages; one that is not known here, or told in both already, stays as it is.

    Examples
    --------
    >>> reason("text: String should have at most 20000 characters").zh
    '投诉内容过长（最多20000字）'
    >>> reason("有无法解码的字符 broken characters").zh
    '有无法解码的字符 broken characters'
    """
    for pattern, chinese, english in _KNOWN:
        if found := pattern.search(problem):
            named = [group for group in found.groups() if group is not None]
            return Words(chinese.format(*named), english.format(*named) or problem)
    return Words(problem, problem)
