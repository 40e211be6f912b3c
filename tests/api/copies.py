"""Copies of one model under names of their own, so that answers say which of them answered."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models import Registry

PREFIX = "renamed_"


def keep(
    registry: Registry, source: Path, name: str, change: Callable[[Path, dict[str, Any]], None] | None = None
) -> None:
    """Keep a copy of a bundle; `change` may alter its files and its manifest before it is sealed."""

    def write(folder: Path) -> str:
        shutil.copytree(source, folder, dirs_exist_ok=True)
        path = folder / "manifest.json"
        manifest = {**json.loads(path.read_text(encoding="utf-8")), "version": name}
        if change is not None:
            change(folder, manifest)
        manifest["files"] = {file: _sha256(folder / file) for file in manifest["files"]}
        path.write_text(json.dumps(manifest), encoding="utf-8")
        return _sha256(path)

    registry.keep(name, write, reason="tests")


def renamed(folder: Path, manifest: dict[str, Any]) -> None:
    """Give every category another code: a model of a foreign taxonomy."""
    manifest["classes"] = [f"{PREFIX}{code}" for code in manifest["classes"]]
    path = folder / "taxonomy.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'(?<=\[\[category\]\]\ncode = ")', PREFIX, text), encoding="utf-8")


def contrary(folder: Path, manifest: dict[str, Any]) -> None:
    """Let it say the next category, always: it never agrees."""
    first, *rest = manifest["classes"]
    manifest["classes"] = [*rest, first]


def damage(registry: Registry, version: str) -> None:
    """Change a byte of its weights."""
    path = registry.store / version / "weights.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
