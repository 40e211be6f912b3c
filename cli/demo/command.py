"""``complaints demo``: a quarter of made-up complaints in a scratch folder, and the console on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.settings import load_settings
from classifier.taxonomy import BUNDLED
from cli.demo.folder import new_folder
from cli.stages import stages
from cli.terminal import err, out, reporting, result_table
from cli.train import train_bundled
from models import Registry, store_path

if TYPE_CHECKING:
    from cli.demo.quarter import Person

FOLDER: Final = Path("build/demo")
_OWN: Final = ("COMPLAINTS_PORT", "COMPLAINTS_MODEL_STORE")
"""Settings that a demo keeps to; all others are of the real service, and it must not touch that."""


def demo(
    port: Annotated[int | None, typer.Option(help="端口 TCP port.", min=0, max=65_535)] = None,
    folder: Annotated[
        Path, typer.Option(help="放在哪里，每次重新生成 The scratch folder, made anew each time.")
    ] = FOLDER,
) -> None:
    """用一个季度的编造数据打开控制台。 Open the console on a quarter of made-up complaints, in a scratch folder."""
    # Imported here: with it comes what the service measures itself by, which `serve` must be the first to import.
    from cli.demo.quarter import SEED, fill

    with reporting():
        _forget_the_real_service(folder)
        settings = load_settings() if port is None else load_settings(port=port)
        registry = Registry(store_path())
        new_folder(folder, SEED)
        if registry.champion is None:
            err.print("还没有模型，先用自带语料训练。 No model yet: training the bundled one.")
            train_bundled(BUNDLED, reason="first start")
        with stages(as_json=False) as tell:
            keys = fill(folder, registry, datetime.now(UTC), tell=tell)
    address = f"http://127.0.0.1:{settings.port}/console/"
    _show(address, keys)
    if _has_display():
        subprocess.Popen([sys.executable, "-m", "cli.demo.browser", address])
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "cli", "serve", "--port", str(settings.port)])  # noqa: S606


def _forget_the_real_service(folder: Path) -> None:
    """Let this process and those it starts see no settings but the demo's."""
    for name in [name for name in os.environ if name.startswith("COMPLAINTS_") and name not in _OWN]:
        del os.environ[name]
    os.environ["COMPLAINTS_DATA"] = str(folder)


def _show(address: str, keys: Mapping[Person, str]) -> None:
    out.print(f"控制台 console  {address}", markup=False)
    out.print("用下面的密钥登录；数据都是编造的。 Sign in with one of these keys; all data are made up.")
    table = result_table("姓名 name", "做什么 does", "密钥 key", text_columns=3)
    for person, key in keys.items():
        table.add_row(person.name, person.does, key)
    out.print(table)


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
