"""How long pages of the console take on the server, with many cases in the database.

    python -m benchmarks.console [URL ...] [--cases 100000] [--times 15]

Each URL is a case database, by default a SQLite file in a scratch folder; an empty one is filled with made-up cases
(`benchmarks.cases`), another is taken as it is. Pages are asked for in turn, by one client on this machine, after a
round that does not count; a time is that from request to answer. The model is the store's champion.
"""

from __future__ import annotations

import argparse
import gc
import logging
import statistics
import tempfile
import time
from pathlib import Path

import structlog
from fastapi.testclient import TestClient
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from api.app import create_app
from api.privacy import load_key
from api.service import Service
from api.settings import Settings
from api.storage import Cases, Database, open_database, shown
from api.storage.schema import COMPLAINTS
from benchmarks.cases import fill
from models import Registry, store_path

GOAL = 0.2
"""Seconds."""

PAGES = [
    "/console/try",
    "/console/files",
    "/console/review",
    "/console/cases",
    "/console/cases?category=card_fees&region=广东",
    "/console/cases?due=resolution_missed",
    "/console/cases?words=年费",
    "/console/cases/{case}",
    "/console/models",
    "/console/rules",
    "/console/overview",
    "/console/overview?period=day",
    "/console/overview?period=month",
    "/console/overview?period=quarter",
    "/console/overview?period=month&segment=大众",
    "/console/overview?period=month&region=广东",
    "/console/overview/regulator",
    "/console/overview/regulator?rows=region&columns=business_channel",
]


def times(url: str, cases: int, rounds: int, data: Path) -> dict[str, list[float]]:
    """Seconds that each page took, each time."""
    database = open_database(url)
    if Cases(database).empty():
        fill(database, cases)
    database.dispose()
    load_key(data / "secret.key", make=True)
    registry = Registry(store_path())
    app = create_app(Service(registry.load()), Settings(data=data, database_url=url), registry)
    # As the server does: its collector does not look through the model amid requests.
    gc.collect()
    gc.freeze()
    pages = [page.format(case=newest(app.state.database)) for page in PAGES]
    taken: dict[str, list[float]] = {page: [] for page in pages}
    with TestClient(app, "http://127.0.0.1") as client:
        for number in range(rounds + 1):
            for page in pages:
                start = time.perf_counter()
                answer = client.get(page)
                seconds = time.perf_counter() - start
                if answer.status_code != 200:
                    raise SystemExit(f"{page} answered {answer.status_code}")
                if number:
                    taken[page].append(seconds)
    return taken


def newest(database: Database) -> str:
    """Id of the case that came last."""
    with database.connect() as connection:
        query = select(COMPLAINTS.c.complaint_id).order_by(COMPLAINTS.c.number.desc()).limit(1)
        return str(connection.execute(query).scalar_one())


def main() -> None:
    """Measure and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="*")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=15)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for place, url in enumerate(chosen.urls or [f"sqlite:///{folder}/cases.db"]):
            data = Path(folder) / str(place)
            data.mkdir()
            table = Table(title=shown(url), box=None, header_style="dim", title_justify="left")
            for header in ("page", "least ms", "median ms", "p95 ms", "goal"):
                table.add_column(header, justify="left" if header == "page" else "right")
            for page, taken in times(url, chosen.cases, chosen.times, data).items():
                p95 = statistics.quantiles(taken, n=20)[-1]
                met = "met" if p95 < GOAL else "missed"
                table.add_row(
                    page, f"{min(taken) * 1e3:.0f}", f"{statistics.median(taken) * 1e3:.0f}", f"{p95 * 1e3:.0f}", met
                )
            Console(width=110, highlight=False).print(table)


if __name__ == "__main__":
    main()
