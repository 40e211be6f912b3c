"""Backup and restore, by the statements that docs/storage.md gives, while cases come in."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import threading
from pathlib import Path

from api.storage import Cases, Database, open_database
from tests.api.storage.test_database import case, keep


def test_a_backup_under_load_holds_whole_cases_and_comes_back(
    database: Database, database_url: str, cases: Cases, tmp_path: Path
) -> None:
    done = threading.Event()
    registered: list[str] = []

    def load() -> None:
        while not done.is_set():
            name = f"c{len(registered)}"
            keep(cases, case(name))
            registered.append(name)

    thread = threading.Thread(target=load)
    thread.start()
    while len(registered) < 20:
        done.wait(0.01)
    before = list(registered)
    if database.dialect.name == "sqlite":
        backup = tmp_path / "backup.db"
        connection = sqlite3.connect(tmp_path / "cases.db")
        connection.execute(f"VACUUM INTO '{backup}'")
        connection.close()
        done.set()
        thread.join()
        restored = open_database(f"sqlite:///{backup}")
    else:
        dump = str(tmp_path / "cases.dump")
        subprocess.run(
            [shutil.which("pg_dump") or "pg_dump", "--format=custom", f"--file={dump}", database_url], check=True
        )
        done.set()
        thread.join()
        keep(cases, case("after the backup"))
        database.dispose()
        restore = [
            shutil.which("pg_restore") or "pg_restore",
            "--clean",
            "--if-exists",
            f"--dbname={database_url}",
            dump,
        ]
        subprocess.run(restore, check=True)
        restored = open_database(database_url)
    kept = Cases(restored)
    assert kept.find("after the backup") is None
    for name in before:
        found = kept.find(name)
        assert found is not None
        assert len(found.predictions) == len(found.decisions) == 1
    assert keep(kept, case("new")).answer == {"n": "new"}
    restored.dispose()
