"""``complaints``: the commands."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

_COMMANDS: Final = {
    "classify": "cli.classify",
    "tag": "cli.tag",
    "events": "cli.events",
    "train": "cli.train",
    "audit": "cli.audit",
    "compare": "cli.compare",
    "promote": "cli.compare",
    "rollback": "cli.compare",
    "models": "cli.models",
    "serve": "cli.serve",
    "demo": "cli.demo.command",
    "worker": "cli.worker",
    "rules": "cli.rules",
    "webhooks": "cli.webhooks",
    "keys": "cli.keys",
}
"""Where each is: a function, or an application with commands of its own, of the same name."""


class _Commands(TyperGroup):
    """Imports a command when it is asked for: others need what takes longer to import than its own work."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _COMMANDS:
            return None
        found: Any = getattr(import_module(_COMMANDS[cmd_name]), cmd_name)
        holder = typer.Typer(callback=_complaints)
        if isinstance(found, typer.Typer):
            holder.add_typer(found, name=cmd_name)
        else:
            holder.command(cmd_name)(found)
        return typer.main.get_group(holder).commands[cmd_name]


def _complaints() -> None:
    """The commands alone do anything."""


app = typer.Typer(
    name="complaints",
    cls=_Commands,
    callback=_complaints,
    help="读懂银行投诉，分到对应部门。 Reads bank complaints in Chinese and hands them to the right department.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # a text in a traceback would be personal data in a log
)
