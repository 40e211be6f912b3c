"""What is wrong with a file of rules, in Chinese: the checker says it in English."""

from __future__ import annotations

import re
from typing import Final

from api.console.pages import Words
from classifier.errors import Finding


def told(finding: Finding) -> tuple[Words, Words]:
    """What is wrong, and the remedy. What has no Chinese here yet is told in English."""
    return Words(_chinese(finding.what, _WHAT), finding.what), Words(_chinese(finding.remedy, _REMEDY), finding.remedy)


def _chinese(said: str, known: dict[str, str]) -> str:
    for pattern, chinese in known.items():
        found = re.fullmatch(pattern, said)
        if found:
            return found.expand(chinese)
    return said


_WHAT: Final = {
    r"this is not TOML \((?:Illegal character '\\n'|Expected \"'\").*\)": "引号没有配对：开了没有关",
    r"this is not TOML \((?:Unclosed (?:inline table|array)|Expected '\]').*\)": "括号没有配对：开了没有关",
    r"this is not TOML \(Cannot overwrite a value.*\)": "同一项写了两次",
    r"this is not TOML \(Expected '=' after a key.*\)": "名称后面要写 =",
    r"this is not TOML \(Invalid value.*\)": "等号后面的值写得不对：文字要用引号括起来",
    r"this is not TOML \((.*)\)": r"不是合法的TOML（\1）",
    r"format is (.*)": r"format 是 \1",
    r"(.*) is unknown here": r"这里不认识 \1",
    r"(.*) is no list of tables": r"\1 不是表的列表",
    r"(.*) is missing or empty": r"缺少 \1，或是空的",
    r"(.*) is no table": r"\1 不是表",
    r"the rule decides nothing": "这条规则什么也没决定",
    r".* has no department (.*)": r"类别表中没有部门 \1",
    r"'co_departments' is no list of departments": "co_departments 不是部门的列表",
    r"priority is (.*)": r"priority 是 \1",
    r"(.*) is no length of time from 1 to (.*)": r"\1 不是 1 到 \2 的时长",
    r"'effective' is no date": "effective 不是日期",
    r"'calendar_days' do not rise": "calendar_days 没有逐个增大",
    r"nobody stands above the rest \(no '(.*)'\)": r"没有写其他部门的上一级（缺“\1”）",
    r"(.*) stands above itself": r"\1 成了自己的上级",
    r"(.*) is no list of words": r"\1 不是词的列表",
    r"(\S+) ('.*') is unknown": r"\1 中不认识 \2",
    r"(.*) has no bounds": r"\1 没有上下限",
    r"'time' is no part of the day": "time 不是一天中的时段",
    r"rule (.*) stands in line (\d+) too": r"规则 \1 在第 \2 行还有一条",
    r"rule (.*): no (\S+) is at least (\S+) and below (\S+)": r"规则 \1：没有 \2 既不低于 \3 又低于 \4",
    r"rule (.*): 'from' is 'to'": r"规则 \1：from 与 to 相同",
    r"rule (.*): no category it names is in its group": r"规则 \1：所写类别都不在所写大类里",
    r"rule (.*): a category is never its own secondary": r"规则 \1：类别不会是自己的次要类别",
    r"rule (.*): (.*) owns the case and is a co-department too": r"规则 \1：\2 既主办又协办",
    r"rule (.*): the first response \((.*)\) is due after the resolution \((.*)\)": (
        r"规则 \1：首次响应（\2）晚于办结（\3）"
    ),
    r"rule (.*) contradicts rule (.*) in line (\d+): same conditions, other outcomes": (
        r"规则 \1 与第 \3 行的规则 \2 矛盾：条件相同，结果不同"
    ),
    r"rule ('[^']*') is never reached: (.*) decided everything before": r"规则 \1 永远用不到：此前都已由 \2 决定",
    r"there is no rule": "一条规则也没有",
    r"a case that no other rule meets is left without (.*)": r"其他规则都不适用的案件，没有 \1",
}

_REMEDY: Final = {
    r"Correct this line\.": "请改正这一行。",
    r"Known are: (.*)\.": r"可用：\1。",
    r"Use one of: (.*); or add it there as a \[\[department\]\]\.": r"可用（见页尾“代码对照”）：\1。",
    r"Use one of: (.*)\.": r"可用：\1。",
    r"Name one of: (.*)\.": r"请写明其中之一：\1。",
    r"Write each as (.*)\.": r"每个写成 \1。",
    r"Write (.*), or one\.": r"请写 \1，或只写其一。",
    r"Write (.*), or with one of: (.*)\.": r"请写 \1，单位也可用：\2。",
    r"Write (.*… = …)": r"请写 \1",
    r"Write (.*)\.": r"请写 \1。",
    r"Add a \[\[rule\]\]; (.*)": "请加一个 [[rule]]；可从程序自带的规则开始。",
    r"Add (.*)\.": r"请加上 \1。",
    r"Break the circle\.": "请去掉这个循环。",
    r"Rename one\.": "请给其中一条改名。",
    r"Exchange the bounds\.": "请对调上下限。",
    r"Exchange them\.": "请对调。",
    r"Leave 'time' out for the whole day\.": "全天就不要写 time。",
    r"Leave one of them out\.": "请去掉其中一个。",
    r"Leave 'secondary' out, or make two rules\.": "请去掉 secondary，或分成两条规则。",
    r"A case has one owner: take it from co_departments\.": "主办只有一个：请从 co_departments 中去掉。",
    r"Remove one of them, or let them ask for different things\.": "请去掉一条，或让两条的条件不同。",
    r"Move it up, or remove it\.": "请往上移，或去掉。",
    r"Let the last rule have no 'when' and name them\.": "让最后一条规则不写 when，并写明这些。",
}
