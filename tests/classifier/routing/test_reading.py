"""A file of rules that is wrong is refused: with the line, and what to do."""

# ruff: noqa: E501
# A table reads best with a case a line.
from __future__ import annotations

import pytest

from classifier import Taxonomy
from classifier.errors import RulesError
from classifier.routing import BUNDLED, bundled_rules, read_rules
from classifier.taxonomy import BUNDLED as TAXONOMY

LAST = """
[[rule]]
name = "其余"
why = "按类别归口"
then.department = "@category"
then.queue = "standard"
then.priority = "P3"
then.first_response = { minutes = 1440 }
then.resolution = { working_days = 15 }
then.conflict_of_interest = "one_level_up"
"""
HEAD = """format = 1
[one_level_up]
"*" = "triage"
"""


def file(middle: str = "", head: str = HEAD, last: str = LAST) -> str:
    return head + middle + last


def rule(body: str, name: str = "甲") -> str:
    return f'[[rule]]\nname = "{name}"\nwhy = "因为"\n{body}\n'


# What is wrong, the line it stands in, a piece of what is said of it, a piece of the remedy.
BROKEN = {
    "no TOML": (file(rule("then.priority = P1")), 7, "this is not TOML", "Correct this line"),
    "no format": (file(head='[one_level_up]\n"*" = "triage"\n'), 1, "format is None", "Write format = 1"),
    "a later format": (file(head=HEAD.replace("1", "2")), 1, "format is 2", "Write format = 1"),
    "an unknown table": (file(head=HEAD + "[[rules]]\n"), 4, "'rules' is unknown", "Known are: format, statute"),
    "an unknown field": (file(rule('then.priority = "P1"\nwhat = 1')), 8, "'what' is unknown", "name, why, when, then"),
    "an unknown condition": (file(rule('when.mood = ["x"]\nthen.priority = "P1"')), 7, "'mood' is unknown", "category, "),
    "an unknown outcome": (file(rule('then.owner = "triage"')), 7, "'owner' is unknown here", "department, co_"),
    "an unknown category": (
        file(rule('when.category = [\n  "card_fee",\n]\nthen.priority = "P1"')), 7, "category 'card_fee' is unknown", "card_fees",
    ),
    "an unknown group": (file(rule('when.group = ["cards"]\nthen.priority = "P1"')), 7, "group 'cards'", "credit_card"),
    "an unknown signal": (file(rule('when.signals = ["angry"]\nthen.priority = "P1"')), 7, "signals 'angry'", "regulator"),
    "an unknown channel": (file(rule('when.channel = ["fax"]\nthen.priority = "P1"')), 7, "channel 'fax'", "hotline"),
    "an unknown metadata": (file(rule('when.metadata.age = ["x"]\nthen.priority = "P1"')), 7, "'age' is unknown", "segment"),
    "an unknown department": (
        file(rule('then.department = "legal"')), 7, "has no department 'legal'", "or add it there as a [[department]]",
    ),
    "an unknown co-department": (
        file(rule('then.co_departments = ["triage", "legal"]')), 7, "has no department 'legal'", "Use one of: ",
    ),
    "an unknown priority": (file(rule('then.priority = "P0"')), 7, "priority is 'P0'", "P1, P2, P3, P4"),
    "no list of words": (file(rule('when.words = [3]\nthen.priority = "P1"')), 7, "'words' is no list", 'words = ["…"]'),
    "bounds that are none": (
        file(rule('when.confidence = { above = 0.5 }\nthen.priority = "P1"')), 7, "'confidence' has no bounds", "at_least",
    ),
    "bounds with nothing between": (
        file(rule('when.confidence = { at_least = 0.5, below = 0.5 }\nthen.priority = "P1"')),
        4, "no confidence is at least 0.5 and below 0.5", "Exchange the bounds",
    ),
    "no part of the day": (
        file(rule('when.time = { from = "22", to = "25:00" }\nthen.priority = "P1"')), 7, "no part of the day", "22:00",
    ),
    "an empty part of the day": (
        file(rule('when.time = { from = "08:00", to = 08:00:00 }\nthen.priority = "P1"')), 4, "'from' is 'to'", "whole day",
    ),
    "no length of time": (
        file(rule("then.resolution = { weeks = 2 }")), 7, "'resolution' is no length of time", "{ working_days = 15 }",
    ),
    "a length of nothing": (file(rule("then.first_response = { minutes = 0 }")), 7, "from 1 to 1,000,000", "Write first"),
    "answered after it is resolved": (
        file(rule("then.first_response = { working_days = 3 }\nthen.resolution = { minutes = 60 }")),
        4, "the first response (3 working_days) is due after the resolution (60 minutes)", "Exchange them",
    ),
    "two rules of one name": (
        file(rule('when.region = "苏州"\nthen.priority = "P1"') + rule('when.region = "无锡"\nthen.priority = "P1"')),
        9, "rule '甲' stands in line 4 too", "Rename one",
    ),
    "a rule without a name": (file('[[rule]]\nwhy = "x"\nthen.priority = "P1"\n'), 4, "'name' is missing", "Add name"),
    "a rule without a reason": (file('[[rule]]\nname = "x"\nthen.priority = "P1"\n'), 4, "'why' is missing", "Add why"),
    "a rule that decides nothing": (file(rule('when.region = "苏州"')), 4, "the rule decides nothing", "department"),
    "a category outside its group": (
        file(rule('when.group = "loan"\nwhen.category = "card_fees"\nthen.priority = "P1"')),
        4, "no category it names is in its group", "Leave one of them out",
    ),
    "a category beside itself": (
        file(rule('when.category = "card_fees"\nwhen.secondary = "card_fees"\nthen.priority = "P1"')),
        4, "never its own secondary", "make two rules",
    ),
    "an owner who helps himself": (
        file(rule('then.department = "triage"\nthen.co_departments = ["triage"]')), 4, "triage owns the case and", "one owner",
    ),
    "a rule that contradicts another": (
        file(rule('when.channel = ["app"]\nthen.priority = "P1"') + rule('when.channel = ["app"]\nthen.priority = "P2"', "乙")),
        9, "rule '乙' contradicts rule '甲' in line 4: same conditions, other outcomes", "Remove one",
    ),
    "a rule that is never reached": (
        file(
            rule('when.channel = ["app", "web"]\nthen.priority = "P1"')
            + rule('when.channel = ["app"]\nwhen.words = ["急"]\nthen.priority = "P1"', "乙")
        ),
        9, "rule '乙' is never reached: '甲' in line 4 decided everything before", "Move it up, or remove it",
    ),
    "a rule behind the last": (
        file(LAST + rule('when.words = ["急"]\nthen.priority = "P1"'), last=""), 14, "rule '甲' is never reached", "Move it up",
    ),
    "cases without an owner": (
        file(last=LAST.replace('then.department = "@category"\n', "")), 5, "left without department", "no 'when'",
    ),
    "no rule for the rest": (
        file(last=LAST.replace('why = "按类别归口"', 'why = "x"\nwhen.words = ["急"]')),
        5, "left without department, queue, priority, first_response, resolution, conflict_of_interest", "Let the last rule",
    ),
    "no rule at all": (file(last=""), 1, "there is no rule", "Add a [[rule]]"),
    "nobody above": (file(head="format = 1\n"), 1, "nobody stands above the rest", 'Add "*" = "…"'),
    "a circle above": (
        file(head=HEAD + 'triage = "operations"\noperations = "triage"\n'), 4, "'triage' stands above itself", "Break the",
    ),
    "a law without a date": (
        file(head=HEAD + '[[statute]]\nname = "x"\neffective = "2020-03-01"\ncalendar_days = [15]\n'),
        6, "'effective' is no date", "effective = 2020-03-01",
    ),
    "a law whose days fall": (
        file(head=HEAD + '[[statute]]\nname = "x"\neffective = 2020-03-01\ncalendar_days = [30, 15]\n'),
        7, "'calendar_days' do not rise", "calendar_days = [15, 30, 60]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_refused_with_line_and_remedy(taxonomy: Taxonomy, kind: str) -> None:
    text, line, what, remedy = BROKEN[kind]
    with pytest.raises(RulesError) as refused:
        read_rules(text, taxonomy, source="bank.toml")
    found = [(f.line, f.what, f.remedy) for f in refused.value.findings]
    assert [line] == [number for number, said, mend in found if what in said and remedy in mend], found
    assert str(refused.value).startswith("bank.toml, line ")


def test_all_that_is_wrong_is_told_at_once(taxonomy: Taxonomy) -> None:
    text = file(rule('when.channel = ["fax"]\nthen.priority = "P0"') + rule('then.queue = ""', "乙"))
    with pytest.raises(RulesError, match=r"^bank.toml, line 7: channel 'fax' is unknown.* 2 more") as refused:
        read_rules(text, taxonomy, source="bank.toml")
    assert [finding.line for finding in refused.value.findings] == [7, 8, 12]


def test_a_rule_whose_condition_has_a_fault_hides_no_other(taxonomy: Taxonomy) -> None:
    text = file(
        rule('when.signals = ["angry"]\nthen.priority = "P1"') + rule('when.words = ["急"]\nthen.priority = "P2"', "乙")
    )
    with pytest.raises(RulesError) as refused:
        read_rules(text, taxonomy, source="bank.toml")
    assert [finding.line for finding in refused.value.findings] == [7]


def test_a_rule_may_ask_for_several_metadata(taxonomy: Taxonomy) -> None:
    asks = 'when.metadata.segment = ["个人"]\nwhen.metadata.product = ["金卡"]\nthen.priority = "P1"'
    book = read_rules(file(rule(asks)), taxonomy, source="bank.toml")
    assert [len(one.conditions) for one in book.rules] == [2, 0]


def test_the_rules_of_the_program_have_no_fault(taxonomy: Taxonomy) -> None:
    assert read_rules(BUNDLED.read_text(encoding="utf-8"), taxonomy, source="default.toml") == bundled_rules(taxonomy)


def test_with_a_banks_own_taxonomy_they_leave_out_what_it_does_not_have() -> None:
    text = TAXONOMY.read_text(encoding="utf-8")
    own = Taxonomy.parse(
        text.replace('"fraud_and_theft"', '"stolen"').replace('"fraud_desk"', '"desk"'), source="bank.toml"
    )
    names = {rule.name for rule in bundled_rules(own).rules}
    assert "资金正在受损" in names
    assert "资金安全与盗刷" not in names


def test_but_not_without_a_desk_for_unsure_cases() -> None:
    own = Taxonomy.parse(TAXONOMY.read_text(encoding="utf-8").replace('"triage"', '"desk"'), source="bank.toml")
    with pytest.raises(RulesError, match=r"bank\.toml has no department 'triage'"):
        bundled_rules(own)


def test_rules_that_came_with_a_model_are_read_as_leniently() -> None:
    text = TAXONOMY.read_text(encoding="utf-8")
    own = Taxonomy.parse(text.replace('"fraud_and_theft"', '"stolen"'), source="bank.toml")
    travelled = BUNDLED.read_text(encoding="utf-8").replace("资金正在受损", "钱在流失")
    book = bundled_rules(own, travelled)
    assert book.text == travelled
    names = {rule.name for rule in book.rules}
    assert "钱在流失" in names
    assert "资金安全与盗刷" not in names
