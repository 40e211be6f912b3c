"""The house: which room may know which, and what serving must not load."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "classifier": set(),
    "models": {"classifier"},
    "training": {"classifier", "models"},
    "api": {"classifier", "models"},
    "cli": {"classifier", "models", "training", "api"},
}


def imported(path: Path) -> set[str]:
    """Top-level names of all modules a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_every_arrow_points_down(room: str) -> None:
    for path in (ROOT / room).rglob("*.py"):
        upward = (imported(path) & MAY_IMPORT.keys()) - MAY_IMPORT[room] - {room}
        assert not upward, f"{path.relative_to(ROOT)} imports {upward}"


def test_only_the_reader_of_text_knows_nothing_but_itself() -> None:
    forbidden = {"fastapi", "starlette", "sqlalchemy", "typer", "uvicorn"}
    for path in (ROOT / "classifier").rglob("*.py"):
        assert not imported(path) & forbidden, path


def test_the_time_is_asked_in_one_place() -> None:
    """Or what is kept and what is shown would not agree when it is another time: `api.clock`."""
    for path in (ROOT / "api").rglob("*.py"):
        asks = re.search(r"\bdatetime\.now\(|\bdate\.today\(", path.read_text(encoding="utf-8"))
        assert not asks or path.name == "clock.py", path


def test_no_module_is_called_utils_or_helpers() -> None:
    names = {path.stem for room in MAY_IMPORT for path in (ROOT / room).rglob("*.py")}
    assert not names & {"utils", "util", "helpers", "common", "misc"}


def test_files_are_neither_crumbs_nor_tomes() -> None:
    for room in MAY_IMPORT:
        for path in (ROOT / room).rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 320, path


def test_serving_loads_no_trainer_no_pickle_and_says_nothing(store: Path, tmp_path: Path) -> None:
    """In a process of its own: predict as the service does, then look at what was imported and printed."""
    script = """
import sys
from pathlib import Path
from api.app import create_app
from api.settings import Settings
from api.service import Service
from models import Registry
service = Service(Registry(Path(sys.argv[1])).load())
create_app(service, Settings(data=Path(sys.argv[2])))
service.serving.bundle.model.explain("客戶(hù)反映信用卡年费乱收")
unwanted = {"sklearn", "scipy", "pandas", "joblib", "jieba", "training"}
print(sorted({name.split(".")[0] for name in sys.modules} & unwanted))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(store), str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    assert done.stderr == ""
