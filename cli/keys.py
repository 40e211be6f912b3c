"""``complaints keys``: who may ask the service."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Final

import typer
from rich.markup import escape

from api.access.caller import SCOPES
from api.settings import load_settings
from api.storage import Keys, now, open_database, shown
from classifier.errors import ComplaintsError
from cli.terminal import err, out, reporting, result_table

keys = typer.Typer(no_args_is_help=True, help="API密钥：新建、列出、吊销。 API keys: add, list, revoke.")

_CHINA: Final = timezone(timedelta(hours=8))


@contextmanager
def _kept() -> Iterator[Keys]:
    with reporting():
        url = load_settings().cases
        database = open_database(url)
        err.print(f"案件库 cases {shown(url)}", markup=False, soft_wrap=True)
        try:
            yield Keys(database)
        finally:
            database.dispose()


@keys.command()
def add(
    owner: Annotated[str, typer.Argument(help="归谁：人名或系统名 Whose: a person or a system.")],
    scope: Annotated[list[str], typer.Option(help=f"权限，可多次 Repeatable: {', '.join(SCOPES)}.")],
    days: Annotated[int, typer.Option(help="有效天数 Days until it expires.", min=1, max=3_650)] = 365,
    rate: Annotated[float, typer.Option(help="每秒请求数 Requests per second.", min=0.01, max=1_000_000)] = 100,
) -> None:
    """新建密钥，只显示这一次。 Make a key; it is shown this once."""
    with _kept() as kept:
        if not owner.strip() or len(owner) > 200:
            raise ComplaintsError("must be a name of at most 200 characters", where="OWNER", remedy="Name the owner.")
        if unknown := [name for name in scope if name not in SCOPES]:
            raise ComplaintsError(
                f"there is no {', '.join(unknown)}", where="--scope", remedy=f"Use {', '.join(SCOPES)}."
            )
        key = kept.add(owner.strip(), sorted(set(scope)), rate, datetime.now(UTC) + timedelta(days=days), _person())
    err.print("只显示这一次，请保存好。 Shown this once: keep it safe.")
    out.print(key, markup=False, soft_wrap=True)


@keys.command("list")
def show() -> None:
    """列出所有密钥。 List all keys."""
    with _kept() as kept:
        rows = kept.all()
    table = result_table(
        "编号 id", "归谁 owner", "权限 scopes", "状态 state", "到期 expires", "每秒 rate", text_columns=5
    )
    for row in rows:
        expired = row["expires_at"] is not None and row["expires_at"] <= now()
        state = "已吊销 revoked" if row["revoked_at"] else "已过期 expired" if expired else "有效 valid"
        expires = (
            row["expires_at"].replace(tzinfo=UTC).astimezone(_CHINA).strftime("%Y-%m-%d") if row["expires_at"] else "—"
        )
        table.add_row(row["key_id"], escape(row["owner"]), ", ".join(row["scopes"]), state, expires, f"{row['rate']:g}")
    out.print(table)


@keys.command()
def revoke(key_id: Annotated[str, typer.Argument(help="编号 Its id, as listed.")]) -> None:
    """吊销密钥，两秒内生效。 Revoke a key; every process refuses it within two seconds."""
    with _kept() as kept:
        if not kept.revoke(key_id, _person()):
            raise ComplaintsError(f"there is no key {key_id!r}", where="KEY_ID", remedy="See complaints keys list.")
    err.print(f"已吊销 revoked: {key_id}", markup=False)


def _person() -> str:
    return f"本机 {getpass.getuser()}"
