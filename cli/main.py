"""``complaints``: the commands."""

from __future__ import annotations

import typer

from cli import audit, classify, compare, events, keys, models, rules, serve, tag, train, webhooks, worker
from cli.demo import command as demo

app = typer.Typer(
    name="complaints",
    help="读懂银行投诉，分到对应部门。 Reads bank complaints in Chinese and hands them to the right department.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # a text in a traceback would be personal data in a log
)
app.command("classify")(classify.classify)
app.command("tag")(tag.tag)
app.command("events")(events.events)
app.command("train")(train.train)
app.command("audit")(audit.audit)
app.command("compare")(compare.compare)
app.command("promote")(compare.promote)
app.command("rollback")(compare.rollback)
app.add_typer(models.models, name="models")
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("worker")(worker.worker)
app.add_typer(rules.rules, name="rules")
app.add_typer(webhooks.webhooks, name="webhooks")
app.add_typer(keys.keys, name="keys")
