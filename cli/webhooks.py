"""``complaints webhooks``: where departments are told of their cases."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from api.handover.messages import OVERLAP, secret
from api.handover.targets import allowed_networks, check_target
from api.privacy import open_key
from api.settings import Settings, load_settings
from api.storage import Act, Database, Outbox, open_database
from classifier.errors import ComplaintsError
from classifier.taxonomy import BUNDLED, Taxonomy
from cli.terminal import out, reporting, result_table

webhooks = typer.Typer(
    no_args_is_help=True, help="移交：案件和事件推送给部门。 Hand-over: departments are told by signed webhooks."
)

Id = Annotated[str, typer.Argument(help="list显示的编号 The id that list shows.")]


@contextmanager
def _opened() -> Iterator[tuple[Settings, Database]]:
    settings = load_settings()
    database = open_database(settings.cases)
    try:
        yield settings, database
    finally:
        database.dispose()


def _act(act: str, subject: str | None = None) -> Act:
    return Act(getpass.getuser(), act, subject)


@webhooks.command()
def add(
    department: Annotated[str, typer.Argument(help="部门代码 The department's code.")],
    url: Annotated[str, typer.Argument(help="接收地址 Where it is told: https://…")],
) -> None:
    """新增接收地址；密钥只显示这一次。 Add a receiver; its secret is shown once."""
    with reporting(), _opened() as (settings, database):
        departments = Taxonomy.load(settings.taxonomy or BUNDLED).departments
        if department not in departments:
            raise ComplaintsError(
                f"there is no department {department!r}", where="DEPARTMENT", remedy=f"Use: {', '.join(departments)}."
            )
        check_target(url, allowed_networks(settings.webhook_networks))
        webhook_id = Outbox(database).add(department, url, _act("add webhook"))
        out.print(f"编号 id      {webhook_id}")
        out.print(f"密钥 secret  {secret(open_key(settings, database), webhook_id, 1)}", soft_wrap=True)


@webhooks.command("list")
def list_webhooks() -> None:
    """列出接收地址和积压。 List the receivers, and what waits for them."""
    with reporting(), _opened() as (_, database):
        rows = Outbox(database).webhooks()
    if not rows:
        out.print("没有接收地址。 No receivers: complaints webhooks add")
        return
    table = result_table(
        *("编号 id", "部门 department", "地址 url", "状态 state", "待送 waiting", "已送 told", "失败 dead"),
        text_columns=4,
    )
    for row in rows:
        state = f"已停 ended by {row['ended_by']}" if row["ended_at"] else "在用 live"
        numbers = (f"{row[name]:,}" for name in ("waiting", "told", "dead"))
        table.add_row(row["webhook_id"], row["department"], row["url"], state, *numbers)
    out.print(table)


@webhooks.command()
def rotate(webhook: Id) -> None:
    """更换密钥；旧密钥一天内仍同时签名。 Change the secret; for a day the old one signs too."""
    with reporting(), _opened() as (settings, database):
        generation = Outbox(database).rotate(webhook, _act("rotate webhook", webhook))
        if generation is None:
            raise _unknown(webhook)
        out.print(f"新密钥 secret  {secret(open_key(settings, database), webhook, generation)}", soft_wrap=True)
        out.print(f"旧密钥还签名 the old one signs for {OVERLAP.total_seconds() / 3600:.0f} h")


@webhooks.command()
def end(webhook: Id) -> None:
    """停用接收地址；没送到的记为失败。 End a receiver; what waits for it is dead."""
    with reporting(), _opened() as (_, database):
        if not Outbox(database).end(webhook, _act("end webhook", webhook)):
            raise _unknown(webhook)
        out.print(f"已停 ended: {webhook}")


@webhooks.command()
def dead() -> None:
    """列出送不到的消息。 List what was given up."""
    with reporting(), _opened() as (_, database):
        rows = Outbox(database).dead()
    if not rows:
        out.print("没有送不到的消息。 Nothing was given up.")
        return
    table = result_table("编号 id", "部门 department", "案件 case", "次数 attempts", "原因 problem", text_columns=5)
    for row in rows:
        told = row["webhook_id"], row["department"], row["complaint_id"], str(row["attempts"]), row["problem"] or ""
        table.add_row(*told)
    out.print(table)


@webhooks.command()
def replay(webhook: Id) -> None:
    """重新发送送不到的消息。 Try again what was given up."""
    with reporting(), _opened() as (_, database):
        again = Outbox(database).replay(webhook, _act("replay webhook", webhook))
    out.print(f"重新发送 to be told again: {again:,}")


def _unknown(webhook: str) -> ComplaintsError:
    return ComplaintsError("there is no such webhook", where=webhook, remedy="`complaints webhooks list` shows them.")
