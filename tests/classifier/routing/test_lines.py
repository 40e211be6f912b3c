"""Entries of TOML files and their lines."""

from __future__ import annotations

from classifier.routing.lines import entry_lines, line_of

TEXT = '''# a comment
format = 1

[one_level_up]   # a comment
"*" = "a"
"b = c" = "d"

[[rule]]
name = """
[[rule]]
name = "not this one"
"""
when.words = [
  "[[rule]]",
  "when = 1",
]
then = { priority = "P1" }

[[rule]]
[rule.when]
channel = ["app"]
[rule.when.metadata]
segment = ["x"]
'''


def test_every_entry_has_its_line_whatever_its_value_holds() -> None:
    assert entry_lines(TEXT) == {
        ("format",): 2,
        ("one_level_up",): 4,
        ("one_level_up", "*"): 5,
        ("one_level_up", "b = c"): 6,
        ("rule",): 8,
        ("rule", 0): 8,
        ("rule", 0, "name"): 9,
        ("rule", 0, "when"): 13,
        ("rule", 0, "when", "words"): 13,
        ("rule", 0, "then"): 17,
        ("rule", 1): 19,
        ("rule", 1, "when"): 20,
        ("rule", 1, "when", "channel"): 21,
        ("rule", 1, "when", "metadata"): 22,
        ("rule", 1, "when", "metadata", "segment"): 23,
    }


def test_what_has_no_line_of_its_own_has_that_around_it() -> None:
    lines = entry_lines(TEXT)
    assert line_of(lines, ("rule", 0, "then", "priority")) == 17
    assert line_of(lines, ("rule", 1, "why")) == 19
    assert line_of(lines, ("missing",)) == 1
