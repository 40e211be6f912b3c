"""Keeping trained models: one bundle on disk each, versions, a champion, an append-only history."""

from models.bundle import Bundle
from models.manifest import Manifest
from models.registry import Registry, store_path

__all__ = ["Bundle", "Manifest", "Registry", "store_path"]
