"""The scratch folder: made anew each time, and never anybody's real data."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Final

from classifier.errors import StorageError

MARK: Final = "DEMO"
"""A file of this name says that the folder may be thrown away."""


def new_folder(folder: Path, seed: int) -> None:
    """Make the folder of a demo, in place of an earlier one.

    Its key is no secret, so that the same quarter has the same hashes.

    Raises
    ------
    StorageError
        If it holds anything that is no demo, or cannot be made.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            if not (folder / MARK).is_file():
                raise StorageError(
                    "holds something that is no demo, and stays as it is",
                    where=str(folder),
                    remedy="Name a folder that does not exist yet: complaints demo --folder build/demo.",
                )
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / MARK).write_text(
            "编造的数据，随时可删。 Made-up data: delete it whenever you like.\n", encoding="utf-8"
        )
        key = folder / "secret.key"
        key.touch(mode=0o600)
        key.write_text(hashlib.sha256(f"demo {seed}".encode()).hexdigest(), encoding="ascii")
    except OSError as error:
        raise StorageError(str(error), where=str(folder), remedy="Name another folder: --folder.") from error
