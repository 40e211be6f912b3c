"""Which department gets a case, how urgent it is, and why.

The rules are data (`default.toml`, or a bank's own file); `Router` is the one place where a prediction becomes a
decision. docs/rules.md explains the file.
"""

from classifier.routing.facts import CHANNELS, Facts
from classifier.routing.reading import BUNDLED, bundled_rules, read_rules
from classifier.routing.router import Decision, Router, in_china
from classifier.routing.rules import Priority, RuleBook

__all__ = [
    "BUNDLED",
    "CHANNELS",
    "Decision",
    "Facts",
    "Priority",
    "Router",
    "RuleBook",
    "bundled_rules",
    "in_china",
    "read_rules",
]
